"""Random worlds of what closes and opens cases: lists equal the single reads, in each layer alone."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cases.actions import reading
from services.cases.model.codes import Decision
from services.cases.model.states import Screening
from services.cases.store.listing import Filters
from services.kit import keys
from services.kit.db import Database
from services.kit.policy import Appointment, Caller, Permit
from services.kit.problem import NotFound

Build = Callable[..., Any]
PLACES = (("polva", True), ("polva", False), ("rakvere", True), ("rakvere", False))
CALLERS = {
    "m-coordinator": Appointment("coordinator", {"region": "polva"}),
    "m-police": Appointment("agency-member", {"region": "polva", "agency": "police"}),
    "m-chair": Appointment("chair", {"region": "rakvere"}),
    "m-support": Appointment("support-person", {"region": "polva"}),
}
SUPPORT = "m-support"
subjects = st.frozensets(st.sampled_from(sorted(CALLERS)), max_size=2)


@dataclass(frozen=True)
class Closing:
    """What closes and opens one case."""

    excluded: frozenset[str]
    named: frozenset[str] | None
    opened: frozenset[str]
    supported: bool

    def lets(self, subject: str, *, reached: bool) -> bool:
        """The rule in our own words: exclusion and seal are stronger than rights and broken glass."""
        closed = subject in self.excluded or (self.named is not None and subject not in self.named)
        if subject == SUPPORT:  # neither the region nor broken glass opens a case to a support person
            return not closed and self.supported
        return not closed and (reached or subject in self.opened)


closings = st.builds(Closing, subjects, st.none() | subjects, subjects, st.booleans())
worlds = st.tuples(*[closings] * len(PLACES))

RESET = """
    delete from case_named; delete from case_seal; delete from case_exclusion; delete from access_report;
    delete from broken_glass; delete from support_assignment; update stream set sealed = false;
"""
EXCLUDE = """
    insert into case_exclusion
        (id, case_id, subject, kind, state, reason_sealed, recorded_by, recorded_at, recorded_on)
    select gen_random_uuid(), $1, subject, 'declared', 'in-force', 'x', 'test', now(), current_date
    from unnest($2::text[]) subject
"""
SEAL = """
    with seal as (
        insert into case_seal (id, case_id, state, reason_sealed, sealed_by, sealed_at)
        values (gen_random_uuid(), $1, 'sealed', 'x', 'test', now()) returning id, case_id
    ), named as (
        insert into case_named (seal_id, case_id, subject, named_by, named_at)
        select id, case_id, subject, 'test', now() from seal, unnest($2::text[]) subject
    )
    update stream set sealed = true where id = $1
"""
BREAK = """
    insert into broken_glass (id, case_id, subject, key_id, reason_sealed, opened_at, until)
    select gen_random_uuid(), c.id, subject, c.key_id, 'x', t.at, t.at + interval '1 hour'
    from marac_case c, unnest($2::text[]) subject, cast($3 as timestamptz) t(at) where c.id = $1
"""

POOL = """
    insert into support_person (id, region, subject, languages, places, contract_from, key_id, sealed,
        added_by, added_at)
    select gen_random_uuid(), 'polva', $1, '{et}', 9, '2017-01-01', c.key_id, 'x', 'test', now()
    from marac_case c limit 1
"""
SUPPORTED = """
    insert into support_assignment (id, case_id, support_person_id, started_on)
    select gen_random_uuid(), $1, id, '2017-01-02' from support_person
"""


@pytest.fixture
async def cases(world: Any, a_referral: Build, a_person: Build) -> list[tuple[UUID, UUID]]:
    """A case at each of the places, with the police in it or without, and its referral."""
    made = []
    for serial, (region, police) in enumerate(PLACES, 1):
        taken = await world.take(a_referral(a_person(serial=serial), region=region))
        permit = world.permit_of("coordinator", "screen_referral", region=region)
        async with world.work(permit) as work:
            agencies = ("police",) if police else ("probation",)
            choice = Screening(Decision.ACCEPT, None, None, agencies)
            await world.screener.screen(work, taken.id, choice, 1)
        [row] = await world.rows("select case_id from referral where id = $1", taken.id)
        made.append((row["case_id"], taken.id))
    await world.rows(POOL, SUPPORT)
    return made


@pytest_asyncio.fixture
async def unguarded(world: Any, key_folder: Any) -> AsyncIterator[Database]:
    """The same database in a role that row-level security does not bind."""
    audit_key = keys.load_secret(key_folder, "cases.audit")
    database = Database(world.admin_url, service="cases", clock=world.clock, audit_key=audit_key)
    yield database
    await database.close()


def _permit(world: Any, subject: str, operation: str) -> Permit:
    permit: Permit = world.policy.permit(Caller.member(subject, (CALLERS[subject],)), operation, "case-work")
    return permit


def _reached(subject: str, place: tuple[str, bool]) -> bool:
    region, police = place
    office = CALLERS[subject]
    return office.attributes["region"] == region and (office.role != "agency-member" or police)


async def _close(world: Any, cases: list[tuple[UUID, UUID]], drawn: tuple[Closing, ...]) -> None:
    await world.rows(f"do $$ begin {RESET} end $$")
    for (case, _), closing in zip(cases, drawn, strict=True):
        await world.rows(EXCLUDE, case, list(closing.excluded))
        if closing.named is not None:
            await world.rows(SEAL, case, list(closing.named))
        await world.rows(BREAK, case, list(closing.opened), world.clock.now())
        if closing.supported:
            await world.rows(SUPPORTED, case)


async def _listed(database: Database, world: Any, subject: str) -> tuple[set[UUID], set[UUID]]:
    """The lists of cases and of referrals; a support person has no list of referrals."""
    async with database.work(_permit(world, subject, "list_cases"), "-") as work:
        cases = await reading.list_cases(work, Filters(), None, 50)
    if subject == SUPPORT:
        return {one.id for one in cases.what.items}, set()
    async with database.work(_permit(world, subject, "list_referrals"), "-") as work:
        referrals = await reading.list_referrals(work, Filters(), None, 50)
    return {one.id for one in cases.what.items}, {one.id for one in referrals.what.items}


async def _read(database: Database, world: Any, subject: str, case: UUID) -> bool:
    try:
        async with database.work(_permit(world, subject, "get_case"), "-") as work:
            return (await reading.get_case(work, world.ring, case)).what.case.id == case
    except NotFound:
        return False


async def _rows(world: Any, subject: str) -> tuple[set[UUID], set[UUID]]:
    """What the database shows when nobody asks the policy."""
    async with world.work(_permit(world, subject, "get_case")) as work:
        cases = await work.fetch("select id from marac_case")
        referrals = await work.fetch("select id from referral")
    return {UUID(str(row["id"])) for row in cases}, {UUID(str(row["id"])) for row in referrals}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=worlds)
async def test_list_read_and_row_security_say_the_same(
    world: Any, unguarded: Database, cases: list[tuple[UUID, UUID]], drawn: tuple[Closing, ...]
) -> None:
    await _close(world, cases, drawn)
    for subject in CALLERS:
        wanted = [
            pair
            for pair, place, closing in zip(cases, PLACES, drawn, strict=True)
            if closing.lets(subject, reached=_reached(subject, place))
        ]
        seen = {case for case, _ in wanted}, {referral for _, referral in wanted}
        for database in (world.database, unguarded):  # both layers; the table alone
            listed = (seen[0], set()) if subject == SUPPORT else seen
            assert await _listed(database, world, subject) == listed
            assert {case for case, _ in cases if await _read(database, world, subject, case)} == seen[0]
        assert await _rows(world, subject) == seen  # row-level security alone
