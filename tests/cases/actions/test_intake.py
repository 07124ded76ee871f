import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.cases.model.codes import Band, Consent, Role, Status
from services.cases.model.problems import ReferralInvalid, ReferralVersionExists
from services.cases.store import contents
from services.kit.ids import new_reference
from services.kit.problem import NotFound
from services.kit.sealed import unseal

Build = Callable[..., Any]


async def test_a_referral_is_taken_whole(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral())
    assert (taken.status, taken.band, taken.first) == (Status.AWAITING_SCREENING, Band.HIGH, True)
    assert await world.count("referral") == 1
    assert await world.count("person") == 3
    assert await world.count("participation") == 3
    [counted] = await world.rows(
        "select count(*) from person_index where kind in ('personal-code', 'name-birth')"
    )
    assert counted[0] == 6
    (assessment,) = await world.rows("select score, band, instrument, version from assessment")
    assert tuple(assessment) == (15, "high", "dash", "2026-11")
    told = await world.rows(
        "select type, stream_version, data ->> 'status' from event order by stream_version"
    )
    assert [tuple(row) for row in told] == [
        ("referral.received", 1, "RECEIVED"),
        ("referral.scored", 2, "AWAITING_SCREENING"),
        ("referral.child-notice", 3, "AWAITING_SCREENING"),
    ]
    (audit,) = await world.rows("select action, rule_id, client, fields from audit")
    assert audit["action"] == "receive"
    assert audit["client"] == "ee-dev/GOV/70008747/polis"
    assert set(audit["fields"]) == {"basic", "contact", "identity", "narrative", "risk"}


async def test_the_scorer_hears_codes_only(world: Any, a_referral: Build) -> None:
    await world.take(a_referral())
    (asked,) = world.scorer.asked
    assert set(asked) == {
        "instrument",
        "version",
        "onDate",
        "answers",
        "professionalJudgement",
        "repeat",
        "callOuts12Months",
    }
    assert asked["onDate"] == "2017-03-02"


async def test_nothing_personal_is_stored_in_clear(world: Any, a_referral: Build) -> None:
    facts = a_referral()
    await world.take(facts)
    tables = await world.rows("select tablename from pg_tables where schemaname = 'public'")
    rows = [await world.rows(f"select t::text from {table['tablename']} t") for table in tables]  # noqa: S608
    dump = "\n".join(row[0] for found in rows for row in found)
    secrets = [facts.occurrence.description, facts.victim_wishes, facts.referrer.name, facts.referrer.unit]
    for person in facts.persons:
        secrets += [person.personal_code, person.given_name, person.family_name, person.address, person.phone]
        secrets += [person.safe_contact, person.birth_date.isoformat()]
    for secret in secrets:
        assert secret not in dump
        assert secret.encode().hex() not in dump


async def test_what_is_sealed_opens_in_its_own_place_alone(world: Any, a_referral: Build) -> None:
    await world.take(a_referral())
    (key,) = await world.rows("select id, wrapped from data_key")
    data_key = world.ring.unwrap(key["id"], key["wrapped"])
    people = await world.rows("select id, sealed from participation")
    names = {
        json.loads(unseal(data_key, row["sealed"], contents.participation_place(row["id"], 1)))["givenName"]
        for row in people
    }
    assert names == {"Eesnimi1", "Eesnimi2", "Eesnimi3"}
    (referral,) = await world.rows("select id, sealed from referral")
    told = json.loads(unseal(data_key, referral["sealed"], contents.referral_place(referral["id"], 1)))
    assert told["consent"] == Consent.GIVEN
    assert told["victimWishes"] == "Soovib lahkuda."


async def test_the_same_again_is_the_same_referral(world: Any, a_referral: Build) -> None:
    first = await world.take(a_referral(), sender_reference="A-1")
    again = await world.take(a_referral(), sender_reference="A-1")
    assert (again.reference, again.first, again.band) == (first.reference, False, Band.HIGH)
    assert await world.count("referral") == await world.count("stream") == await world.count("data_key") == 1
    assert await world.count("event") == 3


@pytest.mark.parametrize("same", ["reference", "sender_reference"])
async def test_other_content_under_the_same_name_is_refused(world: Any, a_referral: Build, same: str) -> None:
    name = {same: new_reference() if same == "reference" else "A-1"}
    await world.take(a_referral(), **name)
    with pytest.raises(ReferralVersionExists):
        await world.take(a_referral(), **name, content=b"other")
    assert await world.count("referral") == 1


ONE_OR_MANY = pytest.mark.parametrize("processes", ["one", "many"])


def of(world: Any, processes: str) -> dict[str, Any]:
    """One process writes what comes at once together; several meet in the database."""
    return {"intake": world.intake} if processes == "one" else {}


@ONE_OR_MANY
async def test_of_many_at_the_same_moment_one_is_taken(world: Any, a_referral: Build, processes: str) -> None:
    facts, where = a_referral(), of(world, processes)
    taken = await asyncio.gather(*(world.take(facts, sender_reference="A-1", **where) for _ in range(12)))
    assert sum(each.first for each in taken) == 1
    assert len({each.reference for each in taken}) == 1
    assert await world.count("referral") == 1
    assert await world.count("event") == 3
    assert await world.count("person") == 3


@ONE_OR_MANY
async def test_the_same_people_at_the_same_moment_are_the_same_people(
    world: Any, a_referral: Build, processes: str
) -> None:
    facts, where = a_referral(), of(world, processes)
    turned = replace(facts, persons=tuple(reversed(facts.persons)))
    taken = await asyncio.gather(*(world.take(each, **where) for each in (facts, turned) * 6))
    assert all(each.first for each in taken)
    assert await world.count("person") == 3
    assert await world.count("participation") == 36


@ONE_OR_MANY
async def test_a_crowd_that_shares_people_gets_through(
    world: Any, a_referral: Build, a_person: Build, processes: str
) -> None:
    where = of(world, processes)
    victims = [a_person(serial=number) for number in range(6)]
    others = [a_person(Role.OTHER, serial=100 + number, born=date(1970, 1, 1)) for number in range(6)]
    crowd = [
        a_referral(victims[number % 6], *(others[(number * step + step) % 6] for step in (1, 2, 5)))
        for number in range(36)
    ]
    taken = await asyncio.gather(*(world.take(each, **where) for each in crowd))
    assert all(each.first for each in taken)
    assert await world.count("person") == 12


@ONE_OR_MANY
async def test_people_without_a_code_are_one_at_the_same_moment(
    world: Any, a_referral: Build, a_person: Build, processes: str
) -> None:
    facts, where = a_referral(a_person(personal_code=None)), of(world, processes)
    await asyncio.gather(*(world.take(facts, **where) for _ in range(6)))
    assert await world.count("person") == 1


async def test_what_comes_at_once_is_written_together_each_whole_and_told_of_by_itself(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    intake = world.intake
    crowd = [a_referral(a_person(serial=number)) for number in range(10)]
    crowd += [replace(a_referral(a_person(serial=number)), assessment=None) for number in range(10, 20)]
    taken = await asyncio.gather(*(world.take(each, intake=intake) for each in crowd))
    assert [each.band for each in taken] == [Band.HIGH] * 10 + [None] * 10
    (rows,) = await world.rows("select count(distinct xmin::text) from referral")
    assert rows[0] < 10
    assert await world.count("assessment") == 10
    assert await world.count("event") == 40 - 10
    told = await world.rows("select request_id, objects from audit where action = 'receive'")
    assert len({row["request_id"] for row in told}) == len({tuple(row["objects"]) for row in told}) == 20
    streams = await world.rows(
        "select s.version, count(*) from stream s join event e on e.stream = s.id group by s.id"
    )
    assert all(row["version"] == row["count"] for row in streams)


async def test_one_of_a_group_that_is_refused_falls_alone(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    await world.take(a_referral(), sender_reference="A-1")
    intake = world.intake
    others = [world.take(a_referral(a_person(serial=n)), intake=intake) for n in range(5)]
    bad = world.take(a_referral(), sender_reference="A-1", content=b"other", intake=intake)
    *taken, refused = await asyncio.gather(*others, bad, return_exceptions=True)
    assert all(each.first for each in taken)
    assert isinstance(refused, ReferralVersionExists)
    assert await world.count("referral") == 6


async def test_somebody_without_a_code_is_found_by_name_and_gets_the_code_later(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    person = a_person()
    await world.take(a_referral(replace(person, personal_code=None)))
    await world.take(a_referral(replace(person, given_name="EESNIMI1")))
    await world.take(a_referral(replace(person, given_name="Uus", family_name="Nimi")))
    await world.take(a_referral(replace(person, personal_code=None)))
    assert await world.count("person") == 1
    recognised = "select kind from person_index where kind in ('name-birth', 'personal-code') order by kind"
    kinds = await world.rows(recognised)
    assert [row["kind"] for row in kinds] == ["name-birth", "name-birth", "personal-code"]


async def test_namesakes_with_different_codes_are_two(world: Any, a_referral: Build, a_person: Build) -> None:
    one = a_person(serial=1)
    other = replace(a_person(serial=2), given_name=one.given_name)
    await world.take(a_referral(one))
    await world.take(a_referral(other))
    await world.take(a_referral(replace(one, personal_code=None)))
    assert await world.count("person") == 3


async def test_a_minor_goes_to_child_protection_unscored(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    taken = await world.take(a_referral(a_person(born=date(1999, 3, 3))))
    assert (taken.status, taken.band) == (Status.REDIRECTED, None)
    assert world.scorer.asked == []
    told = await world.rows("select type, data ->> 'reason' from event order by stream_version")
    assert [tuple(row) for row in told] == [
        ("referral.received", None),
        ("referral.redirected", "victim-under-18"),
        ("referral.child-notice", None),
    ]


async def test_without_an_assessment_a_person_decides(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(assessment=None))
    assert (taken.status, taken.band) == (Status.AWAITING_SCREENING, None)
    assert await world.count("assessment") == 0


@pytest.mark.parametrize("mode", ["away", "500", "401"])
async def test_without_its_scorer_a_referral_is_taken_and_waits(
    world: Any, a_referral: Build, mode: str
) -> None:
    world.scorer.mode = mode
    taken = await world.take(a_referral())
    assert (taken.status, taken.band) == (Status.RECEIVED, None)
    (row,) = await world.rows("select state, score_state, score_due_at is not null from referral")
    assert tuple(row) == ("received", "waiting", True)


async def test_a_slow_scorer_is_not_waited_for(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "slow"
    began = time.monotonic()
    taken = await world.take(a_referral())
    assert taken.status is Status.RECEIVED
    assert time.monotonic() - began < 3


async def test_what_cannot_be_scored_is_refused_where_it_is_wrong(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "refuse"
    with pytest.raises(ReferralInvalid) as caught:
        await world.take(a_referral())
    assert [error.pointer for error in caught.value.errors] == ["/assessment/answers"]
    assert await world.count("referral") == 0


async def test_a_broken_rule_stores_nothing(world: Any, a_referral: Build) -> None:
    with pytest.raises(ReferralInvalid):
        await world.take(a_referral(region="atlantis"))
    assert await world.count("referral") == await world.count("audit") == 0


async def test_nobody_sends_in_the_name_of_another(world: Any, a_referral: Build) -> None:
    permit = world.permit("take_referral", "intake", "ee-dev/GOV/70009770/star")
    world.permit = lambda *_: permit
    with pytest.raises(NotFound):
        await world.take(a_referral(), client="ee-dev/GOV/70008747/polis")


async def test_the_threatening_person_and_children_are_told_apart(world: Any, a_referral: Build) -> None:
    await world.take(a_referral())
    rows = await world.rows("select role, relation, age_band, sex from participation order by role")
    assert [tuple(row) for row in rows] == [
        (Role.CHILD, "child", "7-13", "female"),
        (Role.THREATENING_PERSON, "partner", "25-34", "male"),
        (Role.VICTIM, None, "25-34", "female"),
    ]
