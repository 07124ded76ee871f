"""Repeats are found after receipt and after acceptance, and told with their definition."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.cases.actions import reading
from services.cases.actions.repeats import RepeatFinder
from services.cases.model.codes import Decision, Ground, Role
from services.cases.model.referral import Occurrence
from services.cases.model.repeats import RepeatState, Verdict
from services.cases.model.states import Screening
from tests.cases.statements import heard

Build = Callable[..., Any]
STAR = "ee-dev/GOV/70009770/star"
ACCEPT = Screening(Decision.ACCEPT, None, None, ("victim-support",))


@pytest.fixture
def again(world: Any, a_referral: Build) -> Build:
    """Takes a referral about the same people; its id."""

    async def take(day: date, region: str = "polva", **changes: Any) -> Any:
        at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        facts = a_referral(
            referred_on=day,
            region=region,
            occurrence=Occurrence(at, None),
            assessment=None,
            grounds=(),
        )
        return (await world.take(replace(facts, **changes), content=str(day).encode())).id

    return take


@pytest.fixture
def accepted(world: Any, again: Build) -> Build:
    async def take(day: date, region: str = "polva", **changes: Any) -> Any:
        taken = await again(day, region, **changes)
        async with world.work(world.permit_of("coordinator", "screen_referral", region=region)) as work:
            await world.screener.screen(work, taken, ACCEPT, 1)
        return taken

    return take


@pytest.fixture
def finder(world: Any) -> RepeatFinder:
    return RepeatFinder(world.database, world.policy, world.catalog.repeats)


async def drain(finder: RepeatFinder) -> None:
    while await finder.round():
        pass


async def shown(world: Any, referral: Any, region: str = "polva") -> Any:
    async with world.work(world.permit_of("coordinator", "get_referral", region=region)) as work:
        return (await reading.get_referral(work, world.ring, referral)).what


async def test_a_further_incident_within_the_year_is_a_repeat(
    world: Any, again: Build, accepted: Build, finder: RepeatFinder
) -> None:
    first = await accepted(date(2016, 7, 5))
    second = await again(date(2017, 3, 2))
    assert (await shown(world, second)).repeats.state is RepeatState.WAITING
    await drain(finder)
    dossier = await shown(world, second)
    assert dossier.repeats.state is RepeatState.KNOWN
    assert dossier.referral.grounds_found == (Ground.REPEAT,)
    current, earlier, by_discussion = dossier.repeats.findings
    assert (current.finding.definition, current.finding.verdict) == ("safelives-current", Verdict.YES)
    assert (current.finding.earlier, current.finding.until) == (first, date(2017, 7, 5))
    assert current.reference == (await shown(world, first)).referral.reference
    assert (earlier.finding.verdict, by_discussion.finding.verdict) == (Verdict.UNKNOWN, Verdict.NO)
    (event,) = await world.rows("select data from event where type = 'referral.ground-found'")
    data = json.loads(event["data"])
    assert (data["ground"], data["source"]) == ("repeat", "earlier-referral")
    assert data["rule"] == "safelives-current/2026-11"
    assert str(first) not in event["data"]


async def test_what_nobody_accepted_is_no_earlier_referral_until_it_is(
    world: Any, again: Build, accepted: Build, finder: RepeatFinder
) -> None:
    first = await again(date(2016, 7, 5))
    second = await again(date(2017, 3, 2))
    await drain(finder)
    assert (await shown(world, second)).referral.grounds_found == ()
    async with world.work(world.permit_of("coordinator", "screen_referral", region="polva")) as work:
        await world.screener.screen(work, first, ACCEPT, 1)
    await drain(finder)
    assert (await shown(world, second)).referral.grounds_found == (Ground.REPEAT,)
    assert (await shown(world, first)).referral.grounds_found == ()


async def test_of_another_region_the_ground_is_told_and_nothing_else(
    world: Any, again: Build, accepted: Build, finder: RepeatFinder
) -> None:
    await accepted(date(2017, 1, 10), "rakvere")
    second = await again(date(2017, 3, 2))
    await drain(finder)
    dossier = await shown(world, second)
    assert dossier.referral.grounds_found == (Ground.REPEAT,)
    assert dossier.repeats.findings[0].finding.verdict is Verdict.YES
    assert [each.reference for each in dossier.repeats.findings] == [None] * 3


@pytest.mark.parametrize(
    "change",
    [
        "update stream set sealed = true",
        "update person set sealed = true where id in (select person_id from participation)",
        "update data_key set wrapped = null, kek = null, destroyed_at = now()",
    ],
    ids=["sealed-case", "sealed-person", "erased"],
)
async def test_what_is_sealed_or_erased_is_nobodys_earlier_referral(
    world: Any, again: Build, accepted: Build, finder: RepeatFinder, change: str
) -> None:
    await accepted(date(2016, 7, 5))
    await world.rows(change)
    second = await again(date(2017, 3, 2))
    await drain(finder)
    assert await world.rows("select from referral where grounds_found <> '{}'") == []
    assert await world.rows("select from referral_repeat where earlier_id is not null") == []
    assert second is not None


async def test_other_people_are_no_repeat(
    world: Any, again: Build, accepted: Build, finder: RepeatFinder, a_person: Build
) -> None:
    await accepted(date(2016, 7, 5))
    others = (a_person(), a_person(Role.THREATENING_PERSON, serial=8))
    second = await again(date(2017, 3, 2), persons=others)
    await drain(finder)
    assert (await shown(world, second)).referral.grounds_found == ()


async def test_a_correction_is_looked_at_anew(
    world: Any, accepted: Build, finder: RepeatFinder, a_referral: Build, a_person: Build
) -> None:
    await accepted(date(2016, 7, 5))
    facts = a_referral()
    taken = await world.take(facts, sender_reference="A-1")
    await drain(finder)
    assert (await shown(world, taken.id)).referral.grounds_found == (Ground.REPEAT,)
    others = (a_person(), a_person(Role.THREATENING_PERSON, serial=8))
    await world.correct(taken.reference, replace(facts, persons=others))
    assert (await shown(world, taken.id)).repeats.state is RepeatState.WAITING
    await drain(finder)
    dossier = await shown(world, taken.id)
    assert dossier.referral.grounds_found == ()
    assert {each.finding.verdict for each in dossier.repeats.findings} == {Verdict.NO}


async def test_a_round_takes_as_many_statements_however_many_it_looks_at(
    world: Any, again: Build, finder: RepeatFinder
) -> None:
    told = []
    for count in (1, 4):
        for number in range(count):
            await again(date(2017, 3, 2 + number))
        with heard(world.database) as statements:
            assert await finder.round() == count
        told.append(len(statements))
    assert told[0] == told[1]


async def test_a_finding_is_audited_and_found_once(
    world: Any, again: Build, accepted: Build, finder: RepeatFinder
) -> None:
    await accepted(date(2016, 7, 5))
    await drain(finder)
    await again(date(2017, 3, 2))
    assert await finder.round() == 1
    assert await finder.round() == 0
    rows = await world.rows("select rule_id from audit where operation = 'find_repeats'")
    assert {row[0] for row in rows} == {"repeats-find"}
    assert len(await world.rows("select from event where type = 'referral.ground-found'")) == 1
