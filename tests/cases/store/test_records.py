"""Entries as they are kept: the law's list holds in the database, versions follow, and places are found."""

from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.cases.actions.records import Records
from services.cases.model.codes import Role
from services.cases.model.records import About, Only, Told
from services.cases.store import records as store
from services.kit.sealed import SealBroken

Build = Callable[..., Any]
_INSERT = """
    insert into person_entry (id, version, case_id, person_id, role, category, source, protected, recorded_at,
        recorded_on, recorded_by, retracted, sealed)
    values ($1, $2, $3, $4, $5, $6, 'victim', false, now(), now(), 'm-1', $7, $8)
"""


@pytest.fixture
def told() -> Build:
    def make(value: dict[str, Any], *, protected: bool = False) -> Told:
        return Told("victim", None, None, None, protected, value)

    return make


async def _victim(world: Any) -> UUID:
    rows = await world.rows("select person_id from participation where role = 'victim'")
    return UUID(str(rows[0][0]))


async def _insert(world: Any, case: UUID, **changes: Any) -> None:
    row = {
        "id": uuid4(),
        "version": 1,
        "case": case,
        "person": await _victim(world),
        "role": "victim",
        "category": "phone",
        "retracted": None,
        "sealed": b"x",
    }
    await world.rows(_INSERT, *{**row, **changes}.values())


async def test_the_database_lists_what_the_published_file_lists(world: Any, a_referral: Build) -> None:
    case = await world.open_case(a_referral())
    for category, role in product(world.catalog.listed.categories.values(), Role):
        made = _insert(world, case, role=role.value, category=category.code)
        if role in category.roles:
            await made
        else:
            with pytest.raises(asyncpg.CheckViolationError, match="person_entry_listed"):
                await made
    with pytest.raises(asyncpg.CheckViolationError, match="person_entry_listed"):
        await _insert(world, case, category="religion")


async def test_a_version_follows_one_of_the_same_person_case_role_and_category(
    world: Any, a_referral: Build
) -> None:
    case = await world.open_case(a_referral())
    entry = uuid4()
    await _insert(world, case, id=entry)
    with pytest.raises(asyncpg.UniqueViolationError):
        await _insert(world, case, id=entry)
    for wrong in ({"version": 3}, {"category": "email"}, {"role": "other"}):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await _insert(world, case, **{"id": entry, "version": 2, **wrong})
    with pytest.raises(asyncpg.CheckViolationError):
        await _insert(world, case, id=entry, version=2, retracted="not-needed")  # with a value
    await _insert(world, case, id=entry, version=2, retracted="not-needed", sealed=None)


async def test_entries_are_written_once(world: Any) -> None:
    rows = await world.rows(
        """select privilege_type from information_schema.role_table_grants
           where grantee = 'cases_app' and table_name = 'person_entry'"""
    )
    assert {row[0] for row in rows} == {"SELECT", "INSERT"}


def _records(world: Any) -> Records:
    return Records(world.casework, world.catalog, world.index)


async def test_nobody_is_written_about_in_a_role_that_they_do_not_have(
    world: Any, a_referral: Build, told: Build
) -> None:
    """Also where the application forgets to ask: row-level security says it again."""
    case = await world.open_case(a_referral())
    about = About(await _victim(world), Role.THREATENING_PERSON, "weapon")
    permit = world.permit_of("coordinator", "record_entry", region="polva")

    async def write() -> None:
        async with world.work(permit) as work:
            on = await world.casework.held(work, case)
            await _records(world).keep(work, on, about, told({"kind": "weapon"}))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await write()
    assert await world.count("person_entry") == 0


async def test_a_value_that_was_moved_is_not_opened(world: Any, a_referral: Build, told: Build) -> None:
    case = await world.open_case(a_referral())
    about = About(await _victim(world), Role.VICTIM, "phone")
    permit = world.permit_of("coordinator", "record_entry", region="polva")
    async with world.work(permit) as work:
        on = await world.casework.held(work, case)
        for number in ("1", "2"):
            await _records(world).keep(work, on, about, told({"phone": number}))
    await world.rows("update person_entry set sealed = (select max(sealed) from person_entry)")
    async with world.work(permit) as work:
        on = await world.casework.seen(work, case)
        with pytest.raises(SealBroken):
            await store.of_case(work, on.id, on.key, store.Wanted(["phone"], Only(None, None), None, 9))
