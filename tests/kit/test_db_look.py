"""A look: one reading statement in no transaction, for what must be known before there is a permit."""

from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from services.kit.db import Database
from services.kit.problem import NotFound, UpstreamUnavailable

COUNT = "select count(*) as notes from note"


async def test_it_gives_the_rows_of_its_statement(database: Database) -> None:
    rows = await database.look("select word from unnest(cast($1 as text[])) as word", ["a", "b"])
    assert [row["word"] for row in rows] == ["a", "b"]


async def test_it_is_no_transaction(database: Database, owner: Any) -> None:
    """Else what it does would be rolled back, since nobody commits."""
    made = "insert into event (id, stream, version) values (gen_random_uuid(), 's', 1) returning id"
    [row] = await database.look(made)
    assert await owner.fetchval("select id from event") == row["id"]


async def test_row_security_shows_it_nothing_after_work_that_saw_something(
    kit_database: Any, kit: Any, owner: Any
) -> None:
    await owner.execute("insert into note values (gen_random_uuid(), 'polva', 'seen')")
    database = kit.database(kit_database, pool_size=1)
    async with database.work(kit.permit(), kit.request) as work:
        assert (await work.conn.execute(text(COUNT))).scalar_one() == 1
    [row] = await database.look(COUNT)
    assert row["notes"] == 0
    await database.close()


async def test_work_on_the_same_connection_is_a_transaction_again(kit_database: Any, kit: Any) -> None:
    database = kit.database(kit_database, pool_size=1)
    await database.look(COUNT)

    async def change_ones_mind() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            await work.conn.execute(text("insert into note values (gen_random_uuid(), 'polva', 'lost')"))
            raise NotFound

    with pytest.raises(NotFound):
        await change_ones_mind()
    async with database.work(kit.permit(), kit.request) as work:
        assert (await work.conn.execute(text(COUNT))).scalar_one() == 0
    await database.close()


async def test_a_dead_connection_of_the_pool_does_not_show(kit_database: Any, kit: Any, owner: Any) -> None:
    database = kit.database(kit_database, pool_size=1)
    await database.look(COUNT)
    killed = await owner.fetchval(
        """select count(pg_terminate_backend(pid)) from pg_stat_activity
           where application_name = 'turvavork kit' and datname = $1""",
        kit_database.name,
    )
    assert killed == 1
    assert len(await database.look(COUNT)) == 1
    await database.close()


async def test_a_server_that_is_not_there_is_a_503(kit: Any) -> None:
    nowhere = kit.database(SimpleNamespace(url="postgresql://kit_app:x@127.0.0.1:1/kit", folder=None))
    with pytest.raises(UpstreamUnavailable):
        await nowhere.look(COUNT)
    await nowhere.close()


async def test_a_statement_that_is_always_too_slow_is_a_503(kit_database: Any, kit: Any) -> None:
    database = kit.database(kit_database, pool_size=1)
    with pytest.raises(UpstreamUnavailable):
        await database.look("do $$ begin raise exception 'x' using errcode = '57014'; end $$")
    await database.close()


async def test_our_own_mistake_is_not_taken_for_an_outage(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.look("select nothing from nowhere")
