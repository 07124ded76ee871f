"""Doors of the observation of meetings."""

from collections.abc import Iterator

from tests.cases.routes.access.doors_networks import nothing, of_region, word_of
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, Expected

_MALFORMED = Expected(422, "malformed")
_FAR = {"metOn": "2150-01-01", "observer": "national-team", "findings": []}
_ONE = f"/recommendations/{NOTHING}"


def _figures(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Nobody has observed anything."""
    body = {"first": "2016-07-01", "last": "2199-12-31", "items": []}
    yield Knock("/observation-figures", Wanted(word_of(asker, "get_observation_figures", purpose), body))


QUALITY: dict[str, Door] = {
    "record_observation": of_region(
        "record_observation", "/regions/{region}/observations", _MALFORMED, "POST", _FAR
    ),
    "list_observations": of_region("list_observations", "/regions/{region}/observations", None),
    "get_observation": nothing("get_observation", f"/observations/{NOTHING}"),
    "list_recommendations": of_region("list_recommendations", "/regions/{region}/recommendations", None),
    "get_recommendation": nothing("get_recommendation", _ONE),
    "answer_recommendation": nothing(
        "answer_recommendation", f"{_ONE}/answer", "POST", {"state": "done", "outcome": "x"}
    ),
    "get_observation_figures": _figures,
}
