"""Doors of the action plan."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.contracts.door import CANARY, Body, Call, Door
from tests.contracts.doors_meetings import a_case, made
from tests.contracts.together import Together


def _soon() -> str:
    return str(local_date(SystemClock().now()) + timedelta(days=7))


def an_action() -> Body:
    """An action that breaks no rule."""
    return {"what": CANARY, "outcomeWanted": CANARY, "dueOn": _soon()}


async def planned(house: Together, *, assigned: bool = False, done: bool = False) -> Body:
    """An action of a case; of an agency and reported, where that is asked for."""
    action = await made(house, f"/cases/{await a_case(house)}/actions", an_action(), "propose_action")
    steps = [("assign", {"agency": "police"})] if assigned or done else []
    for verb, body in [*steps, *([("complete", {"outcome": CANARY})] if done else [])]:
        operation = f"{verb}_action"
        answer = await house.http["cases"].post(
            f"/api/cases/v1/actions/{action['id']}/{verb}",
            json=body,
            headers=house.caller("cases", operation) | {"if-match": f'"{action["version"]}"'},
        )
        assert answer.status_code == 200, answer.text
        action = dict(answer.json())
    return action


async def known(house: Together) -> dict[str, str]:
    """Ids of actions that are there, by the names that paths have for them."""
    return {"action_id": (await planned(house))["id"]}


async def _propose(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await a_case(house)}/actions"
    return Call(path, lambda: house.caller("cases", "propose_action"))


async def _of_action(
    house: Together, operation: str, last: str, make: Callable[[Together], Awaitable[Body]]
) -> Call:
    action = await make(house)
    seen = {"if-match": f'"{action["version"]}"'}
    path = f"/api/cases/v1/actions/{action['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


def _on(
    operation: str, last: str, make: Callable[[Together], Awaitable[Body]] = planned
) -> Callable[[Together], Awaitable[Call]]:
    return partial(_of_action, operation=operation, last=last, make=make)


_ASSIGNED = partial(planned, assigned=True)
_DONE = partial(planned, done=True)
PLAN: Sequence[Door] = (
    Door(
        "cases",
        "propose_action",
        "POST",
        _propose,
        lambda _: an_action() | {"agency": "police"},
        (("what",), ("outcomeWanted",), ("dueOn",), ("agency",), ("meetingId",)),
    ),
    Door(
        "cases",
        "amend_action",
        "PUT",
        _on("amend_action", ""),
        lambda _: an_action(),
        (("what",), ("outcomeWanted",), ("dueOn",)),
    ),
    Door(
        "cases",
        "volunteer_for_action",
        "POST",
        _on("volunteer_for_action", "/volunteer"),
        lambda _: {"agency": "police", "byName": False},
        (("agency",), ("byName",)),
    ),
    Door(
        "cases",
        "assign_action",
        "POST",
        _on("assign_action", "/assign"),
        lambda _: {"agency": "police"},
        (("agency",), ("memberId",), ("dueOn",)),
    ),
    Door(
        "cases",
        "decline_action",
        "POST",
        _on("decline_action", "/decline", _ASSIGNED),
        lambda _: {"agency": "police", "reason": "other"},
        (("agency",), ("reason",)),
    ),
    Door(
        "cases",
        "complete_action",
        "POST",
        _on("complete_action", "/complete", _ASSIGNED),
        lambda _: {"outcome": CANARY},
        (("outcome",),),
    ),
    Door(
        "cases",
        "fail_action",
        "POST",
        _on("fail_action", "/fail", _ASSIGNED),
        lambda _: {"reason": "other", "outcome": CANARY},
        (("reason",), ("outcome",)),
    ),
    Door(
        "cases",
        "carry_action_over",
        "POST",
        _on("carry_action_over", "/carry-over", _DONE),
        lambda _: {"dueOn": _soon()},
        (("dueOn",), ("meetingId",)),
    ),
    Door(
        "cases", "close_action", "POST", _on("close_action", "/close", _DONE), lambda _: {}, (("meetingId",),)
    ),
    Door(
        "cases",
        "cancel_action",
        "POST",
        _on("cancel_action", "/cancel"),
        lambda _: {"reason": "replaced"},
        (("reason",),),
    ),
)
