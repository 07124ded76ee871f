"""Statements past SQLAlchemy: in the same transaction, with the same words for an outage."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from services.kit import driver
from services.kit.db import Database
from services.kit.problem import UpstreamUnavailable

INSERT = "insert into note values (gen_random_uuid(), $1, $2)"
WORDS = "select words from note order by words"


async def test_what_is_written_one_way_is_read_the_other_in_one_transaction(
    database: Database, kit: Any, owner: Any
) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        await work.fetch(INSERT, "polva", "a")
        await driver.insert(work.conn, INSERT, [("polva", "b"), ("polva", "c")])
        assert list((await work.conn.execute(text(WORDS))).scalars()) == ["a", "b", "c"]
        assert await owner.fetchval("select count(*) from note") == 0
    assert await owner.fetchval("select count(*) from note") == 3


async def test_row_security_has_its_say(database: Database, kit: Any, owner: Any) -> None:
    await owner.execute("insert into note values (gen_random_uuid(), 'polva', 'x')")
    async with database.work(kit.permit(region="valga"), kit.request) as work:
        assert await work.fetch(WORDS) == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await work.fetch(INSERT, "polva", "x")
        await work.conn.rollback()


async def test_an_outage_is_a_503_and_its_connection_is_not_used_again(
    kit_database: Any, kit: Any, owner: Any
) -> None:
    database = kit.database(kit_database, pool_size=1)

    async def lose(how: Any) -> None:
        async with database.work(kit.permit(), kit.request) as work:
            [row] = await work.fetch("select pg_backend_pid() as session")
            await owner.fetchval("select pg_terminate_backend($1)", row["session"])
            await how(work.conn)

    for how in (
        lambda conn: driver.fetch(conn, WORDS),
        lambda conn: driver.insert(conn, INSERT, [("polva", "x")]),
    ):
        with pytest.raises(UpstreamUnavailable):
            await lose(how)
    async with database.work(kit.permit(), kit.request) as work:
        assert await work.fetch(WORDS) == []
    await database.close()


async def test_what_takes_too_long_is_a_503(database: Database, kit: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        savepoint = await work.conn.begin_nested()
        await work.conn.execute(text("set local statement_timeout = '20ms'"))
        with pytest.raises(UpstreamUnavailable):
            await work.fetch("select pg_sleep(5)")
        await savepoint.rollback()
        assert await work.fetch(WORDS) == []


async def test_a_cancelled_statement_is_rolled_back_and_gives_its_connection_back(
    kit_database: Any, kit: Any
) -> None:
    database = kit.database(kit_database, pool_size=1)
    begun = asyncio.Event()

    async def work_on() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            await work.fetch(INSERT, "polva", "x")
            begun.set()
            await work.fetch("select pg_sleep(30)")

    task = asyncio.create_task(work_on())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.work(kit.permit(), kit.request) as work:
        assert await work.fetch(WORDS) == []
    await database.close()
