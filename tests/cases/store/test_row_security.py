"""The second layer alone: what the database shows when nobody asks the policy."""

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from services.cases.app import PERSONAL
from services.cases.model.codes import Decision
from services.cases.model.states import Screening
from services.kit.policy import Permit

Build = Callable[..., Any]
TABLES = ("referral", "assessment", "participation", "marac_case", "person")


@pytest.fixture
async def cases(world: Any, a_referral: Build, a_person: Build) -> Any:
    """A case in Põlva with the police, one in Rakvere, a referral of STAR's that nobody screened."""
    for region, serial in (("polva", 1), ("rakvere", 4)):
        taken = await world.take(a_referral(a_person(serial=serial), region=region))
        permit = world.permit_of("coordinator", "screen_referral", region=region)
        async with world.work(permit) as work:
            await world.screener.screen(
                work, taken.id, Screening(Decision.ACCEPT, None, None, ("police",)), 1
            )
    await world.take(a_referral(a_person(serial=7)), client="ee-dev/GOV/70009770/star")
    return world


@pytest.fixture
def seen(cases: Any) -> Build:
    async def run(permit: Permit) -> dict[str, int]:
        async with cases.work(permit) as work:
            return {
                table: (await work.conn.execute(text(f"select count(*) from {table}"))).scalar_one()  # noqa: S608
                for table in (*TABLES, "person_index")
            }

    return run


def _all(number: int, *, cases: int, index: int = 0) -> dict[str, int]:
    return dict.fromkeys(TABLES, number) | {"marac_case": cases, "person_index": index}


async def test_a_coordinator_sees_the_own_region(cases: Any, seen: Build) -> None:
    permit = cases.permit_of("coordinator", "list_referrals", region="polva")
    assert await seen(permit) == _all(2, cases=1)


async def test_a_region_without_cases_sees_nothing(cases: Any, seen: Build) -> None:
    assert await seen(cases.permit_of("coordinator", "list_referrals", region="valga")) == _all(0, cases=0)


@pytest.mark.parametrize(
    ("agency", "region", "number"),
    [("police", "polva", 1), ("police", "valga", 0), ("probation", "polva", 0)],
)
async def test_an_agency_sees_the_cases_that_it_takes_part_in(
    cases: Any, seen: Build, agency: str, region: str, number: int
) -> None:
    permit = cases.permit_of("agency-member", "list_cases", region=region, agency=agency)
    assert await seen(permit) == _all(number, cases=number)


async def test_an_x_road_client_sees_what_it_sent(cases: Any, seen: Build) -> None:
    permit = cases.permit("get_intake_status", "intake", "ee-dev/GOV/70009770/star")
    assert await seen(permit) == _all(1, cases=0)


async def test_matching_sees_blind_indexes_of_all_regions(cases: Any, seen: Build) -> None:
    found = await seen(cases.permit("take_referral", "intake", "ee-dev/GOV/70009770/star"))
    assert found["person_index"] == 3 * 6  # code, name, and the tokens by which people might be the same
    assert found["referral"] == 1


async def test_outside_a_permit_nothing_is_seen(cases: Any) -> None:
    connection = await cases.database.dedicated()
    try:
        for table in PERSONAL:
            assert await connection.fetchval(f"select count(*) from {table}") == 0  # noqa: S608 - our own names
    finally:
        await connection.close()


async def test_every_personal_table_is_under_forced_row_security(cases: Any) -> None:
    rows = await cases.rows(
        "select relname from pg_class where relrowsecurity and relforcerowsecurity and relkind = 'r'"
    )
    assert {row[0] for row in rows} == set(PERSONAL)


async def test_the_service_cannot_change_whose_a_referral_is(cases: Any) -> None:
    rights = await cases.rows(
        """select column_name from information_schema.column_privileges
           where grantee = 'cases_app' and table_name = 'referral' and privilege_type = 'UPDATE'"""
    )
    changing = {row[0] for row in rights}
    assert changing.isdisjoint(
        {"sender", "sender_reference", "sender_version", "reference", "case_id", "key_id"}
    )


@pytest.mark.parametrize("operation", ["screen_referral", "propose_transfer", "accept_transfer"])
async def test_only_who_takes_a_case_moves_it_and_only_to_the_own_region(
    world: Any, a_referral: Build, operation: str
) -> None:
    taken = await world.take(a_referral())
    permit = world.permit_of("coordinator", operation, region="polva")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with world.work(permit) as work:
            await work.fetch("update referral set region = 'rakvere' where id = $1", taken.id)
    [row] = await world.rows("select region from referral")
    assert row["region"] == "polva"


@pytest.mark.parametrize(
    "change",
    [
        "sealed = 'x', content_version = 2",
        "referred_on = '2017-01-01'",
        "grounds = '{}'",
        "occurred_at = now()",
    ],
)
async def test_what_was_told_is_not_replaced_unless_it_was_kept(
    world: Any, a_referral: Build, change: str
) -> None:
    await world.take(a_referral())
    with pytest.raises(asyncpg.CheckViolationError, match="before it was kept"):
        await world.rows(f"update referral set {change}")  # noqa: S608 - of this test


async def test_an_update_without_a_condition_reaches_the_own_region_alone(cases: Any) -> None:
    permit = cases.permit_of("coordinator", "screen_referral", region="rakvere")
    async with cases.work(permit) as work:
        for table in ("referral", "marac_case"):
            done = await work.conn.execute(text(f"update {table} set version = version + 1"))  # noqa: S608
            assert done.rowcount == 1
        done = await work.conn.execute(text("update participation set case_id = case_id"))
        assert done.rowcount == 1
