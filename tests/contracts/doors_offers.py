"""Services by need: operations that take a JSON body."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from tests.contracts.door import CANARY, Body, Call, Door
from tests.contracts.doors_cases import today
from tests.contracts.doors_meetings import a_case, made
from tests.contracts.together import Together

#: Whom the last call is about.
_LAST: dict[str, str] = {}


async def _case(house: Together) -> str:
    case = await a_case(house)
    caller = house.caller("cases", "get_case")
    shown = (await house.http["cases"].get(f"/api/cases/v1/cases/{case}", headers=caller)).json()
    _LAST["victim"] = next(one["personId"] for one in shown["persons"] if one["role"] == "victim")
    return case


def an_offer() -> Body:
    """An offer that breaks no rule, to the victim of the last case."""
    return {
        "personId": _LAST.get("victim", ""),
        "service": "crisis-help",
        "agency": "victim-support",
        "offeredOn": today(),
        "need": CANARY,
        "unit": CANARY,
    }


async def _offered(house: Together) -> Body:
    path = f"/cases/{await _case(house)}/service-offers"
    return await made(house, path, an_offer(), "offer_service")


async def known(house: Together) -> dict[str, str]:
    """Ids of offers that are there, by the names that paths have for them."""
    return {"offer_id": (await _offered(house))["id"]}


async def _offer(house: Together) -> Call:
    path = f"/api/cases/v1/cases/{await _case(house)}/service-offers"
    return Call(path, lambda: house.caller("cases", "offer_service"))


#: What must have been done with an offer before.
_BEFORE: dict[str, Sequence[tuple[str, str]]] = {
    "begin_service": (("accept_service", "acceptance"),),
    "end_service": (("accept_service", "acceptance"), ("begin_service", "beginning")),
}


async def _of_offer(house: Together, operation: str, last: str) -> Call:
    offer = await _offered(house)
    path = f"/api/cases/v1/service-offers/{offer['id']}"
    version = int(offer["version"])
    for earlier, verb in _BEFORE.get(operation, ()):
        seen = {"if-match": f'"{version}"'}
        done = await house.http["cases"].post(
            f"{path}/{verb}", json={"on": today()}, headers=house.caller("cases", earlier) | seen
        )
        assert done.status_code == 200, done.text
        version = done.json()["version"]
    match = {"if-match": f'"{version}"'}
    return Call(f"{path}/{last}", lambda: house.caller("cases", operation) | match)


def _on(operation: str, last: str) -> Callable[[Together], Awaitable[Call]]:
    return partial(_of_offer, operation=operation, last=last)


def _step(operation: str, last: str, reason: str | None = None) -> Door:
    body = {"on": today()} | ({} if reason is None else {"reason": reason})
    places = (("on",),) if reason is None else (("on",), ("reason",))
    return Door("cases", operation, "POST", _on(operation, last), lambda _: dict(body), places)


OFFERS: Sequence[Door] = (
    Door(
        "cases",
        "offer_service",
        "POST",
        _offer,
        lambda _: an_offer(),
        (("service",), ("agency",), ("offeredOn",), ("unit",)),  # without a record the need is required
    ),
    _step("accept_service", "acceptance"),
    _step("refuse_service", "refusal", "not-now"),
    _step("begin_service", "beginning"),
    _step("end_service", "ending", "completed"),
    _step("withdraw_service", "withdrawal", "no-place"),
)
