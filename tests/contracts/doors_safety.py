"""Doors of safety plans."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.contracts.door import CANARY, Body, Call, Door
from tests.contracts.doors_meetings import a_case, made
from tests.contracts.together import Together


def a_plan() -> Body:
    """A plan that breaks no rule."""
    return {"partId": None, **_words()}


def _words() -> Body:
    return {"sections": [{"code": "in-danger", "text": CANARY}, {"code": "safe-place", "text": CANARY}]}


def _day(days: int) -> str:
    return str(local_date(SystemClock().now()) + timedelta(days=days))


async def drawn_up(house: Together) -> Body:
    """A plan of a case."""
    path = f"/cases/{await a_case(house)}/safety-plans"
    return await made(house, path, a_plan(), "draw_up_safety_plan")


async def known(house: Together) -> dict[str, str]:
    """Ids of plans that are there, by the names that paths have for them."""
    return {"plan_id": (await drawn_up(house))["id"]}


async def _draw_up(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await a_case(house)}/safety-plans"
    return Call(path, lambda: house.caller("cases", "draw_up_safety_plan"))


async def _of_plan(house: Together, operation: str, last: str) -> Call:
    plan = await drawn_up(house)
    seen = {"if-match": f'"{plan["version"]}"'}
    path = f"/api/cases/v1/safety-plans/{plan['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


def _on(operation: str, last: str) -> Callable[[Together], Awaitable[Call]]:
    return partial(_of_plan, operation=operation, last=last)


SAFETY: Sequence[Door] = (
    Door(
        "cases",
        "draw_up_safety_plan",
        "POST",
        _draw_up,
        lambda _: a_plan(),
        (("partId",), ("sections",), ("sections", 0, "code"), ("sections", 1, "text")),
    ),
    Door(
        "cases",
        "amend_safety_plan",
        "PUT",
        _on("amend_safety_plan", ""),
        lambda _: _words(),
        (("sections",), ("sections", 1, "text")),
    ),
    Door(
        "cases",
        "agree_safety_plan",
        "POST",
        _on("agree_safety_plan", "/agree"),
        lambda _: {"agreedOn": _day(0), "reviewOn": _day(60)},
        (("agreedOn",), ("reviewOn",)),
    ),
    Door(
        "cases",
        "end_safety_plan",
        "POST",
        _on("end_safety_plan", "/end"),
        lambda _: {"reason": "replaced"},
        (("reason",),),
    ),
)
