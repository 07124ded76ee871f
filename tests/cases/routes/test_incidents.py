"""Incidents in a case, over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
POLICE = "dev:agency-member:polva:police"
GOOD = {"kind": "threat", "occurredAt": "2018-03-01T20:30:00Z", "description": "Ähvardas tänaval."}


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> str:
    opened: str = await served.opened(a_message(), "police")
    return opened


async def _record(served: Any, case: str, subject: str = POLICE, **changes: Any) -> httpx.Response:
    answer: httpx.Response = await served.ask(
        f"/cases/{case}/incidents", subject, "POST", json=GOOD | changes
    )
    return answer


async def test_an_agency_of_the_case_tells_of_an_incident(served: Any, case: str) -> None:
    made = await _record(served, case)
    assert made.status_code == 201
    [shown] = (await served.ask(f"/cases/{case}/incidents")).json()["items"]
    assert shown == made.json()
    assert {name: shown[name] for name in GOOD} == GOOD
    assert (shown["recordedBy"], shown["state"], shown["version"]) == (POLICE, "recorded", 1)
    [kept] = await served.world.rows("select sealed from incident")
    assert "Ähvardas".encode() not in kept["sealed"]


async def test_another_agency_is_told_that_there_is_no_such_case(served: Any, case: str) -> None:
    foreign = await _record(served, case, "dev:agency-member:polva:probation")
    nothing = await _record(served, str(uuid4()), "dev:agency-member:polva:probation")
    assert (foreign.status_code, nothing.status_code) == (404, 404)
    assert await served.world.count("incident") == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [({"kind": "quarrel"}, "unknown"), ({"occurredAt": "2099-01-01T00:00:00Z"}, "future")],
)
async def test_what_breaks_a_rule_changes_nothing(
    served: Any, case: str, change: dict[str, Any], code: str
) -> None:
    answer = await _record(served, case, **change)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == [code]
    assert await served.world.count("incident") == 0


async def test_one_recorded_in_error_stays_and_says_so(served: Any, case: str) -> None:
    made = (await _record(served, case)).json()
    path, body = f"/incidents/{made['id']}/retraction", {"reason": "other-person"}
    stale = await served.ask(path, COORDINATOR, "POST", json=body, headers={"If-Match": '"7"'})
    done = await served.ask(path, COORDINATOR, "POST", json=body, headers={"If-Match": '"1"'})
    again = await served.ask(path, COORDINATOR, "POST", json=body, headers={"If-Match": '"2"'})
    assert (stale.status_code, done.status_code, again.status_code) == (412, 200, 409)
    assert (done.json()["state"], done.json()["reason"]) == ("retracted", "other-person")


async def test_the_newest_comes_first_page_by_page_by_as_many_statements(served: Any, case: str) -> None:
    for day in (3, 1, 2):
        await _record(served, case, occurredAt=f"2018-03-0{day}T10:00:00Z")
    seen, counts, path = [], [], f"/cases/{case}/incidents?limit=2"
    while path:
        with heard(served.app.state.database) as told:
            page = (await served.ask(path)).json()
        counts.append(len(told))
        seen += [one["occurredAt"][:10] for one in page["items"]]
        path = page["next"] and f"/cases/{case}/incidents?limit=2&cursor={page['next']}"
    assert seen == ["2018-03-03", "2018-03-02", "2018-03-01"]
    assert len(set(counts)) == 1


async def test_the_same_telling_sent_twice_is_one_incident(served: Any, case: str) -> None:
    headers = {"Idempotency-Key": "incident-1"}
    answers = [
        await served.ask(f"/cases/{case}/incidents", POLICE, "POST", json=GOOD, headers=headers)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert await served.world.count("incident") == 1
