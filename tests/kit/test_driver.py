"""Statements past SQLAlchemy: in the same transaction, with the same words for an outage."""

import asyncio
import contextlib
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import PendingRollbackError

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
        await work.fetch(INSERT, "polva", "b")
        assert list((await work.conn.execute(text(WORDS))).scalars()) == ["a", "b"]
        assert await owner.fetchval("select count(*) from note") == 0
    assert await owner.fetchval("select count(*) from note") == 2


async def test_row_security_has_its_say(database: Database, kit: Any, owner: Any) -> None:
    await owner.execute("insert into note values (gen_random_uuid(), 'polva', 'x')")
    async with database.work(kit.permit(region="valga"), kit.request) as work:
        assert await work.fetch(WORDS) == []
        savepoint = await work.conn.begin_nested()
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await work.fetch(INSERT, "polva", "x")
        await savepoint.rollback()


async def test_an_outage_is_a_503_and_its_connection_is_not_used_again(
    kit_database: Any, kit: Any, owner: Any
) -> None:
    database = kit.database(kit_database, pool_size=1)

    async def lose() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            [row] = await work.fetch("select pg_backend_pid() as session")
            await owner.fetchval("select pg_terminate_backend($1)", row["session"])
            await driver.fetch(work.conn, WORDS)

    with pytest.raises(UpstreamUnavailable):
        await lose()
    async with database.work(kit.permit(), kit.request) as work:
        assert await work.fetch(WORDS) == []
    await database.close()


async def test_who_goes_on_after_an_outage_does_not_write_outside_the_transaction(
    database: Database, kit: Any, owner: Any
) -> None:
    async def go_on() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            [row] = await work.fetch("select pg_backend_pid() as session")
            await owner.fetchval("select pg_terminate_backend($1)", row["session"])
            for attempt in (work.fetch(WORDS), work.fetch(INSERT, "polva", "x")):
                with pytest.raises(UpstreamUnavailable):
                    await attempt
            with pytest.raises(PendingRollbackError):
                await work.conn.execute(text(WORDS))
            work.audit("create", ["note-1"])

    with pytest.raises(UpstreamUnavailable):
        await go_on()
    assert await owner.fetchval("select (select count(*) from note) + (select count(*) from audit)") == 0


@pytest.mark.parametrize("fact", ["", "it's", "''; drop table note; --", "$1 :x %s", 'õ\n"', "a,b|c#d@e"])
async def test_a_fact_arrives_as_it_was_said(database: Database, fact: str) -> None:
    connection = await database._begin({"turvavork.actor": fact, "turvavork.purpose": "p"})
    [row] = await driver.fetch(connection, "select fact('actor') as actor, fact('purpose') as purpose")
    assert (row["actor"], row["purpose"]) == (fact, "p")
    await driver.release(connection)


@pytest.mark.parametrize("fact", ["\\", "it\\'s", "\0"], ids=repr)
async def test_a_fact_that_cannot_be_a_literal_is_refused(database: Database, fact: str) -> None:
    with pytest.raises(ValueError, match="cannot be written down"):
        await database._begin({"turvavork.actor": fact})
    assert await database.ready()


async def test_a_beginning_that_was_cancelled_leaves_no_transaction_in_the_pool(
    kit_database: Any, kit: Any
) -> None:
    """Wherever the cancellation falls, the next to look is in no transaction and sees no facts."""
    database = kit.database(kit_database, pool_size=1)
    for turns in range(12):
        task = asyncio.create_task(database._begin({"turvavork.actor": "somebody"}))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await driver.release(await task)
        [row] = await database.look("select fact('actor') as actor")
        assert row["actor"] == ""
        connection = await database._connect()
        assert not driver._driver(connection).is_in_transaction()
        await connection.close()
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
