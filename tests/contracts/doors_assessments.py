"""Assessments of a case: operations that take a JSON body."""

from collections.abc import Sequence

from tests.contracts.door import CANARY, Body, Call, Door
from tests.contracts.doors_cases import opened, today
from tests.contracts.together import Together

_PREFIX = "/api/cases/v1"


def _answers() -> Body:
    answers = {"injury": "yes"}
    return {"instrument": "dash", "completedOn": today(), "answers": answers, "judgementReason": CANARY}


async def _record(house: Together) -> Call:
    case = (await opened(house))["caseId"]
    return Call(f"{_PREFIX}/cases/{case}/assessments", lambda: house.caller("cases", "record_assessment"))


async def recorded(house: Together) -> str:
    """The id of an assessment that was made anew."""
    call = await _record(house)
    answer = await house.http["cases"].post(call.path, json=_answers(), headers=call.headers)
    assert answer.status_code == 201, answer.text
    return str(next(one["id"] for one in answer.json()["items"] if one["source"] == "case"))


async def known(house: Together) -> dict[str, str]:
    """Ids of things that are there, by the names that paths have for them."""
    return {"assessment_id": await recorded(house)}


async def _retract(house: Together) -> Call:
    path = f"{_PREFIX}/assessments/{await recorded(house)}/retract"
    return Call(path, lambda: house.caller("cases", "retract_assessment") | {"if-match": '"1"'})


ASSESSMENTS: Sequence[Door] = (
    Door(
        "cases",
        "record_assessment",
        "POST",
        _record,
        lambda _: _answers(),
        (("instrument",), ("completedOn",), ("answers",), ("answers", "injury"), ("judgementReason",)),
    ),
    Door(
        "cases",
        "retract_assessment",
        "POST",
        _retract,
        lambda _: {"reason": "twice"},
        (("reason",),),
    ),
)
