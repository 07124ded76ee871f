"""Single things as they are kept; what is erased is not there."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.cases.model.codes import AgeBand, Decision, Role
from services.cases.model.dossiers import Reach
from services.cases.model.states import Accepted, AwaitingScreening, Screening
from services.cases.store import dossiers

Build = Callable[..., Any]
POLICE = frozenset({"police@polva"})


@pytest.fixture
def find(world: Any) -> Build:
    """Asks the store as the coordinator of Põlva."""

    async def run(what: Any, id_: Any, operation: str = "get_case", region: str = "polva") -> Any:
        async with world.work(world.permit_of("coordinator", operation, region=region)) as work:
            return await what(work, id_)

    return run


@pytest.fixture
def accepted(world: Any, a_referral: Build) -> Build:
    async def run(*persons: Any, agencies: tuple[str, ...] = ("police",)) -> Any:
        """A case: its referral's id and its own."""
        taken = await world.take(a_referral(*persons))
        async with world.work(world.permit_of("coordinator", "screen_referral", region="polva")) as work:
            stored = await world.screener.screen(
                work, taken.id, Screening(Decision.ACCEPT, None, "Märkus.", agencies), 1
            )
        return stored.head.id, stored.head.case

    return run


async def _erase(world: Any, referral: Any) -> None:
    await world.rows(
        """update data_key set kek = null, wrapped = null, destroyed_at = now()
           where id = (select key_id from referral where id = $1)""",
        referral,
    )


async def test_a_referral_is_found_with_score_and_sealed_values(
    world: Any, a_referral: Build, find: Build
) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    kept = await find(dossiers.referral, taken.id)
    assert (kept.referral.id, kept.referral.reference) == (taken.id, taken.reference)
    assert isinstance(kept.referral.state, AwaitingScreening)
    assert kept.referral.score == 15
    assert kept.referral.reach == Reach("polva", frozenset(), "awaiting-screening")
    assert (kept.sender, kept.sender_reference) == ("ee-dev/GOV/70008747/polis", "A-1")
    assert kept.note is None
    assert all([kept.sealed, kept.result, kept.assessment, kept.lock.wrapped])
    assert "Lõi" not in repr(kept)


async def test_a_case_is_found_with_its_agencies_referrals_and_people(find: Build, accepted: Build) -> None:
    referral, case = await accepted()
    found = await find(dossiers.case, case)
    assert (found.id, found.region, found.state, found.taking_part) == (case, "polva", "open", POLICE)
    [listed] = await find(dossiers.referrals_of, case)
    assert (listed.id, listed.case_id) == (referral, case)
    assert isinstance(listed.state, Accepted)
    parts = await find(dossiers.in_case, case)
    assert [part.role for part in parts] == [Role.VICTIM, Role.CHILD, Role.THREATENING_PERSON]
    assert {(part.referral, part.case, part.reach.agencies) for part in parts} == {(referral, case, POLICE)}
    assert parts[1].age_band is AgeBand.FROM_7


async def test_a_person_is_found_by_every_part_the_newest_first(
    find: Build, accepted: Build, a_person: Build
) -> None:
    first, _ = await accepted(a_person())
    second, case = await accepted(a_person(), a_person(Role.CHILD, serial=9))
    [victim] = [part for part in (await find(dossiers.referral, second)).parts if part.role is Role.VICTIM]
    parts = await find(dossiers.of_person, victim.person)
    assert {part.referral for part in parts} == {first, second}
    assert {part.person for part in parts} == {victim.person}
    assert case in {part.case for part in parts}


async def test_what_is_erased_is_not_there(world: Any, find: Build, accepted: Build) -> None:
    referral, case = await accepted()
    [person, *_] = [part.person for part in (await find(dossiers.referral, referral)).parts]
    await _erase(world, referral)
    assert await find(dossiers.referral, referral) is None
    assert await find(dossiers.case, case) is None
    for what, id_ in (
        (dossiers.in_case, case),
        (dossiers.referrals_of, case),
        (dossiers.of_person, person),
    ):
        assert await find(what, id_) == []


async def test_an_erased_part_leaves_the_others(
    world: Any, find: Build, accepted: Build, a_person: Build
) -> None:
    first, _ = await accepted(a_person())
    second, _ = await accepted(a_person())
    await _erase(world, first)
    [part] = (await find(dossiers.referral, second)).parts
    assert [each.referral for each in await find(dossiers.of_person, part.person)] == [second]


async def test_nothing_is_found_elsewhere_or_under_an_unknown_id(find: Build, accepted: Build) -> None:
    referral, case = await accepted()
    for what, id_ in ((dossiers.referral, referral), (dossiers.case, case)):
        assert await find(what, id_, region="rakvere") is None
        assert await find(what, uuid4()) is None
    assert await find(dossiers.in_case, case, region="rakvere") == []


async def test_an_agency_takes_part_in_the_region_of_its_case(world: Any, accepted: Build) -> None:
    """Lists rely on it: the database refuses a row that says otherwise."""
    _, case = await accepted()
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await world.rows("insert into case_agency values ($1, 'probation', 'rakvere')", case)
