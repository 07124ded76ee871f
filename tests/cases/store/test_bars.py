"""From whom a case is kept in the database itself, whoever asks and whatever the policy would say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.cases.model.codes import Decision, Role
from services.cases.model.states import Screening
from services.cases.store import dossiers, identities
from services.cases.store.people import CODE
from services.kit.problem import NotFound

Build = Callable[..., Any]
EXCLUDE = """
    insert into case_exclusion
        (id, case_id, subject, kind, state, reason_sealed, until, recorded_by, recorded_at, recorded_on)
    values ($1, $2, 'coordinator-1', 'relative', 'in-force', 'x', $3, 'test', now(), '2017-05-04')
"""
TABLES = ("referral", "marac_case", "participation", "assessment", "person")


@pytest.fixture
async def case(world: Any, a_referral: Build) -> UUID:
    """A case in Põlva."""
    taken = await world.take(a_referral())
    permit = world.permit_of("coordinator", "screen_referral", region="polva")
    async with world.work(permit) as work:
        await world.screener.screen(work, taken.id, Screening(Decision.ACCEPT, None, None, ("police",)), 1)
    [row] = await world.rows("select id from marac_case")
    return UUID(str(row[0]))


async def _seen(world: Any, operation: str = "get_case") -> dict[str, int]:
    async with world.work(world.permit_of("coordinator", operation, region="polva")) as work:
        return {
            table: (await work.conn.execute(text(f"select count(*) from {table}"))).scalar_one()  # noqa: S608
            for table in TABLES
        }


async def _note(world: Any, person: Any) -> None:
    """The coordinator logs in, and is this person."""
    permit = world.permit("create_session", "accountability", "service:cases", "cases")
    async with world.work(permit) as work:
        await identities.note(work, "coordinator-1", world.index.of(CODE, person.personal_code))


async def test_without_a_reason_the_region_sees_its_case(world: Any, case: UUID) -> None:
    assert min((await _seen(world)).values()) > 0


async def test_an_exclusion_hides_all_of_the_case(world: Any, case: UUID) -> None:
    await world.rows(EXCLUDE, uuid4(), case, None)
    assert set((await _seen(world)).values()) == {0}
    await world.rows("update case_exclusion set state = 'ended', ended_at = now(), ended_by = 'test'")
    assert min((await _seen(world)).values()) > 0


@pytest.mark.parametrize(("days", "seen"), [(0, True), (1, False)])
async def test_an_exclusion_holds_until_its_day(world: Any, case: UUID, days: int, *, seen: bool) -> None:
    """By the clock of the service, not by that of the database."""
    await world.rows(EXCLUDE, uuid4(), case, date(2017, 5, 4) + timedelta(days=days))
    assert (set((await _seen(world)).values()) != {0}) is seen


@pytest.mark.parametrize("serial", [1, 2, 3])
async def test_nobody_works_on_a_case_of_their_own(
    world: Any, case: UUID, a_person: Build, serial: int
) -> None:
    """Victim, threatening person or child: known by the code of a login, whichever came first."""
    roles = {1: Role.VICTIM, 2: Role.THREATENING_PERSON, 3: Role.CHILD}
    await _note(world, a_person(roles[serial], serial=serial))
    assert set((await _seen(world)).values()) == {0}


async def test_nor_on_one_that_comes_after_the_login_or_is_not_screened_yet(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    await _note(world, a_person(serial=8))
    await world.take(a_referral(a_person(serial=8)))
    await world.take(a_referral(a_person(serial=9)))
    assert (await _seen(world))["referral"] == 1


async def test_the_login_of_somebody_else_changes_nothing(world: Any, case: UUID, a_person: Build) -> None:
    await _note(world, a_person(serial=40))
    assert min((await _seen(world)).values()) > 0


async def test_the_policy_hears_of_it_as_well(world: Any, case: UUID) -> None:
    """The first layer has its own word: what a row says of whoever asks, where no second layer hides it."""
    await world.rows(EXCLUDE, uuid4(), case, None)
    permit = world.permit_of("coordinator", "get_case", region="polva")
    shown = replace(permit, grants=tuple(grant for grant in permit.grants if grant.effect == "allow"))
    async with world.work(shown) as work:
        kept = await dossiers.case(work, case)
    assert kept is not None
    assert kept.bars.excluded == {"coordinator-1"}
    with pytest.raises(NotFound):
        permit.on(kept.reach.resource())


async def test_whom_a_member_is_shows_to_nobody(world: Any, case: UUID, a_person: Build) -> None:
    await _note(world, a_person(serial=40))
    async with world.work(world.permit_of("coordinator", "get_case", region="polva")) as work:
        for table in ("member_identity", "person_index"):
            found = await work.conn.execute(text(f"select count(*) from {table}"))  # noqa: S608
            assert found.scalar_one() == 0
