"""Appointments: held from a day until another, never twice at a time."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cases.model.members import Appointed
from services.cases.store import members
from services.kit.policy import Caller

DAY = date(2017, 5, 4)
ONE = timedelta(days=1)


def an_office(start: int = 0, end: int | None = None, **changes: Any) -> Appointed:
    given = {"role": "agency-member", "region": "polva", "agency": "police"} | changes
    return Appointed(**given, valid_from=DAY + start * ONE, valid_to=None if end is None else DAY + end * ONE)


@pytest_asyncio.fixture
async def work(world: Any) -> Any:
    permit = world.policy.permit(Caller.system("service:cases", "cases"), "seed_members", "operations")
    async with world.work(permit) as running:
        yield running


async def _appoint(work: Any, *offices: Appointed, subject: str = "m-1") -> int:
    return len(await members.appoint(work, [(subject, office) for office in offices], "tests"))


async def test_an_office_is_held_from_its_first_day_until_its_end(work: Any) -> None:
    office = an_office(0, 2)
    await _appoint(work, office)
    held = [await members.held(work, "m-1", DAY + days * ONE) for days in (-1, 0, 1, 2)]
    assert held == [[], [office], [office], []]


async def test_they_are_the_same_before_there_is_a_permit(world: Any) -> None:
    permit = world.policy.permit(Caller.system("service:cases", "cases"), "seed_members", "operations")
    async with world.work(permit) as work:
        await _appoint(work, an_office(0, 2))
    for days in (-1, 0, 2):
        day = DAY + days * ONE
        async with world.work(permit) as work:
            held = await members.held(work, "m-1", day)
        assert await members.held_before_permit(world.database, "m-1", day, None, world.clock.now()) == held


async def test_nobody_unknown_holds_anything(work: Any) -> None:
    assert await members.held(work, "m-unheard-of", DAY) == []


async def test_members_hold_their_own_offices_alone(work: Any) -> None:
    await _appoint(work, an_office())
    await _appoint(work, an_office(agency="probation"), subject="m-2")
    assert [each.agency for each in await members.held(work, "m-2", DAY)] == ["probation"]


async def test_who_appointed_is_written_down(world: Any, work: Any) -> None:
    await _appoint(work, an_office())
    [row] = (await work.conn.exec_driver_sql("select author, created_at from appointment")).all()
    assert tuple(row) == ("tests", world.clock.now())


@pytest.mark.parametrize(
    ("start", "end", "new"),
    [(0, None, 0), (0, 10, 0), (9, 20, 0), (-5, 1, 0), (-5, 0, 1), (10, 12, 1), (10, None, 1), (-5, None, 0)],
)
async def test_an_office_that_is_held_in_that_time_is_left_alone(
    work: Any, start: int, end: int | None, new: int
) -> None:
    await _appoint(work, an_office(0, 10))
    assert await _appoint(work, an_office(start, end)) == new


@pytest.mark.parametrize(
    "change", [{"region": "voru"}, {"agency": "probation"}, {"role": "chair", "agency": None}]
)
async def test_another_office_is_another_appointment(work: Any, change: dict[str, Any]) -> None:
    await _appoint(work, an_office())
    assert await _appoint(work, an_office(**change)) == 1


spans = st.tuples(st.integers(-20, 20), st.none() | st.integers(1, 20)).map(
    lambda span: an_office(span[0], None if span[1] is None else span[0] + span[1])
)


@given(offices=st.lists(spans, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_an_office_is_never_held_twice_on_a_day(world: Any, offices: list[Appointed]) -> None:
    permit = world.policy.permit(Caller.system("service:cases", "cases"), "seed_members", "operations")
    async with world.work(permit) as work:
        await work.conn.exec_driver_sql("savepoint before")
        for office in offices:
            await _appoint(work, office)
        for days in range(-20, 42):
            assert len(await members.held(work, "m-1", DAY + days * ONE)) <= 1
        await work.conn.exec_driver_sql("rollback to before")


@pytest.mark.parametrize(
    "office",
    [
        an_office(agency=None),
        an_office(region=None),
        an_office(role="coordinator"),
        an_office(role="auditor"),
        an_office(role="duke", agency=None),
        an_office(0, 0),
    ],
)
async def test_an_office_that_cannot_be_is_not_written(world: Any, office: Appointed) -> None:
    permit = world.policy.permit(Caller.system("service:cases", "cases"), "seed_members", "operations")
    with pytest.raises(Exception, match="check") as refused:
        async with world.work(permit) as work:
            await _appoint(work, office)
    assert isinstance(refused.value.__cause__.__cause__, asyncpg.CheckViolationError)
