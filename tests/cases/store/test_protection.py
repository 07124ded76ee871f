"""Protected values are found whoever asks: of marked entries with their versions, and of referrals."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from services.cases.actions.records import Records
from services.cases.model.codes import Role
from services.cases.model.records import About, Told
from services.cases.store import protection as store
from services.kit.db import Work
from services.kit.policy import Permit

Build = Callable[..., Any]


def _told(value: dict[str, Any], *, protected: bool = True) -> Told:
    return Told("victim", None, None, None, protected, value)


async def _kept(world: Any, permit: Permit, shown: list[UUID]) -> Any:
    async with world.work(permit) as work:
        return await store.of_what_leaves(work, world.ring, shown, world.catalog.protection)


async def _recorded(world: Any, work: Work, case: UUID) -> None:
    (row,) = await world.rows("select person_id from participation where role = 'victim'")
    on = await world.casework.held(work, case)
    records = Records(world.casework, world.catalog, world.index)
    about = About(row["person_id"], Role.VICTIM, "address")
    made = await records.keep(work, on, about, _told({"address": "Varjupaiga 1", "kind": "shelter"}))
    await records.correct(work, made.id, _told({"address": "Varjupaiga 11", "kind": "shelter"}), 1)
    phone = About(row["person_id"], Role.VICTIM, "phone")
    await records.keep(work, on, phone, _told({"phone": "avalik"}, protected=False))
    taken_back = await records.keep(work, on, about, _told({"address": "Ei kusagil", "kind": "shelter"}))
    await records.retract(work, taken_back.id, "wrong-person", 1)


async def test_what_is_marked_and_what_referrals_tell_is_found_whoever_asks(
    world: Any, a_referral: Build
) -> None:
    case = await world.open_case(a_referral(), "police")
    (told,) = await world.rows("select id from referral")
    async with world.work(world.permit_of("coordinator", "correct_entry", region="polva")) as work:
        await _recorded(world, work, case)
    elsewhere = world.permit_of("coordinator", "list_entries", region="rakvere")
    for shown in ([case], [told["id"]], [case, told["id"]]):
        (kept,) = await _kept(world, elsewhere, shown)
        assert {one.value for one in kept.secrets if one.marked} == {"Varjupaiga 1", "Varjupaiga 11"}
        assert {one.kind.code for one in kept.secrets if not one.marked} >= {"address", "phone"}
        assert "avalik" not in {one.value for one in kept.secrets}
        assert (kept.region, kept.agencies) == ("polva", frozenset({"police@polva"}))


async def test_an_opened_key_finds_its_case_and_nothing_is_found_of_others(
    world: Any, a_referral: Build
) -> None:
    case = await world.open_case(a_referral())
    permit = world.permit_of("coordinator", "get_case", region="polva")
    async with world.work(permit) as work:
        assert await store.of_what_leaves(work, world.ring, [], world.catalog.protection) == []
        on = await world.casework.seen(work, case)
        assert set(work.opened) == {on.key.id}
        (kept,) = await store.of_what_leaves(work, world.ring, [], world.catalog.protection)
    assert kept.region == "polva"


async def test_what_was_erased_is_not_found(world: Any, a_referral: Build) -> None:
    case = await world.open_case(a_referral())
    await world.rows("update data_key set kek = null, wrapped = null, destroyed_at = now()")
    assert await _kept(world, world.permit_of("coordinator", "get_case", region="polva"), [case]) == []
