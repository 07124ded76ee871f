"""Reading: the right rows, each by its own decision, with a number of queries that does not grow."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.cases.actions import reading
from services.cases.model.codes import Decision, Role
from services.cases.model.states import Screening
from services.cases.store.listing import Filters
from services.kit.paging import Place
from services.kit.policy import Appointment, Caller, Permit
from services.kit.problem import NotFound
from tests.cases.statements import heard

Build = Callable[..., Any]
ALL = Filters()


@pytest.fixture
def accepted(world: Any, a_referral: Build) -> Build:
    async def run(*persons: Any, region: str = "polva", agencies: tuple[str, ...] = ("police",)) -> Any:
        """A case: its referral's id and its own."""
        taken = await world.take(a_referral(*persons, region=region))
        async with world.work(world.permit_of("coordinator", "screen_referral", region=region)) as work:
            accept = Screening(Decision.ACCEPT, None, None, agencies)
            stored = await world.screener.screen(work, taken.id, accept, 1)
        return stored.head.id, stored.head.case

    return run


@pytest.fixture
def read(world: Any) -> Build:
    async def run(action: Any, *arguments: Any, permit: Permit | None = None) -> Any:
        allowed = permit or world.permit_of("coordinator", action.__name__, region="polva")
        given = arguments if action.__name__.startswith("list_") else (world.ring, *arguments)
        async with world.work(allowed) as work:
            return await action(work, *given)

    return run


def _family(a_person: Build, children: int, serial: int = 1) -> list[Any]:
    return [a_person(serial=serial), *(a_person(Role.CHILD, serial=serial + n + 1) for n in range(children))]


async def test_the_number_of_queries_does_not_grow_with_the_people(
    world: Any, read: Build, accepted: Build, a_person: Build
) -> None:
    asked: dict[str, set[tuple[str, ...]]] = {"get_referral": set(), "get_case": set(), "get_person": set()}
    for children in (0, 1, 18):
        referral, case = await accepted(*_family(a_person, children))
        victim = (await read(reading.get_case, case)).what.persons[0]
        for action, id_ in (
            (reading.get_referral, referral),
            (reading.get_case, case),
            (reading.get_person, victim.person_id),
        ):
            with heard(world.database) as told:
                await read(action, id_)
            asked[action.__name__].add(tuple(statement for statement, _ in told))
    assert {name: len(told) for name, told in asked.items()} == dict.fromkeys(asked, 1)
    counts = {name: len(next(iter(told))) for name, told in asked.items()}
    assert counts == {"get_referral": 2, "get_case": 4, "get_person": 1}


@pytest.mark.parametrize("action", [reading.list_referrals, reading.list_cases])
async def test_a_page_is_one_query(
    world: Any, read: Build, accepted: Build, a_person: Build, action: Any
) -> None:
    lengths = []
    for serial in range(3):
        await accepted(a_person(serial=serial + 1))
        with heard(world.database) as told:
            page = await read(action, ALL, None, 50)
        assert len(page.what.items) == serial + 1
        lengths.append(len(told))
    assert lengths == [1] * 3


async def test_a_page_names_the_ids_and_the_decision_of_each_row(read: Build, accepted: Build) -> None:
    referral, case = await accepted()
    referrals = await read(reading.list_referrals, ALL, None, 50)
    assert referrals.objects == (referral, case)
    assert [decision.rule_id for decision in referrals.decisions] == ["region-coordinate"]
    assert (await read(reading.list_cases, ALL, None, 50)).objects == (case,)


async def test_a_dossier_names_everybody_in_it_once(read: Build, accepted: Build, a_person: Build) -> None:
    same = a_person(Role.OTHER, serial=4)
    referral, case = await accepted(a_person(), same, same)
    dossier = await read(reading.get_referral, referral)
    people = {part.person_id for part in dossier.what.persons}
    assert len(dossier.what.persons) == 3
    assert len(people) == 2
    assert dossier.objects[:2] == (referral, case)
    assert sorted(dossier.objects[2:]) == sorted(people)
    file = await read(reading.get_case, case)
    assert set(file.objects) == set(dossier.objects)


async def test_each_part_of_a_person_is_shown_by_its_own_decision(
    world: Any, read: Build, accepted: Build, a_person: Build
) -> None:
    here, _ = await accepted(a_person())
    there, _ = await accepted(a_person(), region="rakvere")
    victim = (await read(reading.get_referral, here)).what.persons[0]
    offices = (Appointment("chair", {"region": "polva"}), Appointment("coordinator", {"region": "rakvere"}))
    both = world.policy.permit(Caller.member("m-2", offices), "get_person", "case-work")
    shown = await read(reading.get_person, victim.person_id, permit=both)
    by_referral = {
        part.referral_id: decision.rule_id
        for part, decision in zip(shown.what.parts, shown.decisions, strict=True)
    }
    assert by_referral == {here: "region-chair", there: "region-coordinate"}
    alone = await read(reading.get_person, victim.person_id)
    assert [part.referral_id for part in alone.what.parts] == [here]


@pytest.mark.parametrize("action", [reading.get_referral, reading.get_case, reading.get_person])
async def test_foreign_erased_and_unknown_are_not_found_by_the_same_statements(
    world: Any, read: Build, accepted: Build, a_person: Build, action: Any
) -> None:
    place = {"get_referral": 0, "get_case": 1}.get(action.__name__)
    ids = [uuid4()]
    for region, serial in (("rakvere", 5), ("polva", 6)):
        made = await accepted(a_person(serial=serial), region=region)
        person = await world.rows("select person_id from participation where referral_id = $1", made[0])
        ids.append(made[place] if place is not None else person[0][0])
        if region == "polva":
            await world.rows(
                """update data_key set kek = null, wrapped = null, destroyed_at = now()
                   where id = (select key_id from referral where id = $1)""",
                made[0],
            )
    asked = set()
    for each in ids:
        with heard(world.database) as told, pytest.raises(NotFound):
            await read(action, each)
        asked.add(tuple(statement for statement, _ in told))
    assert len(asked) == 1


async def test_the_next_page_begins_behind_the_last_row(
    read: Build, accepted: Build, a_person: Build
) -> None:
    made = {(await accepted(a_person(serial=serial)))[0] for serial in (1, 2, 3)}
    first = (await read(reading.list_referrals, ALL, None, 2)).what
    assert first.next == str(Place(date(2017, 3, 2), first.items[-1].id))
    rest = (await read(reading.list_referrals, ALL, Place.parse(first.next), 2)).what
    assert rest.next is None
    assert {row.id for row in (*first.items, *rest.items)} == made
