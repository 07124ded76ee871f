"""The operations of ``cases`` about networks that take a JSON body."""

from collections.abc import Sequence
from itertools import count

from tests.contracts.door import CANARY, Body, Call, Door, at
from tests.contracts.together import Together

_SERIALS = count(1)
_MEMBERS = "/api/cases/v1/regions/polva/members"


def _member() -> Body:
    contact = {"name": CANARY, "email": "k@example.ee", "phone": None}
    unit = f"{CANARY} {next(_SERIALS)}"
    return {
        "agency": "police",
        "unit": unit,
        "seat": "core",
        "validFrom": "2017-01-01",
        "validTo": None,
        "contact": contact,
    }


async def known(house: Together) -> dict[str, str]:
    """A region, and a member of its network that is there."""
    return {"code": "polva", "item": "members-trained", "member_id": await _added(house)}


async def _added(house: Together) -> str:
    caller = house.caller("cases", "add_network_member")
    made = await house.http["cases"].post(_MEMBERS, json=_member(), headers=caller)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def _seated(house: Together, operation: str, last: str) -> Call:
    path = f"/api/cases/v1/network-members/{await _added(house)}{last}"
    return Call(path, lambda: house.caller("cases", operation) | {"if-match": '"1"'})


async def _change(house: Together) -> Call:
    return await _seated(house, "change_network_member", "")


async def _end(house: Together) -> Call:
    return await _seated(house, "end_network_member", "/end")


NETWORKS: Sequence[Door] = (
    Door(
        "cases",
        "add_network_member",
        "POST",
        at(_MEMBERS, "cases", "add_network_member"),
        lambda _: _member(),
        (("unit",), ("validFrom",), ("contact",), ("contact", "email")),
    ),
    Door(
        "cases",
        "change_network_member",
        "PUT",
        _change,
        lambda _: {"seat": "by-case", "contact": {"name": CANARY, "email": None, "phone": None}},
        (("seat",), ("contact", "name")),
    ),
    Door(
        "cases",
        "end_network_member",
        "POST",
        _end,
        lambda _: {"validTo": "2018-01-01", "reason": "left"},
        (("validTo",), ("reason",)),
    ),
)
