"""What happened in a case, over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from services.cases.model.lifecycle import Step
from tests.cases.statements import heard

Build = Callable[..., Any]


async def _stepped(served: Any, case: str, times: int) -> None:
    permit = served.world.permit_of("coordinator", "list_case_steps", region="polva")
    for number in range(times):
        async with served.world.work(permit) as work:
            on = await served.world.casework.held(work, UUID(case))
            await served.world.casework.step(
                work, on, Step("case", UUID(int=number), "close", "open", "monitoring", "safe")
            )


async def test_a_step_says_what_who_and_when(served: Any, a_message: Build) -> None:
    case = await served.opened(a_message(), "police")
    await _stepped(served, case, 1)
    answer = await served.ask(f"/cases/{case}/history")
    assert answer.status_code == 200
    [step] = answer.json()["items"]
    assert {name: step[name] for name in ("machine", "action", "fromState", "toState", "reason", "by")} == {
        "machine": "case",
        "action": "close",
        "fromState": "open",
        "toState": "monitoring",
        "reason": "safe",
        "by": "coordinator-1",
    }


async def test_pages_follow_each_other(served: Any, a_message: Build) -> None:
    case = await served.opened(a_message(), "police")
    await _stepped(served, case, 3)
    first = (await served.ask(f"/cases/{case}/history?limit=2")).json()
    rest = (await served.ask(f"/cases/{case}/history?limit=2&cursor={first['next']}")).json()
    assert [UUID(one["objectId"]).int for one in first["items"] + rest["items"]] == [2, 1, 0]
    assert rest["next"] is None


async def test_an_agency_of_the_case_reads_it_and_another_does_not(served: Any, a_message: Build) -> None:
    case = await served.opened(a_message(), "police")
    mine = await served.ask(f"/cases/{case}/history", "dev:agency-member:polva:police")
    theirs = await served.ask(f"/cases/{case}/history", "dev:agency-member:polva:probation")
    nothing = await served.ask(f"/cases/{uuid4()}/history", "dev:agency-member:polva:probation")
    assert (mine.status_code, theirs.status_code, nothing.status_code) == (200, 404, 404)
    assert theirs.json()["type"] == nothing.json()["type"]


async def test_the_number_of_statements_does_not_grow(served: Any, a_message: Build) -> None:
    case = await served.opened(a_message(), "police")
    counts = []
    for times in (1, 5):
        await _stepped(served, case, times)
        with heard(served.app.state.database) as told:
            assert (await served.ask(f"/cases/{case}/history")).status_code == 200
        counts.append(len(told))
    assert counts[0] == counts[1]
