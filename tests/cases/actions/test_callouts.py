"""Call-outs of the police: asked about after receipt, kept, and a ground where there were enough."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.cases.actions import reading
from services.cases.model.codes import Ground, Role

Build = Callable[..., Any]
DAYS = ["2016-06-01", "2017-01-15", "2017-03-02"]
_STATE = "select callouts_state, callouts_tries, grounds_found, version, callouts_due_at from referral"
_DUE = "update referral set callouts_due_at = now() - interval '1 second' where callouts_state = 'waiting'"


async def taken(world: Any, facts: Any, *days: str) -> Any:
    world.exchange.days = {
        person.personal_code: list(days) for person in facts.persons if person.role is Role.THREATENING_PERSON
    }
    await world.take(facts)
    await world.rows(_DUE)
    return facts


async def shown(world: Any) -> Any:
    (row,) = await world.rows("select id from referral")
    async with world.work(world.permit_of("coordinator", "get_referral", region="polva")) as work:
        return (await reading.get_referral(work, world.ring, row["id"])).what


async def test_three_call_outs_in_twelve_months_are_a_ground(world: Any, a_referral: Build) -> None:
    facts = await taken(world, a_referral(), *DAYS, "2016-03-02", "2017-03-03")
    assert await world.asker.round(5) == 1
    (row,) = await world.rows(_STATE)
    assert tuple(row) == ("known", 1, ["potential-escalation"], 2, None)
    [asked] = world.exchange.asked
    assert (asked["since"], asked["until"]) == ("2016-03-03", "2017-03-03")
    assert asked["victim"] == facts.persons[0].personal_code
    (event,) = await world.rows("select data from event where type = 'referral.ground-found'")
    assert '"ground": "potential-escalation"' in event["data"]
    assert not any(day in event["data"] for day in DAYS[:2])
    assert await world.asker.round(5) == 0


async def test_a_person_sees_the_ground_with_where_it_comes_from(world: Any, a_referral: Build) -> None:
    await taken(world, a_referral(), *DAYS)
    await world.asker.round(5)
    dossier = await shown(world)
    assert set(dossier.referral.grounds) == {Ground.VISIBLE_HIGH_RISK, Ground.POTENTIAL_ESCALATION}
    found = dossier.call_outs
    [about] = found.answers
    assert about.source == "ee-dev/GOV/70008747/polis"
    assert list(about.days) == [date.fromisoformat(day) for day in DAYS]
    assert (found.rule, found.settled_at) == (world.catalog.call_outs.version, world.clock.now())


async def test_two_call_outs_are_known_and_no_ground(world: Any, a_referral: Build) -> None:
    await taken(world, a_referral(), *DAYS[:2])
    await world.asker.round(5)
    (row,) = await world.rows(_STATE)
    assert tuple(row) == ("known", 1, [], 1, None)
    assert await world.rows("select from event where type = 'referral.ground-found'") == []


async def test_days_are_sealed_and_codes_are_nowhere(world: Any, a_referral: Build) -> None:
    facts = await taken(world, a_referral(), *DAYS)
    await world.asker.round(5)
    rows = str([dict(one) for one in await world.rows("select * from referral")])
    rows += str([dict(one) for one in await world.rows("select * from audit")])
    assert DAYS[1] not in rows
    assert not any(person.personal_code in rows for person in facts.persons)


@pytest.mark.parametrize("mode", ["away", "503", "500", "403"])
async def test_while_it_cannot_be_had_the_referral_goes_on_and_says_so(
    world: Any, a_referral: Build, mode: str
) -> None:
    await taken(world, a_referral(), *DAYS)
    world.exchange.mode = mode
    assert await world.asker.round(5) == 1
    dossier = await shown(world)
    assert (dossier.call_outs.state.value, dossier.call_outs.tries) == ("waiting", 1)
    assert dossier.referral.status.value == "AWAITING_SCREENING"
    assert await world.asker.round(5) == 0  # not before its next turn
    world.exchange.mode = "ok"
    await world.rows(_DUE)
    await world.asker.round(5)
    (row,) = await world.rows(_STATE)
    assert tuple(row)[:3] == ("known", 2, ["potential-escalation"])


async def test_who_stays_away_is_asked_less_and_less(world: Any, a_referral: Build) -> None:
    await taken(world, a_referral())
    world.exchange.mode = "away"
    waits = []
    for _ in range(12):
        await world.rows(_DUE)
        await world.asker.round(5)
        (row,) = await world.rows("select extract(epoch from callouts_due_at - now()) from referral")
        waits.append(float(row[0]))
    assert waits[0] < 3
    assert 600 < waits[-1] <= 900 * 1.25


async def test_a_refusal_is_said_and_not_repeated(world: Any, a_referral: Build) -> None:
    await taken(world, a_referral(), *DAYS)
    world.exchange.mode = "409"
    await world.asker.round(5)
    assert (await shown(world)).call_outs.state.value == "refused"
    await world.rows(_DUE)
    assert await world.asker.round(5) == 0


@pytest.mark.parametrize("nameless", [Role.VICTIM, Role.THREATENING_PERSON])
async def test_without_both_codes_nobody_is_asked(
    world: Any, a_referral: Build, a_person: Build, nameless: Role
) -> None:
    persons = [a_person(), a_person(Role.THREATENING_PERSON, serial=2)]
    facts = a_referral(
        *(replace(one, personal_code=None) if one.role is nameless else one for one in persons)
    )
    await taken(world, facts)
    await world.asker.round(5)
    assert (await shown(world)).call_outs.state.value == "not-possible"
    assert world.exchange.asked == []


async def test_nobody_is_asked_about_a_minor_victim(world: Any, a_referral: Build, a_person: Build) -> None:
    """Her referral goes to child protection: the network has no use for the answer."""
    minor = a_person(born=date(2003, 1, 1))
    await taken(world, a_referral(minor, a_person(Role.THREATENING_PERSON, serial=2)))
    await world.asker.round(5)
    assert (await shown(world)).call_outs.state.value == "not-needed"
    assert world.exchange.asked == []


async def test_each_threatening_person_is_asked_about(world: Any, a_referral: Build, a_person: Build) -> None:
    two = [a_person(Role.THREATENING_PERSON, serial=number) for number in (2, 3)]
    facts = a_referral(a_person(), *two)
    await world.take(facts)
    await world.rows(_DUE)
    world.exchange.days = {two[0].personal_code: DAYS[:2], two[1].personal_code: DAYS[:2]}
    await world.asker.round(5)
    assert {asked["threateningPerson"] for asked in world.exchange.asked} == {
        one.personal_code for one in two
    }
    (row,) = await world.rows(_STATE)
    assert tuple(row)[:3] == ("known", 1, [])  # two about each are not four about one


async def test_no_transaction_is_open_while_the_police_are_asked(world: Any, a_referral: Build) -> None:
    await taken(world, a_referral(), *DAYS)
    seen: list[Any] = []

    async def look() -> None:
        seen.extend(
            await world.rows(
                "select state from pg_stat_activity where usename like '%app' and state like 'idle in%'"
            )
        )

    world.exchange.meanwhile = look
    await world.asker.round(5)
    assert world.exchange.asked
    assert seen == []


async def test_two_workers_ask_once(world: Any, a_referral: Build) -> None:
    for number in range(6):
        await world.take(a_referral(), sender_reference=f"s-{number}")
    await world.rows(_DUE)
    asker = world.asker
    assert sum(await asyncio.gather(asker.round(5), asker.round(5))) == 6
    assert len(world.exchange.asked) == 6


async def test_that_it_was_asked_is_written_down_before(world: Any, a_referral: Build) -> None:
    await taken(world, a_referral(), *DAYS)
    world.exchange.mode = "away"
    for _ in range(2):
        await world.rows(_DUE)
        await world.asker.round(5)
    rows = await world.rows("select action, purpose from audit where operation = 'ask_call_outs'")
    assert [tuple(row) for row in rows] == [("disclose", "intake")] * 2
    told = await world.rows("select receiver_code, receiver_system from disclosure")
    assert [tuple(row) for row in told] == [("70008747", "polis")] * 2  # two people, however often asked


async def test_a_correction_is_asked_about_anew(world: Any, a_referral: Build, a_person: Build) -> None:
    """The ground was about other people, perhaps: it stands only if it is found again."""
    await taken(world, a_referral(), *DAYS)
    await world.asker.round(5)
    (row,) = await world.rows("select reference, sender_reference from referral")
    other = a_person(Role.THREATENING_PERSON, serial=9)
    corrected = a_referral(a_person(), other)
    await world.correct(row["reference"], corrected, sender_reference=row["sender_reference"])
    dossier = await shown(world)
    assert (dossier.call_outs.state.value, dossier.referral.grounds_found) == ("waiting", ())
    await world.rows(_DUE)
    await world.asker.round(5)
    assert world.exchange.asked[-1]["threateningPerson"] == other.personal_code
    (row,) = await world.rows(_STATE)
    assert tuple(row)[:3] == ("known", 1, [])


async def test_an_answer_about_what_was_corrected_meanwhile_does_not_count(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    await taken(world, a_referral(), *DAYS)
    (row,) = await world.rows("select reference, sender_reference from referral")
    corrected = a_referral(a_person(), a_person(Role.THREATENING_PERSON, serial=9))

    async def correct() -> None:
        world.exchange.meanwhile = None
        await world.correct(row["reference"], corrected, sender_reference=row["sender_reference"])

    world.exchange.meanwhile = correct
    await world.asker.round(5)
    (stands,) = await world.rows(_STATE)
    assert tuple(stands)[:3] == ("waiting", 0, [])
