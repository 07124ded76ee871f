"""The operations of ``cases`` about the start of regions that take a JSON body."""

from collections.abc import Sequence

from tests.contracts.door import CANARY, Body, Call, Door, at
from tests.contracts.together import Together

_REGION = "/api/cases/v1/regions/polva"
_OBLIGATORY = (
    *("agencies-agreed", "area-described", "coordinator-appointed", "chair-appointed", "core-members-named"),
    *("members-trained", "risk-assessment-trained", "information-protocol", "confidentiality"),
    *("child-protection-route", "emergency-route", "secure-room", "victim-services"),
)


async def _moved(house: Together, operation: str, last: str) -> Call:
    """The region from its beginning: nothing confirmed, no meeting held."""
    await house.rows("cases", "delete from region_start_item")
    await house.rows("cases", "delete from region_first_meeting")
    path = f"{_REGION}/start/{last}"
    return Call(path, lambda: house.caller("cases", operation) | {"if-match": '"1"'})


async def _confirm(house: Together) -> Call:
    return await _moved(house, "confirm_start_item", "items/members-trained/confirm")


async def _met(house: Together) -> Call:
    return await _moved(house, "record_first_meeting", "first-meeting")


def _meeting(_: Together) -> Body:
    return {"heldOn": "2017-03-02", "missing": [{"item": item, "why": CANARY} for item in _OBLIGATORY]}


STARTS: Sequence[Door] = (
    Door("cases", "confirm_start_item", "POST", _confirm, lambda _: {"evidence": CANARY}, (("evidence",),)),
    Door(
        "cases",
        "record_first_meeting",
        "POST",
        _met,
        _meeting,
        (("heldOn",), ("missing",), ("missing", 0, "why")),
    ),
    Door(
        "cases",
        "write_advice",
        "POST",
        at(f"{_REGION}/advice", "cases", "write_advice"),
        lambda _: {"topic": "composition", "text": CANARY},
        (("text",),),
    ),
)
