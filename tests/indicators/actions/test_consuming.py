from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.indicators import store
from services.indicators.actions.consuming import WAIT, Consumer
from services.indicators.actions.figures import Question, answer
from services.indicators.catalog import Catalog
from services.indicators.model import CaseFact, Channel, Dimension
from services.kit.calendar import half_year
from services.kit.db import Database
from services.kit.policy import Permit

EVER = date(2100, 1, 1)
REQUEST = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"
Events = list[dict[str, Any]]


@pytest.fixture
def writing(permit_of: Callable[..., Permit]) -> Permit:
    return permit_of("worker:feed", "apply_events")


async def _facts(database: Database, permit: Permit) -> set[CaseFact]:
    async with database.work(permit, REQUEST) as work:
        return set(await store.facts(work, EVER, with_people=True))


async def _place(database: Database, permit: Permit) -> tuple[str | None, bool] | None:
    async with database.work(permit, REQUEST) as work:
        found = await store.reading(work)
    return None if found is None else (found.cursor, found.complete)


async def test_the_feed_becomes_facts_with_the_cursor_after_it(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    feed = a_feed(sample_events)
    assert await Consumer(database, feed, writing).step() == 87
    assert len(await _facts(database, writing)) == 29
    assert await _place(database, writing) == ("0123456789ab.86", True)
    assert feed.asked == [(None, 0)]


async def test_a_long_feed_is_read_in_parts_and_only_then_complete(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    feed = a_feed(sample_events, most=40)
    consumer = Consumer(database, feed, writing)
    assert [await consumer.step() for _ in range(2)] == [40, 40]
    assert await _place(database, writing) == ("0123456789ab.79", False)
    assert [await consumer.step() for _ in range(2)] == [7, 0]
    assert await _place(database, writing) == ("0123456789ab.86", True)
    assert feed.asked[-1] == ("0123456789ab.86", WAIT)
    assert len(await _facts(database, writing)) == 29


async def test_an_empty_feed_is_complete_without_a_cursor(
    database: Database, writing: Permit, a_feed: Any
) -> None:
    assert await Consumer(database, a_feed(), writing).step() == 0
    assert await _place(database, writing) == (None, True)


async def test_events_that_come_twice_count_once(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    await Consumer(database, a_feed(sample_events), writing).step()
    before = await _facts(database, writing)
    again = deepcopy(sample_events)
    for position, event in enumerate(again, start=len(again)):
        event["sequence"] = f"0123456789ab.{position}"
    await Consumer(database, a_feed([*sample_events, *again]), writing).step()
    assert await _facts(database, writing) == before


async def test_what_another_worker_applied_meanwhile_is_left(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    faster = Consumer(database, a_feed(sample_events), writing)

    class Slow(a_feed):  # type: ignore[misc] # a fixture gives the class
        async def after(self, cursor: str | None, wait: int) -> Any:
            batch = await super().after(cursor, wait)
            await faster.step()
            return batch

    assert await Consumer(database, Slow(sample_events[:3]), writing).step() == 0
    assert await _place(database, writing) == ("0123456789ab.86", True)


async def test_a_new_epoch_means_reading_from_zero(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    await Consumer(database, a_feed(sample_events), writing).step()
    restored = deepcopy(sample_events[:6])
    for event in restored:
        event["sequence"] = event["sequence"].replace("0123456789ab", "ba9876543210")
    consumer = Consumer(database, a_feed(restored), writing)
    await consumer.step()
    assert await _facts(database, writing) == set()
    assert await _place(database, writing) == (None, False)
    await consumer.step()
    assert len(await _facts(database, writing)) == 2
    assert await _place(database, writing) == ("ba9876543210.5", True)


async def test_a_batch_is_applied_whole_or_not_at_all(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    broken = deepcopy(sample_events)
    broken[-1]["data"]["persons"][0]["ageBand"] = "36"
    with pytest.raises(Exception, match="fact_person"):
        await Consumer(database, a_feed(broken), writing).step()
    assert await _facts(database, writing) == set()
    assert await _place(database, writing) is None


async def test_a_case_that_is_declined_afterwards_is_none(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    declined = sample_events[2] | {
        "type": "referral.declined",
        "streamversion": 4,
        "sequence": "0123456789ab.87",
        "data": {"reason": "criteria-not-met"},
    }
    await Consumer(database, a_feed([*sample_events, declined]), writing).step()
    assert len(await _facts(database, writing)) == 28


async def test_a_change_leaves_a_row_and_a_look_leaves_none(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    consumer = Consumer(database, a_feed(sample_events), writing)
    for _ in range(3):
        await consumer.step()
    async with database.work(writing, REQUEST) as work:
        query = text("select actor, action, rule_id, cardinality(objects) as objects from audit")
        rows = (await work.conn.execute(query)).all()
    assert [tuple(row) for row in rows] == [("worker:feed", "update", "facts-write", 29)]


def _happening(kind: str, stream: int, version: int, day: int, people: int) -> dict[str, Any]:
    """An event of the feed but for its place: about one of a few cases, with so many people."""
    is_case = kind in {"accepted", "corrected-case", "withdrawn-case"}
    persons = [
        {
            "pseudonym": f"p-{stream}-{number}-{version if number else 0}",
            "role": "child" if number else "victim",
            "relationToVictim": "child" if number else None,
            "sex": "female",
            "ageBand": "7-13" if number else "25-34",
        }
        for number in range(people)
    ]
    return {
        "type": f"referral.{kind.removesuffix('-case')}",
        "subject": str(uuid5(NAMESPACE_URL, str(stream))),
        "time": "2017-06-01T12:00:00Z",
        "streamversion": version,
        "data": {
            "status": "ACCEPTED" if is_case else "RECEIVED",
            "region": "polva",
            "referredOn": f"2017-0{1 + day}-15",
            "persons": persons if kind in {"accepted", "corrected-case"} else None,
        },
    }


#: What may follow upon what: a decision is taken once, and what was decided may be corrected.
NEXT = {
    "open": {"corrected": "open", "accepted": "case", "declined": "over", "withdrawn": "over"},
    "case": {"corrected-case": "case", "withdrawn-case": "case", "ground-found": "case"},
    "over": {"corrected": "open"},
}


@st.composite
def histories(draw: st.DrawFn) -> Events:
    """What happened to up to three referrals, in the order of the feed; and parts that are told again."""
    standing: dict[int, str] = {}
    versions: dict[int, int] = {}
    events: Events = []
    for _ in range(draw(st.integers(1, 14))):
        stream = draw(st.integers(0, 2))
        versions[stream] = versions.get(stream, 0) + 1
        steps = NEXT[standing.get(stream, "open")]
        kind = draw(st.sampled_from(sorted(steps)))
        standing[stream] = steps[kind]
        people = draw(st.integers(1, 4))
        events.append(_happening(kind, stream, versions[stream], draw(st.integers(0, 8)), people))
    again = draw(st.lists(st.sampled_from(events), max_size=5))
    told = [*events, *sorted(again, key=events.index)]
    return [one | {"sequence": f"0123456789ab.{at}"} for at, one in enumerate(told)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.integers(1, 5))
async def test_a_case_is_counted_as_it_was_told_last_however_the_feed_is_read(
    database: Database, writing: Permit, a_feed: Any, told: Events, most: int
) -> None:
    """In parts of any size, some told again under new places: what is true in the end is counted once."""
    async with database.work(writing, REQUEST) as work:
        await store.own_reading(work)
        await store.clear(work)
        await store.save_reading(work, None, complete=False)
    consumer = Consumer(database, a_feed(told, most=most), writing)
    while await consumer.step():
        pass
    expected: dict[str, tuple[str, set[str]]] = {}
    for one in sorted(told, key=lambda event: event["streamversion"]):
        if one["data"]["persons"] is not None:
            names = {person["pseudonym"] for person in one["data"]["persons"]}
            expected[one["subject"]] = (one["data"]["referredOn"], names)
    found = {
        str(fact.stream): (fact.referred_on.isoformat(), {one.pseudonym for one in fact.persons})
        for fact in await _facts(database, writing)
    }
    assert found == expected


async def test_a_correction_moves_a_case_to_another_half_year_and_changes_whom_it_counts(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    await Consumer(database, a_feed(sample_events), writing).step()
    before = {fact.stream: fact for fact in await _facts(database, writing)}
    accepted = deepcopy(sample_events[2])
    data = accepted["data"] | {
        "referredOn": "2017-01-02",
        "version": 2,
        "persons": accepted["data"]["persons"][:2],
    }
    corrected = accepted | {
        "type": "referral.corrected", "streamversion": 4, "sequence": "0123456789ab.87", "data": data
    }  # fmt: skip
    await Consumer(database, a_feed([*sample_events, corrected]), writing).step()
    after = {fact.stream: fact for fact in await _facts(database, writing)}
    [changed] = [stream for stream in before if after[stream] != before[stream]]
    assert str(half_year(before[changed].referred_on)) != str(half_year(after[changed].referred_on))
    assert (len(before[changed].persons), len(after[changed].persons)) == (4, 2)
    assert len(after) == len(before)


async def test_an_erased_case_still_counts_and_leads_to_nobody(
    database: Database, writing: Permit, a_feed: Any, sample_events: Events
) -> None:
    """Whoever had two cases is then two people; told again, nothing changes."""
    accepted = [one for one in sample_events if one["type"] == "referral.accepted"]
    erased = {**accepted[0], "id": str(uuid5(NAMESPACE_URL, "erased")), "type": "case.erased"}
    erased |= {"sequence": "0123456789ab.87", "streamversion": 99, "data": {"kind": "case"}}
    await Consumer(database, a_feed(sample_events), writing).step()
    before = {fact.stream: fact for fact in await _facts(database, writing)}
    consumer = Consumer(database, a_feed([*sample_events, erased]), writing)
    assert await consumer.step() == 1
    after = {fact.stream: fact for fact in await _facts(database, writing)}
    stream = next(one for one in before if str(one) == accepted[0]["subject"])
    names = [{one.pseudonym for one in facts[stream].persons} for facts in (before, after)]
    assert len(names[0]) == len(names[1])
    assert not names[0] & names[1]
    parts = [
        sorted((one.role, one.sex, one.age_band) for one in facts[stream].persons)
        for facts in (before, after)
    ]
    assert parts[0] == parts[1]
    assert {one: before[one] for one in before if one != stream} == {
        one: after[one] for one in after if one != stream
    }


async def test_a_transferred_case_counts_where_it_was_referred_and_the_move_at_each_side(  # noqa: PLR0913, PLR0917 - fixtures
    database: Database,
    writing: Permit,
    permit_of: Callable[..., Permit],
    a_feed: Any,
    sample_events: Events,
    published: Catalog,
) -> None:
    accepted = sample_events[2]
    move = {"caseId": accepted["subject"], "transferId": str(uuid5(NAMESPACE_URL, "transfer"))}
    move |= {"fromRegion": accepted["data"]["region"], "toRegion": "hiiumaa", "on": "2018-05-04"}
    move |= {"kind": "permanent", "reason": "moved"}
    told = {"type": "case.transferred", "streamversion": 4, "data": move}
    moved = accepted | told | {"sequence": "0123456789ab.87"}
    again = moved | {"sequence": "0123456789ab.88"}
    await Consumer(database, a_feed(sample_events), writing).step()
    before = await _facts(database, writing)
    await Consumer(database, a_feed([*sample_events, moved, again]), writing).step()
    assert await _facts(database, writing) == before

    async def figures_of(subject: str, indicator: str) -> dict[str, int]:
        definition = published.definition(indicator)
        question = Question(definition, Channel.OFFICIAL, None, None, (Dimension.REGION,))
        async with database.work(permit_of(subject, "get_official_values"), REQUEST) as work:
            table = (await answer(work, question, published)).table
        return {dict(line.key)[Dimension.REGION]: line.figure.value for line in table.rows}  # type: ignore[union-attr]

    assert await figures_of("olga", "transfers-out") == {move["fromRegion"]: 1}
    assert await figures_of("olga", "transfers-in") == {"hiiumaa": 1}
    assert await figures_of("rein", "transfers-in") == {}
