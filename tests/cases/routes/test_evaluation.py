"""Evaluation of finished cases, over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.kit.calendar import local_date
from services.kit.clock import SystemClock

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
GOALS = {
    "victim-safe": "reached",
    "children-safe": "reached",
    "violence-ended": "partly",
    "threatening-person-engaged": "not-reached",
    "needs-met": "reached",
    "agencies-kept-word": "not-relevant",
}


def _today() -> str:
    return local_date(SystemClock().now()).isoformat()


@pytest_asyncio.fixture
async def closed(served: Any, a_message: Build) -> str:
    case: str = await served.opened(a_message(), "police")
    body = {"closedOn": _today(), "reason": "protected"}
    path = f"/cases/{case}/closing"
    answer = await served.ask(path, COORDINATOR, "POST", json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    return case


async def _evaluate(served: Any, case: str, version: int = 2, **changes: Any) -> httpx.Response:
    body = {
        "evaluatedOn": _today(),
        "goals": GOALS,
        "victimsView": "better",
        "victimsWords": "Julgen kodus olla.",
        "feedback": "Koostöö sujus.",
        **changes,
    }
    answer: httpx.Response = await served.ask(
        f"/cases/{case}/evaluations",
        COORDINATOR,
        "POST",
        json=body,
        headers={"If-Match": f'"{version}"'},
    )
    return answer


async def test_an_evaluation_says_goal_by_goal_what_became_of_the_case(served: Any, closed: str) -> None:
    answer = await _evaluate(served, closed)
    assert answer.status_code == 201
    [shown] = answer.json()["items"]
    assert (shown["goals"], shown["goalsReached"], shown["goalsApplying"]) == (GOALS, 3, 5)
    assert (shown["victimsView"], shown["victimsWords"]) == ("better", "Julgen kodus olla.")
    [kept] = await served.world.rows("select sealed, goals::text from evaluation")
    assert b"Julgen" not in kept["sealed"]
    assert "Julgen" not in kept["goals"]


async def test_a_new_one_supersedes_the_one_before(served: Any, closed: str) -> None:
    await _evaluate(served, closed)
    items = (await _evaluate(served, closed, victimsView="same")).json()["items"]
    assert [(one["state"], one["victimsView"]) for one in items] == [
        ("current", "same"),
        ("superseded", "better"),
    ]


async def test_a_case_that_is_worked_on_is_not_evaluated(served: Any, a_message: Build) -> None:
    case = await served.opened(a_message(), "police")
    answer = await _evaluate(served, case, 1)
    assert answer.status_code == 409
    assert [error["code"] for error in answer.json()["errors"]] == ["not-finished"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"goals": {**GOALS, "victim-safe": "great"}}, "/goals/victim-safe", "unknown"),
        ({"goals": {**GOALS, "peace": "reached"}}, "/goals", "unknown"),
        (
            {"goals": {name: one for name, one in GOALS.items() if name != "needs-met"}},
            "/goals/needs-met",
            "required",
        ),
        ({"victimsView": "perfect"}, "/victimsView", "unknown"),
        ({"evaluatedOn": "2099-01-01"}, "/evaluatedOn", "future"),
    ],
)
async def test_what_is_not_said_as_it_must_be_is_refused(
    served: Any, closed: str, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await _evaluate(served, closed, **change)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert await served.world.count("evaluation") == 0


async def test_whoever_saw_an_older_case_is_told_to_look_again(served: Any, closed: str) -> None:
    assert (await _evaluate(served, closed, 1)).status_code == 412


async def test_what_the_victim_said_is_not_for_those_without_the_right(served: Any, closed: str) -> None:
    await _evaluate(served, closed)
    chair = await served.ask(f"/cases/{closed}/evaluations", "dev:chair:polva:")
    other = await served.ask(f"/cases/{closed}/evaluations", "dev:chair:rakvere:")
    assert (chair.status_code, other.status_code) == (200, 404)
