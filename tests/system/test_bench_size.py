"""A register that is made larger by copies is one that holds together, and shows its copies."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bench import copies
from services.cases.settings import Settings
from services.cases.store import listing
from services.cases.store.listing import Filters
from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.db import Database
from services.kit.policy import Appointment, Caller, Policy
from system.seeding import place

CASES, TIMES = 12, 3
#: Foreign keys of one column: whether each still leads somewhere.
KEYS = """
    select c.conrelid::regclass::text as child, a.attname as name, c.confrelid::regclass::text as parent,
        b.attname as key
    from pg_constraint c
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]
    where c.contype = 'f' and array_length(c.conkey, 1) = 1
"""
LOST = """
    select count(*) from {child} c
    where c.{name} is not null and not exists (select from {parent} p where p.{key} = c.{name})
"""


@pytest.mark.slow
async def test_copies_hang_together_and_are_shown(
    service_database: Callable[..., Any], tmp_path: Path
) -> None:
    keys.ensure(tmp_path)
    database = service_database("cases")
    settings = Settings(database_url=database.url, keys=tmp_path, development=True)
    told = await place.fill(settings, CASES, 1, date(2026, 11, 29), lambda _: None)
    connection = await asyncpg.connect(database.admin_url)
    try:
        await copies.grow(connection, TIMES)
        assert await connection.fetchval("select count(*) from referral") == CASES * TIMES
        for each in await connection.fetch(KEYS):
            if each["child"] in copies.TABLES and each["parent"] in copies.TABLES:
                assert await connection.fetchval(LOST.format_map(each)) == 0, dict(each)
    finally:
        await connection.close()
    region, number = max(told["regions"].items(), key=lambda one: one[1])  # type: ignore[attr-defined]
    caller = Caller.member("m-1", (Appointment("coordinator", {"region": region}),))
    permit = Policy.load("services.cases").permit(caller, "list_referrals", "case-work")
    register = Database(database.url, service="cases", clock=SystemClock(), audit_key=bytes(32))
    try:
        async with register.work(permit, "-") as work:
            assert len(await listing.referrals(work, Filters(), None, 100)) == number * TIMES
    finally:
        await register.close()
