"""A member's own case is also one to which they were added by hand, or where they go by another id."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.cases.store import identities
from services.cases.store.people import CODE

Build = Callable[..., Any]
ADDED = """
    insert into case_person (id, case_id, person_id, role, relation, sex, state, added_at, added_by)
    values (gen_random_uuid(), $1, $2, 'other', 'other', 'female', 'taking-part', now(), 'm-1')
"""
MERGED = """
    insert into person_merge
        (id, one, other, state, reason, proposed_at, proposed_by, decided_at, decided_by)
    select gen_random_uuid(), least(person_id, $2), greatest(person_id, $2), 'merged', 'told-otherwise',
        now(), 'm-1', now(), 'm-1'
    from participation where case_id = $1 and role = 'victim'
"""
UNDONE = """
    update person_merge set state = 'undone', undone_at = now(), undone_by = 'm-1',
        undone_reason = 'other-person'
"""


async def _cases_seen(world: Any) -> int:
    async with world.work(world.permit_of("coordinator", "get_case", region="polva")) as work:
        count = (await work.conn.execute(text("select count(*) from marac_case"))).scalar_one()
    return int(count)


@pytest.mark.parametrize(
    ("tie", "loosen"),
    [
        (ADDED, "update case_person set state = 'removed', reason = 'wrong-person'"),
        (MERGED, UNDONE),
    ],
    ids=["by-hand", "by-another-id"],
)
async def test_nobody_works_on_a_case_of_their_own_under_whatever_id(
    world: Any, a_referral: Build, a_person: Build, tie: str, loosen: str
) -> None:
    case = await world.open_case(a_referral(), "police")
    member = a_person(serial=41)
    await world.take(a_referral(member, region="rakvere"))
    async with world.work(world.permit("create_session", "accountability", "service:cases", "cases")) as work:
        await identities.note(work, "coordinator-1", world.index.of(CODE, member.personal_code))
    [row] = await world.rows(
        "select person_id from person_index where kind = 'personal-code' and value = $1",
        world.index.of(CODE, member.personal_code),
    )
    assert await _cases_seen(world) == 1
    await world.rows(tie, case, UUID(str(row[0])))
    assert await _cases_seen(world) == 0
    await world.rows(loosen)
    assert await _cases_seen(world) == 1
