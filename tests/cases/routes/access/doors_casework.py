"""Doors of what hangs on a case."""

from tests.cases.routes.access.full import Wanted
from tests.cases.routes.access.house import Kept
from tests.cases.routes.access.knock import Door, empty_list, on_each_case, on_nothing, refused
from tests.cases.routes.access.oracle import Expected


def _unmonitored(kept: Kept, word: Expected) -> Wanted:
    body = {"caseId": kept.case, "state": "open", "version": 1, "items": []}
    return Wanted(word, body, frozenset({kept.case}))


def _unevaluated(kept: Kept, word: Expected) -> Wanted:
    return Wanted(word, {"caseId": kept.case, "items": []}, frozenset({kept.case}))


#: Whoever may close, open again, end or evaluate hears that the version is old; so nothing changes.
_OLD = {"If-Match": '"999"'}
_STALE = refused(412, "stale-version")
_FINDING = {"heldOn": "2018-03-02", "situation": "safe", "newViolence": False}
_EVALUATION = {"evaluatedOn": "2018-03-02", "goals": {}, "victimsView": "better"}

_USAGE = {"personId": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11", "decision": "release", "reason": "no-danger"}

CASEWORK: dict[str, Door] = {
    "list_usage_decisions": on_each_case(
        "list_usage_decisions", lambda kept: f"/cases/{kept.case}/usage-decisions", empty_list
    ),
    "decide_usage": on_each_case(
        "decide_usage",
        lambda kept: f"/cases/{kept.case}/usage-decisions",
        refused(422, "malformed"),
        method="POST",
        json=_USAGE,
    ),
    "get_monitoring": on_each_case(
        "get_monitoring", lambda kept: f"/cases/{kept.case}/monitoring", _unmonitored
    ),
    "close_case": on_each_case(
        "close_case",
        lambda kept: f"/cases/{kept.case}/closing",
        _STALE,
        method="POST",
        json={"closedOn": "2018-03-02", "reason": "protected"},
        headers=_OLD,
    ),
    "reopen_case": on_each_case(
        "reopen_case",
        lambda kept: f"/cases/{kept.case}/reopening",
        _STALE,
        method="POST",
        json={"reason": "new-violence"},
        headers=_OLD,
    ),
    "end_monitoring": on_each_case(
        "end_monitoring",
        lambda kept: f"/cases/{kept.case}/ending",
        _STALE,
        method="POST",
        json={"reason": None},
        headers=_OLD,
    ),
    "hold_checkpoint": on_nothing(
        "hold_checkpoint", "/checkpoints/{id}/holding", method="POST", json=_FINDING, headers=_OLD
    ),
    "skip_checkpoint": on_nothing(
        "skip_checkpoint",
        "/checkpoints/{id}/skipping",
        method="POST",
        json={"reason": "not-reached"},
        headers=_OLD,
    ),
    "list_incidents": on_each_case(
        "list_incidents", lambda kept: f"/cases/{kept.case}/incidents", empty_list
    ),
    "record_incident": on_each_case(
        "record_incident",
        lambda kept: f"/cases/{kept.case}/incidents",
        refused(422, "malformed"),
        method="POST",
        json={"kind": "no-such-kind", "occurredAt": "2018-03-02T10:00:00Z", "description": "-"},
    ),
    "retract_incident": on_nothing(
        "retract_incident",
        "/incidents/{id}/retraction",
        method="POST",
        json={"reason": "twice"},
        headers=_OLD,
    ),
    "list_evaluations": on_each_case(
        "list_evaluations", lambda kept: f"/cases/{kept.case}/evaluations", _unevaluated
    ),
    "evaluate_case": on_each_case(
        "evaluate_case",
        lambda kept: f"/cases/{kept.case}/evaluations",
        _STALE,
        method="POST",
        json=_EVALUATION,
        headers=_OLD,
    ),
}
