import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.kit import migrate, outage
from services.kit.db import Database
from services.kit.problem import UpstreamUnavailable
from system import databases
from system.postgres import Cluster

INSERT = text("insert into note values (gen_random_uuid(), 'polva', :words)")
MIGRATIONS = Path(__file__).parent / "migrations"


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A cluster that may be killed."""
    with Cluster.temporary() as running:
        asyncio.run(databases.prepare(running.admin_url, "kit", running.passwords))
        migrate.upgrade("kit", running.url("kit", "kit_owner"), folder=MIGRATIONS)
        yield running


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9_and_the_same_pool_goes_on(
    own_cluster: Cluster, kit: Any
) -> None:
    """Writers note what was acknowledged; PostgreSQL is killed and restarted under them, three times."""
    acknowledged: list[str] = []
    refused: list[str] = []

    async def write(database: Database, writer: int, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            words = f"{writer}-{number}"
            number += 1
            try:
                async with database.work(kit.permit(), kit.request) as work:
                    await work.conn.execute(INSERT, {"words": words})
                    work.audit("create", [words])
                acknowledged.append(words)
            except UpstreamUnavailable:
                refused.append(words)
                await asyncio.sleep(0.02)

    async def run() -> tuple[int, int]:
        database = Database(
            own_cluster.url("kit", "kit_app"),
            service="kit",
            clock=kit.clock(),
            audit_key=bytes(32),
            migrations=MIGRATIONS,
            pool_size=4,
        )
        await database.open()
        stop = asyncio.Event()
        writers = [asyncio.create_task(write(database, number, stop)) for number in range(6)]
        for _ in range(3):
            await asyncio.sleep(0.3)
            await asyncio.to_thread(own_cluster.kill)
            await asyncio.to_thread(own_cluster.start)
            before = len(acknowledged)
            async with asyncio.timeout(10):
                while len(acknowledged) < before + 20:  # noqa: ASYNC110 - writers have no event
                    await asyncio.sleep(0.01)
        stop.set()
        await asyncio.gather(*writers)
        await database.close()
        admin = await asyncpg.connect(own_cluster.url("kit", "postgres"))
        kept = {row["words"] for row in await admin.fetch("select words from note")}
        rows = await admin.fetchval("select count(*) from audit")
        await admin.close()
        assert set(acknowledged) <= kept
        return len(kept), rows

    kept, rows = asyncio.run(run())
    assert refused, "the outage was seen"
    assert kept == rows, "each change has its row, and no other"


async def test_a_server_that_hangs_is_a_503(
    kit_database: Any, kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kit.db.COMMAND_SECONDS", 0.3)
    database = kit.database(kit_database, pool_size=1)
    pid = 0

    async def ask_a_stopped_server() -> None:
        nonlocal pid
        async with database.work(kit.permit(), kit.request) as work:
            pid = (await work.conn.execute(text("select pg_backend_pid()"))).scalar_one()
            os.kill(pid, signal.SIGSTOP)
            await work.conn.execute(text("select 1"))

    try:
        with pytest.raises(UpstreamUnavailable):
            await ask_a_stopped_server()
    finally:
        os.kill(pid, signal.SIGCONT)
    async with database.work(kit.permit(), kit.request) as work:
        assert (await work.conn.execute(text("select 1"))).scalar_one() == 1
    await database.close()


@pytest.mark.parametrize(
    ("sqlstate", "raised"),
    [
        ("08006", UpstreamUnavailable),
        ("53100", UpstreamUnavailable),
        ("53300", UpstreamUnavailable),
        ("57P01", UpstreamUnavailable),
        ("57P03", UpstreamUnavailable),
        ("57014", UpstreamUnavailable),
        ("58030", UpstreamUnavailable),
        ("55P03", UpstreamUnavailable),
        ("40P01", UpstreamUnavailable),
        ("25006", UpstreamUnavailable),
        ("23505", DBAPIError),
        ("42501", DBAPIError),
        ("22001", DBAPIError),
        ("25P02", DBAPIError),
        ("XX000", DBAPIError),
    ],
)
async def test_which_errors_of_the_database_are_outages(
    database: Database, kit: Any, sqlstate: str, raised: type[Exception]
) -> None:
    raising = text(f"do $$ begin raise exception 'x' using errcode = '{sqlstate}'; end $$")

    async def go_wrong() -> None:
        async with database.work(kit.permit(), kit.request) as work:
            await work.conn.execute(raising)

    with pytest.raises(raised):
        await go_wrong()


def test_what_is_not_of_the_database_is_no_outage() -> None:
    assert not outage.is_outage(ValueError("x"))
    assert outage.is_outage(ConnectionResetError())
    assert outage.sqlstate(ValueError("x")) == ""
