"""The worker reads the audit log and reports what is out of the ordinary."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.cases.actions import reading
from services.cases.actions.unusual import AccessWatch
from services.cases.model.codes import Decision
from services.cases.model.states import Screening
from services.kit.policy import Appointment, Caller
from services.kit.problem import NotFound

Build = Callable[..., Any]
NOON, NIGHT = datetime(2017, 5, 4, 9, 0, tzinfo=UTC), datetime(2017, 5, 4, 22, 0, tzinfo=UTC)


@pytest.fixture
async def cases(world: Any, a_referral: Build, a_person: Build) -> list[UUID]:
    """Three cases of Põlva with the police and probation in them."""
    for serial in (1, 4, 7):
        taken = await world.take(a_referral(a_person(serial=serial)))
        permit = world.permit_of("coordinator", "screen_referral", region="polva")
        async with world.work(permit) as work:
            choice = Screening(Decision.ACCEPT, None, None, ("police", "probation"))
            await world.screener.screen(work, taken.id, choice, 1)
    world.clock.advance(NOON - world.clock.now())
    return [row["id"] for row in await world.rows("select id from marac_case order by id")]


@pytest.fixture
def watch(world: Any) -> AccessWatch:
    return AccessWatch(world.database, world.policy, world.catalog)


async def _read(world: Any, case: UUID, subject: str = "m-1") -> None:
    office = Appointment("agency-member", {"region": "polva", "agency": "police"})
    permit = world.policy.permit(Caller.member(subject, (office,)), "get_case", "case-work")
    async with world.work(permit) as work:
        shown = await reading.get_case(work, world.ring, case)
        work.audit("read", shown.objects, ["basic"], shown.decisions)


async def _looked(world: Any, watch: AccessWatch) -> list[tuple[str, UUID, str, str]]:
    await world.sequence()
    while await watch.round(2):
        pass
    rows = await world.rows("select * from access_report order by rule, case_id")
    return [(row["rule"], row["case_id"], row["actor"], row["second_agency"]) for row in rows]


async def test_by_day_nothing_is_reported(world: Any, cases: list[UUID], watch: AccessWatch) -> None:
    await _read(world, cases[0])
    assert await _looked(world, watch) == []


async def test_a_read_at_night_is_reported_once_however_often_it_is_looked_at(
    world: Any, cases: list[UUID], watch: AccessWatch
) -> None:
    world.clock.advance(NIGHT - world.clock.now())
    for _ in range(3):
        await _read(world, cases[0])
    wanted = [("out-of-hours", cases[0], "m-1", "probation")]
    assert await _looked(world, watch) == wanted
    await world.rows("update watch_place set position = -1")
    assert await _looked(world, watch) == wanted


async def test_many_cases_in_an_hour_are_reported_once(
    world: Any, cases: list[UUID], watch: AccessWatch
) -> None:
    few = replace(watch.catalog.unusual, more_than=2)
    watch = replace(watch, catalog=replace(watch.catalog, unusual=few))
    for case in cases[:2]:
        await _read(world, case)
        await _read(world, case)
    assert await _looked(world, watch) == []
    await _read(world, cases[2])
    assert [row[0] for row in await _looked(world, watch)] == ["many-cases"]
    await _read(world, cases[0])
    assert len(await _looked(world, watch)) == 1


async def test_an_attempt_at_a_case_that_is_kept_from_who_tries(
    world: Any, cases: list[UUID], watch: AccessWatch
) -> None:
    await world.rows(
        """insert into case_exclusion
            (id, case_id, subject, kind, state, reason_sealed, recorded_by, recorded_at, recorded_on)
           values ($1, $2, 'm-1', 'relative', 'in-force', 'x', 't', now(), now())""",
        uuid4(),
        cases[1],
    )
    for case in cases[:2]:
        try:
            await _read(world, case)
        except NotFound:
            caller = Caller.member("m-1", (Appointment("agency-member", {"agency": "police"}),))
            await world.database.audit_refusal(
                caller,
                "get_case",
                "case-work",
                "not-found",
                rule_id=None,
                request_id="-",
                objects=[str(case)],
            )
    assert await _looked(world, watch) == [("closed-case", cases[1], "m-1", "probation")]
    [row] = await world.rows("select barred from access_report")
    assert row["barred"]


async def test_others_attempts_are_nothing_unusual(world: Any, cases: list[UUID], watch: AccessWatch) -> None:
    await world.database.audit_refusal(
        Caller.member("m-2"), "get_case", "case-work", "not-found", rule_id=None, request_id="-",
        objects=[str(cases[0])],
    )  # fmt: skip
    assert await _looked(world, watch) == []


async def test_two_workers_report_once(world: Any, cases: list[UUID], watch: AccessWatch) -> None:
    world.clock.advance(NIGHT - world.clock.now())
    await _read(world, cases[0])
    await world.sequence()
    other = AccessWatch(world.database, world.policy, world.catalog)
    assert await watch.round() + await other.round() >= 1
    assert await world.count("access_report") == 1
