"""Doors of the assessments of a case."""

from collections.abc import Iterator

from tests.cases.routes.access.doors_networks import nothing
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, expected

#: Whoever may hears that the day has not come; so nothing is asked of the scorer, and nothing changes.
_FAR = {"instrument": "dash", "completedOn": "2099-01-01", "answers": {}}


def _list(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """The referral's own."""
    for each in full.kept:
        path = f"/cases/{each.case}/assessments"
        word = expected(asker, "list_assessments", purpose, each.open)
        if word.status != 200:
            yield Knock(path, Wanted(word))
            continue
        body = full.closing[path]
        yield Knock(path, Wanted(word, body, frozenset({each.case, *(one["id"] for one in body["items"])})))


ASSESSMENTS: dict[str, Door] = {
    "list_assessments": _list,
    "record_assessment": on_each_case(
        "record_assessment",
        lambda kept: f"/cases/{kept.case}/assessments",
        refused(422, "malformed"),
        method="POST",
        json=_FAR,
    ),
    "retract_assessment": nothing(
        "retract_assessment", f"/assessments/{NOTHING}/retract", "POST", {"reason": "twice"}
    ),
}
