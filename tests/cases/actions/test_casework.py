"""A case is held by one at a time, and each step is kept, told and audited."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from services.cases.model.lifecycle import Step
from services.kit.paging import Place
from services.kit.problem import NotFound

Build = Callable[..., Any]
THING = UUID(int=7)
CLOSED = Step("case", THING, "close", "open", "monitoring", "safe")


@pytest_asyncio.fixture
async def case(world: Any, a_referral: Build) -> UUID:
    opened: UUID = await world.open_case(a_referral(), "police")
    return opened


def _permit(world: Any, region: str = "polva") -> Any:
    return world.permit_of("coordinator", "list_case_steps", region=region)


async def _take(world: Any, case: UUID, step: Step = CLOSED) -> None:
    async with world.work(_permit(world)) as work:
        await world.casework.step(work, await world.casework.held(work, case), step)


async def test_a_step_is_kept_told_and_audited_at_once(world: Any, case: UUID) -> None:
    await _take(world, case)
    [kept] = await world.rows("select * from case_step")
    assert (kept["case_id"], kept["object_id"], kept["taken_by"]) == (case, THING, "coordinator-1")
    [told] = await world.rows("select data::text, stream from event where type = 'case.step'")
    assert told["stream"] == case
    assert '"toState": "monitoring"' in told["data"]
    [row] = await world.rows("select action, objects, rule_id from audit where operation = 'list_case_steps'")
    assert (row["action"], row["rule_id"], len(row["objects"])) == ("update", "region-coordinate", 2)


async def test_the_newest_step_comes_first_page_by_page(world: Any, case: UUID) -> None:
    for number in range(5):
        await _take(world, case, Step("case", UUID(int=number), "close", "open", "monitoring"))
    seen: list[int] = []
    place = None
    async with world.work(_permit(world)) as work:
        while True:
            _, page = await world.casework.history(work, case, place, 2)
            seen += [one.step.object_id.int for one in page.items]
            if page.next is None:
                break
            place = Place.parse(page.next)
    assert seen == [4, 3, 2, 1, 0]


async def test_another_regions_case_is_not_there(world: Any, case: UUID) -> None:
    async with world.work(_permit(world, "rakvere")) as work:
        with pytest.raises(NotFound):
            await world.casework.held(work, case)
        with pytest.raises(NotFound):
            await world.casework.seen(work, uuid4())


async def test_two_who_write_follow_each_other(world: Any, case: UUID) -> None:
    async with world.work(_permit(world)) as first:
        await world.casework.held(first, case)
        second = asyncio.create_task(_take(world, case))
        await asyncio.sleep(0.2)
        assert not second.done()
    await second
    assert await world.count("case_step") == 1


async def test_steps_are_written_once(world: Any) -> None:
    rows = await world.rows(
        """select privilege_type from information_schema.role_table_grants
           where grantee = 'cases_app' and table_name = 'case_step'"""
    )
    assert {row[0] for row in rows} == {"SELECT", "INSERT"}


async def test_the_states_of_a_case_are_those_of_the_published_machine(world: Any, case: UUID) -> None:
    for state in world.catalog.lifecycles["case"].states:
        await world.rows("update marac_case set state = $1", state)
    with pytest.raises(asyncpg.CheckViolationError):
        await world.rows("update marac_case set state = 'lost'")
