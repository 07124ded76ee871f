"""States that cannot exist cannot be written, whoever writes."""

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

Build = Callable[..., Any]


@pytest.mark.parametrize(
    "change",
    [
        "update referral set state = 'accepted'",
        "update referral set state = 'declined', decided_at = now(), decided_by = 'anna'",
        "update referral set state_reason = 'other'",
        "update referral set decided_at = now()",
        "update referral set state = 'received'",
        "update referral set score_state = 'waiting'",
        "update referral set sender_version = null",
        "update referral set note_sealed = 'x'",
        "update referral set state = 'lost'",
        "update referral set reference = 'TV-1'",
        "update assessment set score = null",
        "update assessment set band = 'extreme'",
        "update participation set relation = null where role = 'child'",
        "update participation set relation = 'partner' where role = 'victim'",
        "update participation set role = 'victim', relation = null where role = 'child'",
        "update data_key set wrapped = null",
        "update person_index i set value = (select min(value) from person_index where kind = i.kind)",
        "update event set stream_version = 1",
        "delete from person",
    ],
)
async def test_a_wrong_state_is_refused(world: Any, a_referral: Build, change: str) -> None:
    await world.take(a_referral())
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await world.rows(change)


async def test_events_and_audit_rows_are_written_once(world: Any) -> None:
    rows = await world.rows(
        """select table_name, privilege_type from information_schema.role_table_grants
           where grantee = 'cases_app' and table_name in ('event', 'audit')"""
    )
    assert {tuple(row) for row in rows} == {
        (table, right) for table in ("event", "audit") for right in ("SELECT", "INSERT")
    }


async def test_what_hangs_on_a_case_goes_with_it(world: Any) -> None:
    """Directly or through other tables: erasure leaves nothing, and nothing hinders it."""
    kept = await world.rows(
        """with recursive below (one) as (
               select 'marac_case'::regclass::oid union select 'referral'::regclass::oid
               union select c.conrelid from pg_constraint c join below on c.confrelid = below.one
               where c.contype = 'f')
           select c.conrelid::regclass::text as child, c.conname from pg_constraint c
           where c.contype = 'f' and c.confdeltype <> 'c' and c.confrelid in (select one from below)"""
    )
    assert [tuple(row) for row in kept] == []
