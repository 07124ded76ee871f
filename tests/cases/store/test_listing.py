"""Lists over many rows: what comes, in which order, and how the database finds it."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from services.cases.model.codes import Status
from services.cases.model.duties import DutyFilters, Seats
from services.cases.store import dossiers, duties, flags, listing, repeats
from services.cases.store.listing import Filters
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.paging import Place
from services.kit.policy import Appointment, Caller, Permit, Policy
from tests.cases.statements import heard

Build = Callable[..., Any]
AT = datetime(2017, 5, 4, 12, tzinfo=UTC)
ALL = Filters()
ROWS, REGIONS = 6000, 20
FILL = f"""
    create temporary table n as
    select i, gen_random_uuid() as id, gen_random_uuid() as case_id, gen_random_uuid() as key_id,
        gen_random_uuid() as person_id, 'region-' || i % {REGIONS} as region,
        date '2017-01-01' + (i / 40) as day, upper(md5(i::text)) as digits
    from generate_series(1, {ROWS}) as i;
    insert into data_key (id, kek, wrapped, made_at) select key_id, 'k', '\\x01', now() from n;
    insert into stream (id, version) select case_id, 1 from n;
    insert into person (id) select person_id from n;
    insert into referral (id, reference, content_digest, region, referred_on, occurred_at, received_at,
        changed_at, grounds, state, decided_at, decided_by, score_state, case_id, key_id, sealed)
    select id, 'TV-' || substr(digits, 1, 4) || '-' || substr(digits, 5, 4) || '-' || substr(digits, 9, 4)
        || '-' || substr(digits, 13, 4) || '-0', sha256(digits::bytea), region, day, now(), now(),
        now(), '{{}}', 'accepted', now(), 'anna', 'scored', case_id, key_id, '\\x01' from n;
    insert into assessment (id, referral_id, instrument, completed_on, answers_sealed)
    select gen_random_uuid(), id, 'dash', day, '\\x01' from n;
    insert into marac_case (id, region, state, opened_on, key_id)
    select case_id, region, 'open', day, key_id from n;
    insert into case_agency (case_id, agency, region)
    select case_id, agency, region from n, unnest(array['police', 'agency-' || i % 7]) as agency
    where i % 5 = 0;
    insert into participation (id, person_id, referral_id, case_id, role, relation, sex, age_band, sealed,
        key_id)
    select gen_random_uuid(), person_id, id, case_id, role, case when role = 'child' then 'child' end,
        'female', 'unknown', '\\x01', key_id from n, unnest(array['victim', 'child']) as role;
    insert into duty (id, clock, thing, thing_id, referral_id, region, role, recorded_on, due_on)
    select gen_random_uuid(), 'screening', 'referral', id, id, region, 'coordinator', day, day + 3
    from n;
    analyze;
"""  # noqa: S608 - two numbers


@pytest_asyncio.fixture(scope="module")
async def crowd(service_database: Build) -> AsyncIterator[Database]:
    """A database with thousands of cases in twenty regions."""
    place = service_database("cases")
    connection = await asyncpg.connect(place.admin_url)
    await connection.execute(FILL)
    await connection.close()
    database = Database(place.url, service="cases", clock=FixedClock(AT), audit_key=bytes(32))
    yield database
    await database.close()


@pytest.fixture
def permit() -> Build:
    policy = Policy.load("services.cases")

    def make(operation: str, role: str = "coordinator", **attributes: str) -> Permit:
        given = {"region": "region-0"} | attributes
        caller = Caller.member("m-1", (Appointment(role, given),))
        return policy.permit(caller, operation, "case-work")

    return make


@pytest.fixture
def walk(crowd: Database) -> Build:
    """All rows of a list, page by page."""

    async def run(allowed: Permit, page: Any, day: str, most: int, filters: Filters = ALL) -> list[Any]:
        found: list[Any] = []
        after: Place | None = None
        async with crowd.work(allowed, "-") as work:
            while rows := await page(work, filters, after, most):
                found.extend(rows)
                after = Place(getattr(rows[-1], day), rows[-1].id)
        return found

    return run


@pytest.mark.parametrize("most", [7, 100])
async def test_pages_cut_the_whole_list_without_doubles_or_gaps(
    walk: Build, permit: Build, most: int
) -> None:
    """A day has forty referrals, two of each region, so that pages end within a day."""
    found = await walk(permit("list_referrals"), listing.referrals, "referred_on", most)
    assert len(found) == ROWS // REGIONS
    keys = [(row.referred_on, row.id) for row in found]
    assert keys == sorted(set(keys), reverse=True)
    assert {row.region for row in found} == {"region-0"}


async def test_several_regions_are_one_list(crowd: Database, permit: Build, walk: Build) -> None:
    both = permit("list_cases").grants + permit("list_cases", region="region-7").grants
    allowed = replace(permit("list_cases"), grants=both)
    found = await walk(allowed, listing.cases, "opened_on", 90)
    keys = [(row.opened_on, row.id) for row in found]
    assert len(keys) == 2 * ROWS // REGIONS
    assert keys == sorted(set(keys), reverse=True)


async def test_an_agency_lists_the_cases_of_its_region_in_which_it_takes_part(
    walk: Build, permit: Build
) -> None:
    police = permit("list_cases", "agency-member", agency="police", region="region-5")
    found = await walk(police, listing.cases, "opened_on", 90)
    assert len(found) == ROWS // REGIONS
    assert all("police@region-5" in row.taking_part for row in found)
    elsewhere = permit("list_cases", "agency-member", agency="police", region="region-1")
    assert await walk(elsewhere, listing.cases, "opened_on", 90) == []


async def test_filters_bound_days_and_status(walk: Build, permit: Build) -> None:
    first, last = date(2017, 2, 1), date(2017, 2, 3)
    within = Filters(since=first, until=last)
    found = await walk(permit("list_referrals"), listing.referrals, "referred_on", 50, within)
    assert {row.referred_on for row in found} == {first, date(2017, 2, 2), last}
    assert len(found) == 6
    none = Filters(status=Status.DECLINED)
    assert await walk(permit("list_referrals"), listing.referrals, "referred_on", 50, none) == []
    elsewhere = Filters(region="region-1")
    assert await walk(permit("list_referrals"), listing.referrals, "referred_on", 50, elsewhere) == []


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


@pytest.fixture
def plans(crowd: Database) -> Build:
    """How the database answers when it must not read whole tables or sort where an index can do."""

    async def explained(allowed: Permit, ask: Any, *, run: bool = False) -> Sequence[dict[str, Any]]:
        async with crowd.work(allowed, "-") as work:
            with heard(crowd) as told:
                await ask(work)
            for other in ("seqscan", "hashjoin", "mergejoin", "sort", "incremental_sort"):
                await work.conn.exec_driver_sql(f"set local enable_{other} = off")
            nodes: list[dict[str, Any]] = []
            for statement, parameters in told:
                explain = f"explain (format json, analyze {run}) {statement}"
                [found] = (await work.conn.exec_driver_sql(explain, parameters)).scalar_one()
                nodes += _nodes(found["Plan"])
            return nodes

    return explained


#: Empty here, and short everywhere: the planner may keep the whole of one beside it.
SHORT = {"transfer"}


def _scanned(nodes: Sequence[dict[str, Any]]) -> set[str]:
    """The tables for which there is no way but from end to end."""
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} - SHORT


def _read(node: dict[str, Any]) -> int:
    """How many rows a node has read of its table, all in all."""
    return int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])


MIDDLE = Place(date(2017, 3, 1), UUID(int=2**127))


LISTS = [
    ("referral", listing.referrals, "referral_region_referred_on_id_idx"),
    ("marac_case", listing.cases, "marac_case_region_opened_on_id_idx"),
]


@pytest.mark.parametrize(("rows", "page", "index"), LISTS)
async def test_a_page_is_a_piece_of_an_index_already_in_order(
    plans: Build, permit: Build, rows: str, page: Any, index: str
) -> None:
    """So the hundredth page costs what the first costs, however many rows there are."""
    nodes = await plans(permit(f"list_{page.__name__}"), lambda work: page(work, ALL, MIDDLE, 51))
    [condition] = [node["Index Cond"] for node in nodes if node.get("Index Name") == index]
    assert "ROW(" in condition
    assert "region-0" in condition
    assert not _scanned(nodes)


@pytest.mark.parametrize(("rows", "page", "index"), LISTS)
@pytest.mark.parametrize("after", [None, MIDDLE])
async def test_a_page_reads_about_as_many_rows_as_it_shows(  # noqa: PLR0913, PLR0917 - what it is about
    plans: Build, permit: Build, rows: str, page: Any, index: str, after: Place | None
) -> None:
    """Of two regions and of what was opened by broken glass: of each a piece of an index."""
    here, there = (permit(f"list_{page.__name__}", region=f"region-{each}") for each in (0, 7))
    allowed = replace(here, grants=here.grants + there.grants)
    nodes = await plans(allowed, lambda work: page(work, ALL, after, 51), run=True)
    pieces = [node for node in nodes if node.get("Index Name") == index]
    assert [_read(node) for node in pieces] == [51, 51]
    assert sum(_read(node) for node in nodes if node.get("Relation Name") == rows) <= 5 * 51


async def test_a_page_of_an_inbox_reads_about_as_many_duties_as_it_shows(plans: Build, permit: Build) -> None:
    """Of each region in which the caller sits a piece of an index, whatever waits there for others."""
    here, there = (permit("list_duties", region=f"region-{each}") for each in (0, 7))
    allowed = replace(here, grants=here.grants + there.grants)
    places, roles = ("region-0", "region-7"), ("coordinator",) * 2
    seats = Seats("m-1", roles, places, (None, None), places)
    nodes = await plans(allowed, lambda work: duties.inbox(work, seats, DutyFilters(), MIDDLE, 51), run=True)
    assert sum(_read(node) for node in nodes if node.get("Relation Name") == "duty") <= 4 * 51


async def test_what_waits_for_a_decision_is_found_among_all_that_was_decided(
    plans: Build, permit: Build
) -> None:
    """Whoever screens asks for these every day; they are few among a million."""
    waiting = Filters(status=Status.AWAITING_SCREENING)
    nodes = await plans(permit("list_referrals"), lambda work: listing.referrals(work, waiting, None, 51))
    assert "referral_waiting" in {node.get("Index Name") for node in nodes}


@pytest.mark.parametrize("page", [listing.referrals, listing.cases])
async def test_an_agencys_page_needs_to_read_no_table_from_end_to_end(
    plans: Build, permit: Build, page: Any
) -> None:
    operation = f"list_{page.__name__}"
    police = permit(operation, "agency-member", agency="police")
    assert not _scanned(await plans(police, lambda work: page(work, ALL, MIDDLE, 51)))


@pytest.mark.parametrize(
    ("operation", "find"),
    [
        ("get_referral", dossiers.referral),
        ("get_case", dossiers.case),
        ("get_case", dossiers.referrals_of),
        ("get_case", dossiers.in_case),
        ("get_person", dossiers.of_person),
    ],
)
@pytest.mark.parametrize("role", ["coordinator", "agency-member"])
async def test_a_single_thing_is_found_by_an_index(
    plans: Build, permit: Build, operation: str, find: Any, role: str
) -> None:
    allowed = permit(operation, role, agency="police") if role == "agency-member" else permit(operation, role)
    assert not _scanned(await plans(allowed, lambda work: find(work, uuid4())))


BY_PERSON = {
    "earlier": (repeats._EARLIER, {"ids": []}),
    "again": (repeats._AGAIN, {"ids": []}),
    "flag": (flags._VICTIM, {"code": b"-"}),
}


@pytest.mark.parametrize("name", BY_PERSON)
async def test_who_somebody_is_leads_to_their_parts(crowd: Database, permit: Build, name: str) -> None:
    """Earlier referrals and flags: no table of parts is read as a whole, with a million this must hold."""
    statement, values = BY_PERSON[name]
    async with crowd.work(permit("list_cases"), "-") as work:
        rows = await work.conn.execute(text(f"explain (format json) {statement.text}"), values)
        [found] = rows.scalar_one()
    read = [node for node in _nodes(found["Plan"]) if node.get("Relation Name") == "participation"]
    assert "Seq Scan" not in {node["Node Type"] for node in read}
    assert "participation_person_id_idx" in {node.get("Index Name") for node in read}
