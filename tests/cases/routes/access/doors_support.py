"""Doors of support persons."""

from tests.cases.routes.access.doors_networks import nothing, of_region
from tests.cases.routes.access.full import Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.knock import NOTHING, Door, on_each_case, refused
from tests.cases.routes.access.oracle import Expected

_PERSON = f"/support-persons/{NOTHING}"
_TERMS = {"name": "-", "languages": ["et"], "places": 1, "contractFrom": "2018-01-01"}
#: Whoever may add somebody hears that the contract ends before it begins; so nothing changes.
_BACKWARDS = _TERMS | {"contractTo": "2017-01-01"}
_MALFORMED = Expected(422, "malformed")
_FAR = {"kind": "supervision", "heldOn": "2099-01-01", "minutes": 60, "participants": [str(NOTHING)]}


def _nobody(kept: Kept, word: Expected) -> Wanted:
    return Wanted(word, {"caseId": kept.case, "items": []}, frozenset({kept.case}))


SUPPORT: dict[str, Door] = {
    "list_support_persons": of_region("list_support_persons", "/regions/{region}/support-persons", None),
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
    "list_support_candidates": on_each_case(
        "list_support_candidates", lambda kept: f"/cases/{kept.case}/support-candidates", _nobody
    ),
    "list_support_assignments": on_each_case(
        "list_support_assignments", lambda kept: f"/cases/{kept.case}/support-assignments", _nobody
    ),
    "assign_support_person": on_each_case(
        "assign_support_person",
        lambda kept: f"/cases/{kept.case}/support-assignments",
        refused(422, "malformed"),
        method="POST",
        json={"supportPerson": str(NOTHING), "startedOn": "2018-01-01"},
    ),
    "end_support": nothing(
        "end_support",
        f"/support-assignments/{NOTHING}/ending",
        "POST",
        {"endedOn": "2018-01-01", "reason": "victims-wish"},
    ),
}
