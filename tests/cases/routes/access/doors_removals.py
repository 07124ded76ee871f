"""Doors of measures that keep somebody away; there is none in the house, so that nothing changes."""

from collections.abc import Iterator

from services.cases import catalog as published
from services.cases.schemas.removals import MeasuresView
from tests.cases.routes.access.doors_networks import word_of
from tests.cases.routes.access.doors_plan import nothing
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected

_AT = "2018-03-02T10:00:00Z"
_ONE = f"/removals/{NOTHING}"
_UNKNOWN = {"personId": str(NOTHING), "measure": "no-such-measure", "orderedAt": _AT}


def _measures(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    body = MeasuresView.of(published.load().removals).model_dump(mode="json", by_alias=True)
    yield Knock("/removal-measures", Wanted(word_of(asker, "list_removal_measures", purpose), body))


def _none(kept: Kept, word: Expected) -> Wanted:
    return Wanted(word, {"caseId": kept.case, "items": []}, frozenset({kept.case}))


REMOVALS: dict[str, Door] = {
    "list_removal_measures": _measures,
    "list_removals": on_each_case("list_removals", lambda kept: f"/cases/{kept.case}/removals", _none),
    "record_removal": on_each_case(
        "record_removal",
        lambda kept: f"/cases/{kept.case}/removals",
        refused(422, "malformed"),
        method="POST",
        json=_UNKNOWN,
    ),
    "get_removal": nothing("get_removal", _ONE),
    "extend_removal": nothing("extend_removal", f"{_ONE}/extension", "POST", {"endsAt": _AT}),
    "end_removal": nothing("end_removal", f"{_ONE}/ending", "POST", {"on": "2018-03-02", "reason": "lifted"}),
    "record_victim_contact": nothing(
        "record_victim_contact",
        f"{_ONE}/victim-contacts",
        "POST",
        {"contactedAt": _AT, "outcome": "reached"},
    ),
}
