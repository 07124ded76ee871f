"""Child protection is told of children, whatever becomes of the referral, unless a person stops it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.cases.actions.children import ChildProtection
from services.cases.model.children import NoticeDecision
from services.cases.model.codes import ChildNoticeState, Consent, Role
from services.cases.model.duties import DutyFilters, DutyStanding, Thing
from services.cases.model.problems import ChildNoticeSettled, ChildNoticeStopped, MunicipalityUnknown
from services.kit.calendar import local_date
from services.kit.problem import Malformed, NotFound
from tests.cases.actions.test_duties import inbox, screen

Build = Callable[..., Any]
NUMBERS = """
    select e.id, cast(one ->> 'number' as uuid) as number, cast(one ->> 'version' as integer) as version
    from event e cross join jsonb_array_elements(e.data -> 'notices') as one
    where e.type = 'referral.child-notice' order by e.stream_version, number
"""


class Office:
    """The three ways to speak of notices: the exchange asks, a coordinator reads and decides."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.protection = ChildProtection(world.catalog, world.ring, world.discloser)

    async def tell(self, event: UUID, number: UUID) -> Any:
        permit = self.world.permit("get_child_notice", "delivery", "worker:delivery")
        async with self.world.work(permit) as work:
            return await self.protection.tell(work, event, number)

    async def listed(self, referral: UUID) -> Any:
        async with self.world.work(self._own("list_child_notices")) as work:
            return await self.protection.of_referral(work, referral)

    async def stop(self, referral: UUID, number: UUID, reason: str = "told-otherwise") -> None:
        async with self.world.work(self._own("stop_child_notice")) as work:
            await self.protection.stop(work, referral, number, reason, "Helistasin.")

    async def locate(self, referral: UUID, number: UUID, region: str = "polva") -> None:
        async with self.world.work(self._own("locate_child", region)) as work:
            await self.protection.locate(work, referral, number, "0184")

    async def decide(self, referral: UUID, number: UUID, code: str, on: date, agency: str = "") -> None:
        permit = self._own("record_child_decision")
        if agency:
            bounds = {"region": "polva", "agency": agency}
            permit = self.world.permit_of("agency-member", "record_child_decision", **bounds)
        async with self.world.work(permit) as work:
            await self.protection.decide(work, referral, number, NoticeDecision(code, on))

    def _own(self, operation: str, region: str = "polva") -> Any:
        return self.world.permit_of("coordinator", operation, region=region)


@pytest.fixture
def office(world: Any) -> Office:
    return Office(world)


async def test_each_child_is_announced_whatever_consent_and_score(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    one, two = a_person(Role.CHILD, serial=3), a_person(Role.CHILD, serial=4, municipality="0184")
    teenager = a_person(Role.OTHER, serial=5, born=date(2001, 1, 1))
    grown = a_person(Role.OTHER, serial=6)
    facts = a_referral(a_person(), one, two, teenager, grown, consent=Consent.REFUSED, assessment=None)
    await world.take(facts)
    found = await world.rows(NUMBERS)
    children = await world.rows("select id from participation where age_band in ('7-13', '14-17')")
    assert {row["number"] for row in found} == {row["id"] for row in children}
    assert [row["version"] for row in found] == [1, 1, 1]
    assert len({row["id"] for row in found}) == 1


async def test_a_minor_victim_is_announced_and_a_minor_who_threatens_is_not(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    young = a_person(Role.THREATENING_PERSON, serial=2, born=date(2001, 1, 1))
    await world.take(a_referral(a_person(born=date(1999, 3, 3)), young))
    (found,) = await world.rows(NUMBERS)
    (victim,) = await world.rows("select id from participation where role = 'victim'")
    assert found["number"] == victim["id"]


async def test_of_adults_nothing_is_announced(world: Any, a_referral: Build, a_person: Build) -> None:
    await world.take(a_referral(a_person(), a_person(Role.OTHER, serial=2, born=date(1999, 3, 2))))
    assert await world.rows(NUMBERS) == []


async def test_the_municipality_is_told_of_the_child_and_of_nobody_else(
    world: Any, a_referral: Build, a_person: Build, office: Office
) -> None:
    taken = await world.take(a_referral(a_person(), a_person(Role.CHILD, serial=3)))
    (found,) = await world.rows(NUMBERS)
    told = await office.tell(found["id"], found["number"])
    child = a_person(Role.CHILD, serial=3)
    assert told.municipality == "0698"
    assert told.fields == {
        "kind": "submitChildNotice",
        "number": found["number"],
        "version": 1,
        "reference": taken.reference,
        "municipality": "0698",
        "role": Role.CHILD,
        "referredOn": date(2017, 3, 2),
        "occurredAt": "2017-03-01T20:30:00Z",
        "personalCode": child.personal_code,
        "birthDate": child.birth_date,
        "givenName": child.given_name,
        "familyName": child.family_name,
        "sex": child.sex,
        "address": child.address,
    }
    assert set(told.fields) == world.catalog.child_notice.fields


async def test_what_no_event_announced_is_not_found(world: Any, a_referral: Build, office: Office) -> None:
    await world.take(a_referral())
    (found,) = await world.rows(NUMBERS)
    (received,) = await world.rows("select id from event where type = 'referral.received'")
    for event, number in (
        (uuid4(), found["number"]),
        (received["id"], found["number"]),
        (found["id"], uuid4()),
    ):
        with pytest.raises(NotFound):
            await office.tell(event, number)


async def test_what_a_person_stopped_does_not_leave(world: Any, a_referral: Build, office: Office) -> None:
    taken = await world.take(a_referral())
    (found,) = await world.rows(NUMBERS)
    await office.stop(taken.id, found["number"])
    with pytest.raises(ChildNoticeStopped):
        await office.tell(found["id"], found["number"])
    [item] = (await office.listed(taken.id)).items
    assert (item.notice.state, item.notice.reason, item.note) == (
        ChildNoticeState.STOPPED,
        "told-otherwise",
        "Helistasin.",
    )
    with pytest.raises(ChildNoticeSettled):
        await office.stop(taken.id, found["number"])
    (row,) = await world.rows("select action, rule_id from audit where operation = 'stop_child_notice'")
    assert tuple(row) == ("update", "region-children")


async def test_what_has_left_is_not_stopped_and_may_be_read_again(
    world: Any, a_referral: Build, office: Office
) -> None:
    taken = await world.take(a_referral())
    (found,) = await world.rows(NUMBERS)
    first = await office.tell(found["id"], found["number"])
    assert (await office.tell(found["id"], found["number"])).fields == first.fields
    with pytest.raises(ChildNoticeSettled):
        await office.stop(taken.id, found["number"])
    [item] = (await office.listed(taken.id)).items
    assert item.notice.state is ChildNoticeState.LEFT


async def test_of_leaving_and_stopping_at_the_same_moment_one_happens(
    world: Any, a_referral: Build, office: Office
) -> None:
    for _ in range(4):
        taken = await world.take(a_referral())
    for found in await world.rows(NUMBERS):
        [row] = await world.rows("select referral_id from participation where id = $1", found["number"])
        done = await asyncio.gather(
            office.tell(found["id"], found["number"]),
            office.stop(row["referral_id"], found["number"]),
            return_exceptions=True,
        )
        assert sum(isinstance(each, Exception) for each in done) == 1, done
    assert taken.first


async def test_a_reason_that_is_not_published_stops_nothing(
    world: Any, a_referral: Build, office: Office
) -> None:
    taken = await world.take(a_referral())
    (found,) = await world.rows(NUMBERS)
    with pytest.raises(Malformed):
        await office.stop(taken.id, found["number"], "because")
    assert await world.count("child_notice") == 0


async def test_without_a_municipality_it_waits_for_a_person_and_no_other_child_does(
    world: Any, a_referral: Build, a_person: Build, office: Office
) -> None:
    lost = replace(a_person(Role.CHILD, serial=4), municipality=None)
    taken = await world.take(a_referral(a_person(), a_person(Role.CHILD, serial=3), lost))
    (unknown,) = await world.rows("select id from participation where municipality is null")
    first = await world.rows(NUMBERS)
    for found in first:
        if found["number"] == unknown["id"]:
            with pytest.raises(MunicipalityUnknown):
                await office.tell(found["id"], found["number"])
        else:
            await office.tell(found["id"], found["number"])
    with pytest.raises(NotFound):
        await office.locate(taken.id, unknown["id"], "valga")
    await office.locate(taken.id, unknown["id"])
    *_, again = await world.rows(NUMBERS)
    assert (again["number"], again["version"]) == (unknown["id"], 1)
    for event in (first[0]["id"], again["id"]):
        assert (await office.tell(event, unknown["id"])).municipality == "0184"
    with pytest.raises(ChildNoticeSettled):
        await office.locate(taken.id, unknown["id"])


async def test_a_coordinator_of_another_region_finds_nothing(
    world: Any, a_referral: Build, office: Office
) -> None:
    taken = await world.take(a_referral())
    permit = world.permit_of("coordinator", "list_child_notices", region="valga")
    async with world.work(permit) as work:
        with pytest.raises(NotFound):
            await office.protection.of_referral(work, taken.id)


async def test_several_leave_in_one_transaction_each_by_itself(
    world: Any, a_referral: Build, a_person: Build, office: Office
) -> None:
    """Of one that is stopped, one without a municipality, and one unknown, nothing leaves."""
    stopped = await world.take(a_referral(a_person(), a_person(Role.CHILD, serial=3)))
    await world.take(a_referral(a_person(serial=7), a_person(Role.CHILD, serial=4, municipality=None)))
    await world.take(a_referral(a_person(serial=8), a_person(Role.CHILD, serial=5)))
    rows = await world.rows("""
        select e.id, cast(one ->> 'number' as uuid) as number, p.municipality, p.referral_id
        from event e cross join jsonb_array_elements(e.data -> 'notices') as one
        join participation p on p.id = cast(one ->> 'number' as uuid)
    """)
    by = {"lost" if row["municipality"] is None else row["referral_id"]: row for row in rows}
    first, lost = by.pop(stopped.id), by.pop("lost")
    (fine,) = by.values()
    await office.stop(stopped.id, first["number"])
    asked = [(row["id"], row["number"]) for row in (first, fine, lost)]
    mixed = [*asked, (fine["id"], lost["number"]), (uuid4(), uuid4()), asked[1]]
    permit = world.permit("get_child_notice", "delivery", "worker:delivery")
    async with world.work(permit) as work:
        told = await office.protection.tell_all(work, mixed)
    assert [getattr(one, "slug", None) for one in told] == [
        "child-notice-stopped",
        None,
        "municipality-unknown",
        "not-found",
        "not-found",
        None,
    ]
    assert told[1] == told[5]
    assert told[1].fields["number"] == fine["number"]
    left = await world.rows("select number from child_notice where state = 'left'")
    assert [row["number"] for row in left] == [fine["number"]]
    assert len(await world.rows("select 1 from disclosure")) == 1
    assert await office.tell(fine["id"], fine["number"]) == told[1]


async def test_the_municipality_has_ten_days_and_its_decision_is_written_down(
    world: Any, a_referral: Build, office: Office
) -> None:
    taken = await world.take(a_referral())
    (found,) = await world.rows(NUMBERS)
    number, today = found["number"], local_date(world.clock.now())
    with pytest.raises(ChildNoticeSettled):  # it has not left
        await office.decide(taken.id, number, "not-opened", today)
    await office.tell(found["id"], number)
    waiting = DutyFilters(clock="child-notice-decision")
    [duty] = await inbox(world, filters=waiting)
    assert (duty.about.thing, duty.about.id, duty.waits.role) == (Thing.CHILD_NOTICE, number, "coordinator")
    assert duty.term.due_on >= today + timedelta(days=10)
    [item] = (await office.listed(taken.id)).items
    assert (item.term, item.notice.decision) == (duty.term, None)
    world.clock.advance(timedelta(days=20))
    [late] = await inbox(world, filters=waiting)
    assert late.standing is DutyStanding.OVERDUE
    wrong = [
        ("nothing", today),
        ("forwarded", today + timedelta(days=21)),
        ("forwarded", today - timedelta(1)),
    ]
    for code, on in wrong:
        with pytest.raises(Malformed):
            await office.decide(taken.id, number, code, on)
    await office.decide(taken.id, number, "forwarded", today + timedelta(days=11))
    await office.decide(taken.id, number, "forwarded", today + timedelta(days=11))
    assert await inbox(world, filters=waiting) == []
    [item] = (await office.listed(taken.id)).items
    assert item.notice.decision == NoticeDecision("forwarded", today + timedelta(days=11))
    await office.tell(found["id"], number)  # told once more it is not asked for once more
    assert await inbox(world, filters=waiting) == []
    assert len(await world.rows("select * from child_decision")) == 1


async def test_child_protection_tells_of_a_decision_where_it_takes_part(
    world: Any, a_referral: Build, office: Office
) -> None:
    taken = await world.take(a_referral())
    (found,) = await world.rows(NUMBERS)
    number, today = found["number"], local_date(world.clock.now())
    await office.tell(found["id"], number)
    with pytest.raises(NotFound):
        await office.decide(taken.id, number, "not-opened", today, "local-government")
    await screen(world, taken.reference, "local-government")
    with pytest.raises(NotFound):
        await office.decide(taken.id, number, "not-opened", today, "probation")
    await office.decide(taken.id, number, "not-opened", today, "local-government")
    await office.decide(taken.id, number, "proceedings-opened", today)  # the later holds, the first stays
    rows = await world.rows("select decision from child_decision order by place")
    assert [row["decision"] for row in rows] == ["not-opened", "proceedings-opened"]
