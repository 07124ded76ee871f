import asyncio
import math
import re
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.kit import driver, safety
from services.kit.db import Database, UnsafeDatabase
from services.kit.problem import NotFound, UpstreamUnavailable

INSERT = text("insert into note values (gen_random_uuid(), :region, :words)")
COUNT = text("select count(*) from note")


async def test_an_error_takes_change_and_row_back(database: Database, kit: Any, owner: Any) -> None:
    async def fail() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            await work.conn.execute(INSERT, {"region": "polva", "words": "x"})
            work.audit("create", ["note-1"])
            raise NotFound

    with pytest.raises(NotFound):
        await fail()
    assert await owner.fetchval("select (select count(*) from note) + (select count(*) from audit)") == 0


async def test_a_cancelled_work_is_rolled_back_and_gives_its_connection_back(
    kit_database: Any, kit: Any, owner: Any
) -> None:
    database = kit.database(kit_database, pool_size=1)
    begun = asyncio.Event()

    async def work_on() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            await work.conn.execute(INSERT, {"region": "polva", "words": "x"})
            work.audit("create", ["note-1"])
            begun.set()
            await work.conn.execute(text("select pg_sleep(30)"))

    task = asyncio.create_task(work_on())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.work(kit.permit(), kit.request) as work:
        assert (await work.conn.execute(COUNT)).scalar_one() == 0
    await database.close()


async def test_the_facts_hold_for_one_transaction_alone(kit_database: Any, kit: Any) -> None:
    database = kit.database(kit_database, pool_size=1)
    async with database.work(kit.permit(region="polva"), kit.request) as work:
        await work.conn.execute(INSERT, {"region": "polva", "words": "x"})
        assert (await work.conn.execute(COUNT)).scalar_one() == 1
        request = (await work.conn.execute(text("select fact('request')"))).scalar_one()
        assert request == kit.request
    async with database.work(kit.permit(region="valga"), kit.request) as work:
        assert (await work.conn.execute(COUNT)).scalar_one() == 0
    connection = await database._begin({})
    assert (await connection.execute(text("select fact('same_region') || fact('actor')"))).scalar_one() == ""
    assert (await connection.execute(COUNT)).scalar_one() == 0
    await driver.release(connection)
    await database.close()


async def test_row_security_refuses_a_row_of_another_region(database: Database, kit: Any) -> None:
    async with database.work(kit.permit(region="valga"), kit.request) as work:
        savepoint = await work.conn.begin_nested()
        with pytest.raises(DBAPIError, match="row-level security"):
            await work.conn.execute(INSERT, {"region": "polva", "words": "x"})
        await savepoint.rollback()


async def test_values_are_not_in_the_errors(database: Database, kit: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        await work.conn.execute(INSERT, {"region": "polva", "words": "very-secret"})
        savepoint = await work.conn.begin_nested()
        with pytest.raises(IntegrityError) as raised:
            await work.conn.execute(INSERT, {"region": "polva", "words": "very-secret"})
        await savepoint.rollback()
    assert "very-secret" not in str(raised.value)


async def test_all_connections_of_the_pool_may_die_and_the_next_work_succeeds(
    kit_database: Any, kit: Any, owner: Any
) -> None:
    database = kit.database(kit_database, pool_size=5)
    all_five = asyncio.Barrier(5)

    async def use() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            await work.conn.execute(COUNT)
            await all_five.wait()

    await asyncio.gather(*(use() for _ in range(5)))
    killed = await owner.fetchval(
        """select count(pg_terminate_backend(pid)) from pg_stat_activity
           where application_name = 'turvavork kit' and datname = $1""",
        kit_database.name,
    )
    assert killed == 5
    await asyncio.gather(*(use() for _ in range(5)))
    await database.close()


async def test_an_exhausted_pool_is_a_503(
    kit_database: Any, kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kit.db.POOL_SECONDS", 0.05)
    database = kit.database(kit_database, pool_size=1)
    async with database.work(kit.permit(), kit.request):
        with pytest.raises(UpstreamUnavailable):
            async with database.work(kit.permit(), kit.request):
                pass
    await database.close()


async def test_what_takes_too_long_is_a_503(database: Database, kit: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        savepoint = await work.conn.begin_nested()
        await work.conn.execute(text("set local statement_timeout = '20ms'"))
        with pytest.raises(UpstreamUnavailable):
            await work.conn.execute(text("select pg_sleep(5)"))
        await savepoint.rollback()


async def test_a_refusal_that_cannot_be_recorded_is_a_503(database: Database, kit: Any, owner: Any) -> None:
    await owner.execute("revoke insert on audit from kit_app")
    with pytest.raises(UpstreamUnavailable):
        await database.audit_refusal(
            kit.caller(), "write_note", "case-work", "not-found", rule_id=None, request_id=kit.request
        )
    await owner.execute("grant insert on audit to kit_app")


async def test_readiness_says_whether_the_database_answers(database: Database, kit: Any) -> None:
    assert await database.ready()
    nowhere = kit.database(SimpleNamespace(url="postgresql://kit_app:x@127.0.0.1:1/kit", folder=None))
    assert not await nowhere.ready()
    with pytest.raises(UpstreamUnavailable):
        await nowhere.dedicated()
    await nowhere.close()


async def test_opening_waits_for_the_server_and_gives_up(kit: Any, kit_database: Any) -> None:
    nowhere = kit.database(
        SimpleNamespace(url="postgresql://kit_app:x@127.0.0.1:1/kit", folder=kit_database.folder)
    )
    with pytest.raises(UpstreamUnavailable, match="cannot be reached: ConnectionRefusedError"):
        await nowhere.open(patience=0.3)
    await nowhere.close()


async def test_opening_says_that_a_password_is_wrong(kit: Any, kit_database: Any) -> None:
    url = re.sub(r":[^:@]+@", ":wrong@", kit_database.url)
    wrong = kit.database(SimpleNamespace(url=url, folder=kit_database.folder))
    with pytest.raises(UpstreamUnavailable, match="cannot be reached: InvalidPasswordError"):
        await wrong.open(patience=0)
    await wrong.close()


def _cut_while_checked(monkeypatch: pytest.MonkeyPatch, owner: Any, times: float) -> list[int]:
    """The server ends the session of the first checks; gives the sessions that were checked."""
    check, checked = safety.check, list[int]()

    async def cut(connection: Any, **kwargs: Any) -> None:
        checked.append((await connection.execute(text("select pg_backend_pid()"))).scalar_one())
        if len(checked) <= times:
            await owner.fetchval("select pg_terminate_backend($1)", checked[-1])
        await check(connection, **kwargs)

    monkeypatch.setattr("services.kit.safety.check", cut)
    return checked


async def test_a_server_that_goes_away_while_it_is_checked_is_waited_for(
    kit: Any, kit_database: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = _cut_while_checked(monkeypatch, owner, times=2)
    database = kit.database(kit_database)
    await database.open()
    assert len(set(checked)) == 3
    assert await database.ready()
    await database.close()


async def test_opening_gives_up_a_server_that_goes_away_at_every_check(
    kit: Any, kit_database: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = _cut_while_checked(monkeypatch, owner, times=math.inf)
    database = kit.database(kit_database)
    with pytest.raises(UpstreamUnavailable, match="the database cannot be reached: "):
        await database.open(patience=0.3)
    assert len(checked) > 1
    await database.close()


async def test_a_connection_that_the_driver_lost_count_of_is_an_outage_and_not_used_again(
    kit: Any, kit_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asyncpg says when the server dies between two messages, here while it takes itself for open."""
    database = kit.database(kit_database, pool_size=1)
    session = text("select pg_backend_pid()")

    async def lost(*_: object, **__: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12")

    async def lose() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            sessions.append((await work.conn.execute(session)).scalar_one())
            with monkeypatch.context() as patch:
                patch.setattr(asyncpg.Connection, "prepare", lost)
                await work.conn.execute(COUNT)

    sessions: list[int] = []
    with pytest.raises(UpstreamUnavailable):
        await lose()
    async with database.work(kit.permit(), kit.request) as work:
        assert (await work.conn.execute(session)).scalar_one() not in sessions
    await database.close()


async def test_opening_refuses_an_unsafe_database_at_once(
    kit: Any, kit_database: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = _cut_while_checked(monkeypatch, owner, times=0)
    as_owner = kit.database(SimpleNamespace(url=kit_database.owner_url, folder=kit_database.folder))
    with pytest.raises(UnsafeDatabase, match="kit_owner"):
        await as_owner.open()
    assert len(checked) == 1, "it is not asked again"
    await as_owner.close()


async def test_a_session_has_its_limits(database: Database, kit: Any) -> None:
    async with database.work(kit.permit(), kit.request) as work:
        for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert (await work.conn.execute(text(f"show {setting}"))).scalar_one() != "0"
        assert (await work.conn.execute(text("show timezone"))).scalar_one() == "UTC"
