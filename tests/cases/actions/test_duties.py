"""What waits for whom begins and ends with the fact, in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.cases.actions import duties
from services.cases.actions.children import ChildProtection
from services.cases.actions.duties import Duties
from services.cases.model.codes import Decision, Role
from services.cases.model.duties import About, Duty, DutyFilters, DutyStanding, Outcome, Thing, Waits
from services.cases.model.ids import ReferralId
from services.cases.model.states import Screening
from services.kit.paging import Place
from services.kit.policy import Appointment, Caller
from tests.cases.statements import heard

Build = Callable[..., Any]
ALL = DutyFilters()
COORDINATOR = ("coordinator", {"region": "polva"})
CHAIR = ("chair", {"region": "polva"})
POLICE = ("agency-member", {"region": "polva", "agency": "police"})
PROBATION = ("agency-member", {"region": "polva", "agency": "probation"})


async def inbox(world: Any, seat: Any = COORDINATOR, filters: DutyFilters = ALL, **rest: Any) -> list[Duty]:
    role, attributes = seat
    caller = Caller.member(rest.pop("subject", f"{role}-1"), (Appointment(role, attributes),))
    permit = world.policy.permit(caller, "list_duties", "case-work")
    async with world.work(permit) as work:
        shown = await duties.inbox(work, filters, rest.pop("after", None), rest.pop("most", 50))
        return list(shown.what.items)


async def kept(world: Any) -> list[tuple[str, str]]:
    rows = await world.rows("select clock, state from duty order by clock, state")
    return [(row[0], row[1]) for row in rows]


async def screen(world: Any, reference: str, *agencies: str, undone: bool = False) -> Any:
    referral = await world.referral_id(reference)
    screening = Screening(Decision.ACCEPT, None, None, agencies)
    async with world.work(world.permit_of("coordinator", "screen_referral", region="polva")) as work:
        await world.screener.screen(work, referral, screening, 1)
        if undone:
            raise RuntimeError("undone")
    return referral


async def waits(world: Any, referral: Any, clock: str = "screening", **whom: Any) -> About:
    """Something that waits about a referral, as another part of the case work would let it wait."""
    about = About(Thing.REFERRAL, whom.pop("thing", uuid4()), "polva", referral=ReferralId(referral))
    happened = whom.pop("happened", world.clock.now().date())
    async with world.work(world.permit_of("coordinator", "screen_referral", region="polva")) as work:
        await Duties(world.catalog.clocks).open(work, clock, about, Waits(**whom), happened)
    return about


async def test_a_referral_waits_for_its_screening(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(referred_on=date(2017, 5, 2)))
    [duty] = await inbox(world)
    assert (duty.clock, duty.about.id) == ("screening", await world.referral_id(taken.reference))
    assert (duty.term.due_on, duty.standing) == (date(2017, 5, 9), DutyStanding.DUE)
    assert duty.term.warn_on == date(2017, 5, 8)


async def test_screening_ends_it_in_the_same_transaction(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral())
    with pytest.raises(RuntimeError, match="undone"):
        await screen(world, taken.reference, undone=True)
    assert await kept(world) == [("screening", "open")]
    await screen(world, taken.reference)
    assert await kept(world) == [("safety-plan", "open"), ("screening", "done")]
    [done] = await inbox(world, filters=DutyFilters(standing=DutyStanding.DONE))
    assert (done.standing, done.settled_on) == (DutyStanding.DONE, date(2017, 5, 4))
    assert [one.clock for one in await inbox(world)] == ["safety-plan"]


async def test_who_is_under_age_waits_for_no_screening(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    await world.take(a_referral(a_person(born=date(2005, 1, 1)), a_person(Role.THREATENING_PERSON, serial=2)))
    assert await kept(world) == []


async def test_a_corrected_referral_waits_as_long_as_it_did(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    before = await world.rows("select id, due_on from duty")
    world.clock.advance(timedelta(days=1))
    await world.correct(taken.reference, a_referral(victim_wishes="Soovib jääda."))
    assert await world.rows("select id, due_on from duty") == before


async def test_what_a_correction_makes_needless_is_dropped(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    people = (a_person(), a_person(Role.THREATENING_PERSON, serial=2), a_person(Role.CHILD, serial=3))
    lost = replace(people[2], municipality=None)
    taken = await world.take(a_referral(*people[:2], lost), sender_reference="A-1")
    assert await kept(world) == [("child-residence", "open"), ("screening", "open")]
    await world.correct(taken.reference, a_referral(*people))
    assert await kept(world) == [("child-residence", "dropped"), ("screening", "open")]


async def test_a_child_without_a_municipality_waits_for_somebody_who_knows(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    child = a_person(Role.CHILD, serial=3, municipality=None)
    taken = await world.take(a_referral(a_person(), a_person(Role.THREATENING_PERSON, serial=2), child))
    [first, _] = await inbox(world)
    assert (first.clock, first.about.thing) == ("child-residence", Thing.CHILD_NOTICE)
    protection = ChildProtection(world.catalog, world.ring, world.discloser)
    async with world.work(world.permit_of("coordinator", "locate_child", region="polva")) as work:
        await protection.locate(work, await world.referral_id(taken.reference), first.about.id, "0698")
    assert await kept(world) == [("child-residence", "done"), ("screening", "open")]


async def test_what_is_late_comes_to_the_coordinator(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral())
    referral = await screen(world, taken.reference, "police")
    await waits(world, referral, role="agency-member", agency="police")
    assert [duty.clock for duty in await inbox(world, POLICE)] == ["screening"]
    assert await inbox(world, PROBATION) == []
    screenings = DutyFilters(clock="screening")
    assert await inbox(world, filters=screenings) == []
    world.clock.advance(timedelta(days=14))
    [mine], [late] = await inbox(world, POLICE), await inbox(world, filters=screenings)
    assert mine.id == late.id
    assert (late.escalated, late.standing, late.waits.agency) == (True, DutyStanding.OVERDUE, "police")


async def test_what_happened_long_ago_is_overdue_in_silence(world: Any, a_referral: Build) -> None:
    world.clock.advance(timedelta(days=60))
    taken = await world.take(a_referral())
    [duty] = await inbox(world)
    assert (duty.term.warn_on, duty.term.escalate_on) == (None, None)
    assert await world.referral_id(taken.reference) == duty.about.id


async def test_by_name_it_waits_for_one_member_alone(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral())
    referral = await screen(world, taken.reference, "police")
    member = uuid4()
    await world.rows("insert into member values ($1, 'agency-member-1', now())", member)
    await waits(world, referral, role="agency-member", agency="police", member=member)
    [duty] = await inbox(world, POLICE)
    assert duty.mine
    assert await inbox(world, POLICE, subject="agency-member-2") == []


async def test_an_agency_outside_the_case_hears_of_nothing(world: Any, a_referral: Build) -> None:
    """Row-level security has the case's word, whatever is written in the duty."""
    taken = await world.take(a_referral())
    referral = await screen(world, taken.reference, "police")
    await waits(world, referral, role="agency-member", agency="probation")
    assert await inbox(world, PROBATION) == []


async def test_one_agency_settles_its_own(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral())
    referral = await screen(world, taken.reference, "police", "probation")
    thing = uuid4()
    for agency in ("police", "probation", "police"):
        await waits(world, referral, thing=thing, role="agency-member", agency=agency)
    assert await world.count("duty") == 4  # screening, safety plan, one for each agency: once is enough
    async with world.work(world.permit_of("coordinator", "screen_referral", region="polva")) as work:
        await Duties(world.catalog.clocks).settle(
            work, thing, "screening", outcome=Outcome.DROPPED, agency="police"
        )
    assert await inbox(world, POLICE) == []
    assert len(await inbox(world, PROBATION)) == 1


async def test_counts_are_what_the_lists_hold(world: Any, a_referral: Build) -> None:
    for _ in range(3):
        await world.take(a_referral())
    world.clock.advance(timedelta(days=6))
    for _ in range(2):
        await world.take(a_referral())
    async with world.work(world.permit_of("coordinator", "count_duties", region="polva")) as work:
        [counted] = (await duties.counts(work)).what
    everything = await inbox(world)
    overdue = [one for one in everything if one.standing is DutyStanding.OVERDUE]
    assert (counted.open, counted.overdue, counted.escalated) == (5, len(overdue), 0) == (5, 3, 0)
    for standing in DutyStanding:
        asked = await inbox(world, filters=DutyFilters(standing=standing))
        assert asked == [one for one in everything if one.standing is standing]


async def test_pages_follow_each_other_by_the_day(world: Any, a_referral: Build) -> None:
    for days in range(3):
        await world.take(a_referral())
        world.clock.advance(timedelta(days=days))
    whole = await inbox(world)
    assert [one.term.due_on for one in whole] == sorted(one.term.due_on for one in whole)
    first = await inbox(world, most=2)
    rest = await inbox(world, after=Place(first[-1].term.due_on, first[-1].id))
    assert [*first, *rest] == whole


async def test_an_inbox_is_one_statement_however_long_it_is(world: Any, a_referral: Build) -> None:
    asked = []
    for _ in range(2):
        await world.take(a_referral())
        with heard(world.database) as told:
            await inbox(world)
        asked.append(len(told))
    assert asked[0] == asked[1]
