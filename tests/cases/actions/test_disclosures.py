"""Whatever is told of somebody leaves one row without the data, in the transaction in which it is told."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.cases.actions.children import ChildProtection
from services.cases.model.codes import Role
from services.cases.model.problems import ChildNoticeStopped
from services.kit import keys, personal_code
from services.kit.sealed import BlindIndex

Build = Callable[..., Any]
NUMBERS = """
    select e.id, cast(one ->> 'number' as uuid) as number
    from event e cross join jsonb_array_elements(e.data -> 'notices') as one
    where e.type = 'referral.child-notice' order by e.stream_version, number
"""


@pytest.fixture
def tell(world: Any) -> Build:
    """Child protection asks for all notices that are due."""

    async def run() -> list[Any]:
        protection = ChildProtection(world.catalog, world.ring, world.discloser)
        told = []
        for due in await world.rows(NUMBERS):
            async with world.work(world.permit("get_child_notice", "delivery", "worker:delivery")) as work:
                told.append(await protection.tell(work, due["id"], due["number"]))
        return told

    return run


async def _rows(world: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await world.rows("select * from disclosure order by source")]


async def test_a_notice_about_a_child_is_one_disclosure_of_the_child(
    world: Any, a_referral: Build, a_person: Build, tell: Build, key_folder: Any
) -> None:
    code = personal_code.make(date(2009, 3, 1), "female", 77)
    await world.take(a_referral(a_person(), a_person(Role.CHILD, serial=3, personal_code=code)))
    await tell()
    (row,) = await _rows(world)
    (due,) = await world.rows(NUMBERS)
    (case,) = await world.rows("select case_id from referral")
    shared = BlindIndex(keys.load_secret(key_folder, keys.DISCLOSURES))
    assert row.pop("id")
    assert row == {
        "subject": shared.of("personal-code", code),
        "receiver_code": "70009770",
        "receiver_system": "star",
        "receiver_name": "Sotsiaalteenuste ja -toetuste andmeregister STAR",
        "action": "Teade lapse elukohajärgsele lastekaitsele",
        "case_handle": world.discloser.handle(case[0]),
        "occurred_at": world.clock.now(),
        "source": f"submitChildNotice/{due['number']}/1",
    }


async def test_the_key_is_not_that_by_which_people_are_matched(
    world: Any, a_referral: Build, tell: Build
) -> None:
    await world.take(a_referral())
    await tell()
    matched = {row[0] for row in await world.rows("select value from person_index")}
    assert not matched & {row["subject"] for row in await _rows(world)}


async def test_the_same_notice_told_again_is_the_same_disclosure(
    world: Any, a_referral: Build, tell: Build
) -> None:
    await world.take(a_referral())
    await tell()
    before = await _rows(world)
    await tell()
    assert await _rows(world) == before


async def test_each_child_is_a_disclosure_of_its_own(
    world: Any, a_referral: Build, a_person: Build, tell: Build
) -> None:
    children = [a_person(Role.CHILD, serial=serial) for serial in (3, 4, 5)]
    await world.take(a_referral(a_person(), *children))
    await tell()
    rows = await _rows(world)
    assert {row["subject"] for row in rows} == {
        world.discloser.subject(each.personal_code) for each in children
    }
    assert len(rows) == 3
    assert len({row["case_handle"] for row in rows}) == 1


async def test_who_has_no_code_is_disclosed_and_cannot_be_asked_for(
    world: Any, a_referral: Build, a_person: Build, tell: Build
) -> None:
    await world.take(a_referral(a_person(), a_person(Role.CHILD, serial=3, personal_code=None)))
    await tell()
    (row,) = await _rows(world)
    (person,) = await world.rows("select person_id from participation where role = 'child'")
    assert row["subject"] == world.discloser.index.of("person", str(person[0]))


async def test_d10_what_was_stopped_is_no_disclosure(world: Any, a_referral: Build, tell: Build) -> None:
    await world.take(a_referral())
    (due,) = await world.rows(NUMBERS)
    protection = ChildProtection(world.catalog, world.ring, world.discloser)
    (referral,) = await world.rows("select id from referral")
    async with world.work(world.permit_of("coordinator", "stop_child_notice", region="polva")) as work:
        await protection.stop(work, referral[0], due["number"], "told-otherwise", None)
    with pytest.raises(ChildNoticeStopped):
        await tell()
    assert await _rows(world) == []


async def test_a_disclosure_holds_nothing_of_what_was_told(
    world: Any, a_referral: Build, tell: Build
) -> None:
    await world.take(a_referral())
    (told,) = await tell()
    text = str(await _rows(world))
    for name in ("personalCode", "givenName", "familyName", "address", "reference"):
        assert told.fields[name] not in text


async def test_whoever_discloses_reads_no_disclosure(world: Any, a_referral: Build, tell: Build) -> None:
    await world.take(a_referral())
    await tell()
    async with world.work(world.permit("get_child_notice", "delivery", "worker:delivery")) as work:
        assert await work.fetch("select 1 from disclosure") == []
