"""Doors of the action plan; nothing is planned in the house, so that nothing changes."""

from collections.abc import Iterator
from typing import Any

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, empty_list, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected, at_the_door, granted

_WORDS = {"what": "Tegevus.", "outcomeWanted": "Tulemus."}


def nothing(operation: str, path: str, method: str = "GET", json: Any = None) -> Door:
    """What the address names is not there."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        word = at_the_door(asker, operation, purpose) or Expected(404, "not-found")
        headers = {"If-Match": '"1"'} if method != "GET" else {}
        yield Knock(path.format(NOTHING), Wanted(word), method, json, headers)

    return door


def _list_actions(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, "list_actions", purpose)))
    word = at_the_door(asker, "list_actions", purpose) or Expected(200, rules=rules)
    yield Knock("/actions", Wanted(word, {"items": [], "next": None}))


PLAN: dict[str, Door] = {
    "list_actions": _list_actions,
    "list_case_actions": on_each_case(
        "list_case_actions", lambda kept: f"/cases/{kept.case}/actions", empty_list
    ),
    "propose_action": on_each_case(
        "propose_action",
        lambda kept: f"/cases/{kept.case}/actions",
        refused(422, "malformed"),
        method="POST",
        json={**_WORDS, "dueOn": "2199-01-01"},
    ),
    "get_action": nothing("get_action", "/actions/{}"),
    "list_action_versions": nothing("list_action_versions", "/actions/{}/versions"),
    "amend_action": nothing("amend_action", "/actions/{}", "PUT", {**_WORDS, "dueOn": "2017-06-01"}),
    "volunteer_for_action": nothing(
        "volunteer_for_action", "/actions/{}/volunteer", "POST", {"agency": "police"}
    ),
    "assign_action": nothing("assign_action", "/actions/{}/assign", "POST", {"agency": "police"}),
    "decline_action": nothing(
        "decline_action", "/actions/{}/decline", "POST", {"agency": "police", "reason": "other"}
    ),
    "complete_action": nothing("complete_action", "/actions/{}/complete", "POST", {"outcome": "Tehtud."}),
    "fail_action": nothing("fail_action", "/actions/{}/fail", "POST", {"reason": "other"}),
    "carry_action_over": nothing(
        "carry_action_over", "/actions/{}/carry-over", "POST", {"dueOn": "2017-06-01"}
    ),
    "close_action": nothing("close_action", "/actions/{}/close", "POST", {}),
    "cancel_action": nothing("cancel_action", "/actions/{}/cancel", "POST", {"reason": "replaced"}),
}
