from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.indicators import store
from services.indicators.model import CaseFact, Ended, PersonFact, Reading
from services.kit.db import Database
from services.kit.policy import Permit

EVER = date(2100, 1, 1)
REQUEST = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"
Build = Callable[..., CaseFact]
Permits = Callable[..., Permit]


@pytest.fixture
def writing(permit_of: Permits) -> Permit:
    return permit_of("worker:feed", "apply_events")


async def _keep(database: Database, permit: Permit, *facts: CaseFact) -> list[bool]:
    async with database.work(permit, REQUEST) as work:
        return [await store.put_case(work, fact) for fact in facts]


async def _seen(database: Database, permit: Permit, until: date = EVER) -> list[CaseFact]:
    async with database.work(permit, REQUEST) as work:
        return await store.facts(work, until, with_people=True)


async def test_a_case_is_read_as_it_was_kept(database: Database, writing: Permit, a_case: Build) -> None:
    people = (
        PersonFact("a", "victim", None, "female", "25-34"),
        PersonFact("b", "threatening-person", "partner", "male", "35-49"),
    )
    fact = a_case("one", persons=people)
    assert await _keep(database, writing, fact) == [True]
    [found] = await _seen(database, writing)
    assert replace(found, persons=()) == replace(fact, persons=())
    assert set(found.persons) == set(people)


async def test_a_later_event_corrects_and_an_earlier_one_does_not(
    database: Database, writing: Permit, a_case: Build
) -> None:
    moved = a_case("one", version=5, region="valga", on=date(2017, 9, 1), persons=())
    kept = await _keep(database, writing, a_case("one", version=3), moved, a_case("one", version=4))
    assert kept == [True, True, False]
    assert await _seen(database, writing) == [moved]


async def test_the_same_event_again_changes_nothing(
    database: Database, writing: Permit, a_case: Build
) -> None:
    assert await _keep(database, writing, a_case("one"), a_case("one")) == [True, False]
    assert len(await _seen(database, writing)) == 1


async def test_a_case_that_ends_is_no_longer_counted_and_can_come_back(
    database: Database, writing: Permit, a_case: Build
) -> None:
    fact = a_case("one", version=3)
    await _keep(database, writing, fact)
    at = datetime(2017, 4, 1, tzinfo=UTC)
    async with database.work(writing, REQUEST) as work:
        assert not await store.end_case(work, Ended(fact.stream, 3, at))
        assert await store.end_case(work, Ended(fact.stream, 4, at))
        assert not await store.end_case(work, Ended(a_case("other").stream, 9, at))
    assert await _seen(database, writing) == []
    await _keep(database, writing, replace(fact, version=5))
    assert len(await _seen(database, writing)) == 1


async def test_facts_end_with_the_day_asked_for(database: Database, writing: Permit, a_case: Build) -> None:
    days = [date(2017, 6, 30), date(2017, 7, 1)]
    await _keep(database, writing, *(a_case(str(day), on=day) for day in days))
    assert [fact.referred_on for fact in await _seen(database, writing, days[0])] == days[:1]


async def test_a_coordinator_reaches_the_own_region_alone(
    database: Database, writing: Permit, a_case: Build, permit_of: Permits
) -> None:
    await _keep(database, writing, a_case("one", region="polva"), a_case("two", region="rakvere"))
    own = await _seen(database, permit_of("maret", "get_official_values"))
    assert [(fact.region, len(fact.persons)) for fact in own] == [("polva", 1)]
    country = await _seen(database, permit_of("olga", "get_official_values"))
    assert sorted(fact.region for fact in country) == ["polva", "rakvere"]


@pytest.mark.parametrize("table", ["fact_case", "fact_person"])
async def test_row_security_repeats_the_policy_without_our_filter(
    database: Database, writing: Permit, a_case: Build, permit_of: Permits, table: str
) -> None:
    await _keep(database, writing, a_case("one", region="polva"), a_case("two", region="rakvere"))
    async with database.work(permit_of("rein", "get_official_values"), REQUEST) as work:
        rows = await work.conn.execute(text(f"select region from {table}"))  # noqa: S608 - our own name
        assert [row.region for row in rows] == ["rakvere"]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into fact_case values (gen_random_uuid(), 1, 'polva', '2017-01-01', true, now(), now())",
        "update fact_case set accepted = false",
        "delete from fact_case",
        "delete from fact_person",
    ],
)
async def test_who_reads_cannot_write(
    database: Database, writing: Permit, a_case: Build, permit_of: Permits, statement: str
) -> None:
    await _keep(database, writing, a_case("one"))
    officer = permit_of("olga", "get_official_values")
    if statement.startswith("insert"):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.work(officer, REQUEST) as work:
                await work.conn.execute(text(statement))
    else:
        async with database.work(officer, REQUEST) as work:
            assert (await work.conn.execute(text(statement))).rowcount == 0
    [found] = await _seen(database, writing)
    assert len(found.persons) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"role": "victim", "relation": "partner"},
        {"role": "child", "relation": None},
        {"role": "dog", "relation": "child"},
        {"sex": "F"},
        {"age_band": "36"},
    ],
)
async def test_the_table_refuses_what_the_vocabulary_does_not_have(
    database: Database, writing: Permit, a_case: Build, change: dict[str, Any]
) -> None:
    person = replace(PersonFact("a", "child", "child", "male", "7-13"), **change)
    with pytest.raises(DBAPIError):
        await _keep(database, writing, a_case("one", persons=(person,)))


async def test_the_place_in_the_feed_is_kept_and_forgetting_leaves_no_fact(
    database: Database, writing: Permit, a_case: Build
) -> None:
    await _keep(database, writing, a_case("one"))
    async with database.work(writing, REQUEST) as work:
        assert await store.reading(work) is None
        assert not (await store.own_reading(work)).complete
        await store.save_reading(work, "0123456789ab.7", complete=True)
    async with database.work(writing, REQUEST) as work:
        assert await store.reading(work) == Reading("0123456789ab.7", work.now, complete=True)
        await store.clear(work)
    assert await _seen(database, writing) == []
    async with database.work(writing, REQUEST) as work:
        assert (await work.conn.execute(text("select count(*) from fact_person"))).scalar_one() == 0
