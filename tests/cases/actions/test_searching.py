"""A search is the filter of the single reads: whatever people there are, and whoever asks for whom."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cases.actions import reading
from services.cases.actions.searching import Searching
from services.cases.model.codes import Role
from services.cases.model.searches import Asked
from services.kit import personal_code
from services.kit.paging import Place
from services.kit.policy import Appointment, Caller, Permit
from services.kit.problem import NotFound, TooMany
from tests.cases.statements import heard

Build = Callable[..., Any]
#: Each row is one name, however it is written.
GIVEN = (("Tatjana", "Татьяна", "TATJANA"), ("Jüri", "Juri"), ("Mari",))
FAMILY = (("Ivanova", "Иванова"), ("Põder", "Poder"), ("Kask",))
BIRTHS = (date(1984, 6, 15), date(1984, 3, 4), date(1984, 4, 3))
REGIONS = ("polva", "rakvere")
CALLERS = {
    "m-polva": Appointment("coordinator", {"region": "polva"}),
    "m-chair": Appointment("chair", {"region": "rakvere"}),
}
SERIALS = count(1)


def _spelled(names: tuple[tuple[str, ...], ...]) -> st.SearchStrategy[str]:
    return st.sampled_from([each for name in names for each in name])


people = st.tuples(
    _spelled(GIVEN), _spelled(FAMILY), st.sampled_from(BIRTHS), st.booleans(), st.sampled_from(REGIONS)
)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """Two of given name, family name and birth date, or all."""
    told = {
        "given_name": draw(_spelled(GIVEN)),
        "family_name": draw(_spelled(FAMILY)),
        "birth_date": draw(st.sampled_from(BIRTHS)),
    }
    left_out = draw(st.sampled_from([None, *told]))
    return {name: value for name, value in told.items() if name != left_out}


def _name(names: tuple[tuple[str, ...], ...], told: str) -> int:
    return next(number for number, spelled in enumerate(names) if told in spelled)


def _fits(question: dict[str, Any], who: Any) -> tuple[bool, bool]:
    """Whether the names that are asked for are these, and whether the birth date is, swapped or not."""
    named = all(
        _name(names, question[field]) == _name(names, getattr(who, field))
        for field, names in (("given_name", GIVEN), ("family_name", FAMILY))
        if field in question
    )
    born, asked = who.birth_date, question.get("birth_date")
    swapped = born.replace(month=born.day, day=born.month) if born.day <= 12 else None
    return named, asked in {None, born, swapped}


@pytest.fixture
def searching(world: Any, catalog: Any) -> Searching:
    unbounded = replace(catalog, searches=replace(catalog.searches, hour=10**6, day=10**6))
    return Searching(unbounded, world.policy, world.ring, world.index)


def _permit(world: Any, subject: str, operation: str) -> Permit:
    permit: Permit = world.policy.permit(Caller.member(subject, (CALLERS[subject],)), operation, "case-work")
    return permit


async def _read(world: Any, subject: str, referrals: list[UUID]) -> list[Any]:
    """The parts of everybody in what the member can read one by one."""
    found: list[Any] = []
    for referral in referrals:
        try:
            async with world.work(_permit(world, subject, "get_referral")) as work:
                shown = await reading.get_referral(work, world.ring, referral)
        except NotFound:
            continue
        found.extend(shown.what.persons)
    return found


async def _search(world: Any, searching: Searching, subject: str, most: int = 50, **asked: Any) -> list[Any]:
    """All hits, page by page."""
    found: list[Any] = []
    after: Place | None = None
    while True:
        async with world.work(_permit(world, subject, "search_people")) as work:
            page = (await searching.search(work, Asked("new-incident", **asked), after, most)).page
        found.extend(page.items)
        if page.next is None:
            return found
        after = Place.parse(page.next)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(people, min_size=2, max_size=4), asked=st.lists(questions(), min_size=1, max_size=3))
async def test_a_search_is_the_filter_of_the_single_reads(  # noqa: PLR0913, PLR0917 - what it is about
    world: Any,
    searching: Searching,
    a_referral: Build,
    a_person: Build,
    told: list[Any],
    asked: list[dict[str, Any]],
) -> None:
    for given_name, family_name, birth, has_code, region in told:
        code = personal_code.make(birth, "female", next(SERIALS) % 900 + 1) if has_code else None
        victim = a_person(
            given_name=given_name, family_name=family_name, birth_date=birth, personal_code=code
        )
        await world.take(a_referral(victim, region=region))
    referrals = [row["id"] for row in await world.rows("select id from referral")]
    for subject in CALLERS:
        parts = await _read(world, subject, referrals)
        for question in asked:
            by_person: dict[UUID, list[tuple[bool, bool]]] = {}
            for part in parts:
                by_person.setdefault(part.person_id, []).append(_fits(question, part.identity))
            fit = {who for who, each in by_person.items() if all(map(any, zip(*each, strict=True)))}
            wanted = {part.id for part in parts if part.person_id in fit}
            hits = await _search(world, searching, subject, most=2, **question)
            assert {hit.id for hit in hits} == wanted
            assert len(hits) == len(wanted)
        for part in parts:
            if part.identity.personal_code is not None:
                hits = await _search(world, searching, subject, personal_code=part.identity.personal_code)
                assert {hit.id for hit in hits} == {
                    each.id for each in parts if each.person_id == part.person_id
                }


@pytest.fixture
def two_of_a_code(world: Any, a_referral: Build, a_person: Build) -> Build:
    """One woman in two regions, who goes by another name in the second."""

    async def make() -> tuple[UUID, UUID]:
        here = await world.take(a_referral(a_person()))
        there = a_person(given_name="Uus", family_name="Nimi")
        return here.id, (await world.take(a_referral(there, region="rakvere"))).id

    return make


async def test_what_another_region_knows_of_her_finds_nobody_here(
    world: Any, searching: Searching, two_of_a_code: Build
) -> None:
    """The index knows that she has two names; who may read the first alone is not told of the second."""
    here, there = await two_of_a_code()
    old, new = (("Eesnimi1", "Perenimi"), ("Uus", "Nimi"))
    for subject, name, wanted in (
        ("m-polva", old, [here]),
        ("m-polva", new, []),
        ("m-chair", new, [there]),
        ("m-chair", old, []),
    ):
        hits = await _search(world, searching, subject, given_name=name[0], family_name=name[1])
        assert [hit.referral for hit in hits if hit.role is Role.VICTIM] == wanted


async def test_nobody_hears_by_statements_whether_there_is_somebody_else(
    world: Any, searching: Searching, two_of_a_code: Build, catalog: Any
) -> None:
    """Of a name that is here, of one that is hidden, and of one that is nowhere: the same statements."""
    await two_of_a_code()
    told = []
    for family in ("Perenimi", "Nimi", "Olematu"):
        with heard(world.database) as statements:
            await _search(world, searching, "m-polva", given_name="Uus", family_name=family)
        told.append([statement for statement, _ in statements if "insert into audit" not in statement])
    assert told[0] == told[1] == told[2]
    assert len(told[0]) == 6


async def test_the_budget_is_kept_in_the_database_and_frees_itself(
    world: Any, searching: Searching, catalog: Any
) -> None:
    small = replace(searching, catalog=replace(catalog, searches=replace(catalog.searches, hour=3, day=5)))
    asked = {"given_name": "Mari", "family_name": "Kask"}

    async def refused(subject: str = "m-polva") -> int | None:
        try:
            await _search(world, small, subject, **asked)
        except TooMany as error:
            return int(dict(error.headers)["Retry-After"])
        return None

    async def later(time: timedelta) -> None:
        await world.rows("update search_count set minute = minute - $1::interval", time)

    assert [await refused() for _ in range(3)] == [None] * 3
    seconds = await refused()
    assert seconds is not None
    assert 3500 < seconds <= 3600
    assert await refused("m-chair") is None  # each has an own budget
    await later(timedelta(hours=1))
    assert [await refused() for _ in range(2)] == [None] * 2
    seconds = await refused()
    assert seconds is not None
    assert 22 * 3600 < seconds <= 23 * 3600  # the day is used up
    await later(timedelta(days=1))
    assert await refused() is None
    counted = "select sum(searches) as searches from search_count where subject = 'm-polva'"
    [row] = await world.rows(counted)
    assert row["searches"] == 1  # what is older than a day is gone
