"""Observation of meetings: operations that take a JSON body."""

from collections.abc import Sequence
from typing import Any

from services.cases.catalog import load
from tests.contracts.door import CANARY, Body, Call, Door, at
from tests.contracts.doors_cases import today
from tests.contracts.together import Together

_PATH = "/api/cases/v1/regions/polva/observations"


def _observation() -> Body:
    findings: list[dict[str, Any]] = [
        {"principle": code, "rating": 1, "evidence": CANARY} for code in load().quality.principles
    ]
    year, rest = today().split("-", 1)
    due = f"{int(year) + 1}-{rest[:2]}-01"
    findings[0]["recommendation"] = {"text": CANARY, "owner": "coordinator", "dueOn": due}
    return {"metOn": today(), "observer": "national-team", "findings": findings}


async def _recorded(house: Together) -> Body:
    headers = house.caller("cases", "record_observation")
    answer = await house.http["cases"].post(_PATH, json=_observation(), headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def known(house: Together) -> dict[str, str]:
    """Ids of things that are there, by the names that paths have for them."""
    made = await _recorded(house)
    return {"observation_id": made["id"], "recommendation_id": made["recommendations"][0]["id"]}


async def _answer(house: Together) -> Call:
    row = (await _recorded(house))["recommendations"][0]["id"]
    path = f"/api/cases/v1/recommendations/{row}/answer"
    return Call(path, lambda: house.caller("cases", "answer_recommendation") | {"if-match": '"1"'})


QUALITY: Sequence[Door] = (
    Door(
        "cases",
        "record_observation",
        "POST",
        at(_PATH, "cases", "record_observation"),
        lambda _: _observation(),
        (("metOn",), ("findings",), ("findings", 1, "evidence"), ("findings", 0, "recommendation", "text")),
    ),
    Door(
        "cases",
        "answer_recommendation",
        "POST",
        _answer,
        lambda _: {"state": "done", "outcome": CANARY},
        (("reason",), ("outcome",)),
    ),
)
