"""Transfers between networks: operations that take a JSON body."""

from collections.abc import Mapping, Sequence
from functools import partial

from tests.contracts.door import CANARY, Body, Call, Door
from tests.contracts.doors_cases import opened
from tests.contracts.together import Together

_PREFIX = "/api/cases/v1"


def _move() -> Body:
    return {"to": "rakvere", "kind": "permanent", "reason": "moved", "note": CANARY, "address": CANARY}


def _first(house: Together, operation: str) -> Mapping[str, str]:
    return house.caller("cases", operation) | {"if-match": '"1"'}


def _there(house: Together) -> Mapping[str, str]:
    """The coordinator of the network that is asked."""
    return house.person("coordinator", "case-work", region="rakvere") | {"if-match": '"1"'}


async def _propose(house: Together) -> Call:
    case = (await opened(house))["caseId"]
    return Call(f"{_PREFIX}/cases/{case}/transfers", lambda: _first(house, "propose_transfer"))


async def proposed(house: Together) -> str:
    """The id of a transfer that waits for its answer."""
    call = await _propose(house)
    answer = await house.http["cases"].post(call.path, json=_move(), headers=call.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def known(house: Together) -> dict[str, str]:
    """Ids of things that are there, by the names that paths have for them."""
    return {"transfer_id": await proposed(house)}


async def _answer(house: Together, verb: str) -> Call:
    path = f"{_PREFIX}/transfers/{await proposed(house)}/{verb}"
    if verb == "withdraw":
        return Call(path, lambda: _first(house, "withdraw_transfer"))
    return Call(path, lambda: _there(house))


TRANSFERS: Sequence[Door] = (
    Door(
        "cases",
        "propose_transfer",
        "POST",
        _propose,
        lambda _: _move(),
        (("to",), ("note",), ("address",), ("movesOn",)),
    ),
    Door(
        "cases",
        "accept_transfer",
        "POST",
        partial(_answer, verb="accept"),
        lambda _: {"agencies": ["police"]},
        (("agencies",), ("agencies", 0)),
    ),
    Door(
        "cases",
        "refuse_transfer",
        "POST",
        partial(_answer, verb="refuse"),
        lambda _: {"reason": "other"},
        (("reason",),),
    ),
    Door(
        "cases",
        "withdraw_transfer",
        "POST",
        partial(_answer, verb="withdraw"),
        lambda _: {"reason": "stays"},
        (("reason",),),
    ),
)
