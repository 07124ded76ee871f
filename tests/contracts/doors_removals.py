"""KKS: operations that take a JSON body."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from services.kit.clock import SystemClock
from tests.contracts.door import CANARY, Body, Call, Door
from tests.contracts.doors_cases import today
from tests.contracts.doors_meetings import made
from tests.contracts.doors_people import threatened
from tests.contracts.together import Together

#: Whom the last call is about.
_LAST: dict[str, str] = {}


def _hours(hours: int) -> str:
    at = SystemClock().now() + timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def _case(house: Together) -> str:
    case, _LAST["person"] = await threatened(house)
    return case


def a_removal() -> Body:
    """A ban on staying that breaks no rule, of who threatens in the last case."""
    return {
        "personId": _LAST.get("person", ""),
        "measure": "staying-ban",
        "orderedAt": _hours(-3),
        "endsAt": _hours(20),
        "reference": CANARY,
        "note": CANARY,
    }


async def _recorded(house: Together) -> Body:
    return await made(house, f"/cases/{await _case(house)}/removals", a_removal(), "record_removal")


async def known(house: Together) -> dict[str, str]:
    """Ids of measures that are there, by the names that paths have for them."""
    return {"removal_id": (await _recorded(house))["id"]}


async def _record(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await _case(house)}/removals"
    return Call(path, lambda: house.caller("cases", "record_removal"))


async def _of_removal(house: Together, operation: str, last: str) -> Call:
    path = f"/api/cases/v1/removals/{(await _recorded(house))['id']}/{last}"
    return Call(path, lambda: house.caller("cases", operation) | {"if-match": '"1"'})


def _on(operation: str, last: str) -> Callable[[Together], Awaitable[Call]]:
    return partial(_of_removal, operation=operation, last=last)


REMOVALS: Sequence[Door] = (
    Door(
        "cases",
        "record_removal",
        "POST",
        _record,
        lambda _: a_removal(),
        (("measure",), ("reference",), ("note",)),
    ),
    Door(
        "cases",
        "extend_removal",
        "POST",
        _on("extend_removal", "extension"),
        lambda _: {"endsAt": _hours(30)},
        (),
    ),
    Door(
        "cases",
        "end_removal",
        "POST",
        _on("end_removal", "ending"),
        lambda _: {"on": today(), "reason": "lifted"},
        (("on",), ("reason",)),
    ),
    Door(
        "cases",
        "record_victim_contact",
        "POST",
        _on("record_victim_contact", "victim-contacts"),
        lambda _: {"contactedAt": _hours(-1), "outcome": "reached"},
        (("outcome",),),
    ),
)
