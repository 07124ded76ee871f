"""Doors of support persons."""

from collections.abc import Iterator
from typing import Any

from tests.cases.routes.access.doors_networks import nothing, of_region
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import AWAY, HOME, Kept
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected, Thing, expected

_PERSON = f"/support-persons/{NOTHING}"
_TERMS = {"name": "-", "languages": ["et"], "places": 1, "contractFrom": "2018-01-01"}
#: Whoever may add somebody hears that the contract ends before it begins; so nothing changes.
_BACKWARDS = _TERMS | {"contractTo": "2017-01-01"}
_MALFORMED = Expected(422, "malformed")
_FAR = {"kind": "supervision", "heldOn": "2099-01-01", "minutes": 60, "participants": [str(NOTHING)]}


def _pool(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Who is in the pool of each region."""
    for region in (HOME, AWAY):
        path = f"/regions/{region}/support-persons"
        word = expected(asker, "list_support_persons", purpose, Thing(region))
        body = full.closing[path]
        objects = frozenset(one["id"] for one in body["items"])
        yield Knock(path, Wanted(word, body, objects) if word.status == 200 else Wanted(word))


def _people(operation: str, what: str) -> Door:
    """Who stands, or could stand, by the victim; the name to those who see who it is."""

    def door(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        for kept in full.kept:
            path = f"/cases/{kept.case}/{what}"
            word = expected(asker, operation, purpose, kept.open)
            if word.status != 200:
                yield Knock(path, Wanted(word))
                continue
            items = [_named(one, word) for one in full.closing[path]["items"]]
            objects = frozenset({kept.case, *(one["supportPerson"] for one in items)})
            yield Knock(path, Wanted(word, {"caseId": kept.case, "items": items}, objects))

    return door


def _named(one: dict[str, Any], word: Expected) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "name" or "identity" in word.fields}


def _assign(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Nobody of that id is in the pool; by some victims somebody stands already."""

    def inside(kept: Kept, word: Expected) -> Wanted:
        taken = Expected(409, "transition-refused")
        return refused(422, "malformed")(kept, word) if not kept.thing.assigned else Wanted(taken)

    door = on_each_case(
        "assign_support_person",
        lambda kept: f"/cases/{kept.case}/support-assignments",
        inside,
        method="POST",
        json={"supportPerson": str(NOTHING), "startedOn": "2018-01-01"},
    )
    return door(full, asker, purpose)


SUPPORT: dict[str, Door] = {
    "list_support_persons": _pool,
    "add_support_person": of_region(
        "add_support_person", "/regions/{region}/support-persons", _MALFORMED, "POST", _BACKWARDS
    ),
    "get_support_person": nothing("get_support_person", _PERSON),
    "change_support_person": nothing("change_support_person", _PERSON, "PUT", _TERMS),
    "record_training": nothing(
        "record_training",
        f"{_PERSON}/trainings",
        "POST",
        {"module": "module-1", "completedOn": "2018-01-01"},
    ),
    "list_supervisions": of_region("list_supervisions", "/regions/{region}/supervisions", None),
    "record_supervision": of_region(
        "record_supervision", "/regions/{region}/supervisions", _MALFORMED, "POST", _FAR
    ),
    "list_support_candidates": _people("list_support_candidates", "support-candidates"),
    "list_support_assignments": _people("list_support_assignments", "support-assignments"),
    "assign_support_person": _assign,
    "end_support": nothing(
        "end_support",
        f"/support-assignments/{NOTHING}/ending",
        "POST",
        {"endedOn": "2018-01-01", "reason": "victims-wish"},
    ),
}
