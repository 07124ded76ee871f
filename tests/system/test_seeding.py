"""What was planted is what the product finds, by its own ways."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from services.cases import catalog as published
from services.cases.actions.merging import Merging
from services.cases.actions.repeats import RepeatFinder
from services.cases.settings import Settings
from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.db import Database
from services.kit.policy import Appointment, Caller, Policy
from system.seeding import place

LAST = date(2026, 11, 29)
CASES = 60
FOUND = """
    select e.reference as earlier, r.reference from referral_repeat p
    join referral r on r.id = p.referral_id join referral e on e.id = p.earlier_id where p.verdict = 'yes'
"""
VICTIMS = """
    select r.reference, r.region, p.person_id from referral r
    join participation p on p.referral_id = r.id and p.role = 'victim' where r.reference = any ($1)
"""


class Country:
    """A database that was filled, and the truths about it."""

    def __init__(self, place: Any, folder: Path, truths: dict[str, Any]) -> None:
        self.place, self.truths = place, truths
        self.policy, self.catalog = Policy.load("services.cases"), published.load()
        audit = keys.load_secret(folder, "cases.audit")
        self.database = Database(place.url, service="cases", clock=SystemClock(), audit_key=audit)

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.place.admin_url)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module")
async def country(service_database: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("keys")
    keys.ensure(folder)
    database = service_database("cases")
    settings = Settings(database_url=database.url, keys=folder, development=True)
    made = Country(database, folder, await place.fill(settings, CASES, 3, LAST, lambda _: None))
    yield made
    await made.database.close()
    with pytest.raises(PermissionError, match="not empty"):
        await place.fill(settings, 1, 3, LAST, lambda _: None)


async def test_the_register_holds_what_was_told(country: Any) -> None:
    states = await country.rows("""
        select coalesce(c.state, r.state) as state, count(*) as n
        from referral r left join marac_case c on c.id = r.case_id group by 1
    """)
    assert {row["state"]: row["n"] for row in states} == country.truths["states"]
    [row] = await country.rows("select count(*) as n from referral where score_state = 'scored'")
    assert row["n"] == CASES  # by the scorer itself
    regions = await country.rows("select region, count(*) as n from referral group by region")
    assert {row["region"]: row["n"] for row in regions} == country.truths["regions"]


async def test_the_product_finds_the_repeats_and_no_others(country: Any) -> None:
    await country.rows("analyze")  # as the server does by itself within the first minutes
    finder = RepeatFinder(country.database, country.policy, country.catalog.repeats)
    while await finder.round():
        pass
    found = {(row["earlier"], row["reference"]) for row in await country.rows(FOUND)}
    assert found == set(map(tuple, country.truths["repeats"]))
    assert found


async def test_the_product_proposes_the_duplicates(country: Any) -> None:
    assert country.truths["duplicates"]
    for earlier, later in country.truths["duplicates"]:
        people = {row["reference"]: row for row in await country.rows(VICTIMS, [earlier, later])}
        one, other = people[earlier], people[later]
        assert one["person_id"] != other["person_id"]
        office = Appointment("coordinator", {"region": one["region"]})
        permit = country.policy.permit(Caller.member("m-1", (office,)), "list_candidates", "case-work")
        async with country.database.work(permit, "-") as work:
            found = await Merging(country.catalog).candidates(work, one["person_id"], 20)
        assert UUID(str(other["person_id"])) in {each.person for each in found.doubles.found}


async def test_conflicts_and_protected_values_are_kept_as_such(country: Any) -> None:
    conflicts = await country.rows("""
        select r.reference from case_exclusion e join referral r on r.case_id = e.case_id
        where e.state = 'in-force'
    """)
    assert sorted(row["reference"] for row in conflicts) == sorted(country.truths["conflicts"])
    hidden = await country.rows("""
        select r.reference from person_entry e join referral r on r.case_id = e.case_id where e.protected
    """)
    assert sorted(row["reference"] for row in hidden) == sorted(country.truths["protected"])


async def test_invented_people_never_come_among_real_ones(country: Any, tmp_path: Path) -> None:
    real = Settings(database_url=country.place.url, keys=tmp_path, development=False)
    with pytest.raises(PermissionError, match="development"):
        await place.fill(real, 1, 3, LAST, lambda _: None)
