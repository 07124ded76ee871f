import asyncio
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
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


class Writers:
    """Clients that keep their own account of what was acknowledged."""

    def __init__(self, database: Database, kit: Any) -> None:
        self._database, self._kit = database, kit
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self.stop = asyncio.Event()

    async def write(self, writer: int) -> None:
        for number in itertools.count():
            if self.stop.is_set():
                return
            words = f"{writer}-{number}"
            try:
                async with self._database.work(self._kit.permit(), self._kit.request) as work:
                    await work.conn.execute(INSERT, {"words": words})
                    work.audit("create", [words])
                self.acknowledged.append(words)
            except UpstreamUnavailable:
                self.refused.append(words)
                await asyncio.sleep(0.02)

    async def until_more(self, count: int) -> None:
        enough = len(self.acknowledged) + count
        async with asyncio.timeout(20):
            while len(self.acknowledged) < enough:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.01)


async def _write_while_it_is_killed(cluster: Cluster, database: Database, kit: Any) -> Writers:
    writers = Writers(database, kit)
    tasks = [asyncio.create_task(writers.write(number)) for number in range(6)]
    for _ in range(3):
        await writers.until_more(20)
        await asyncio.to_thread(cluster.kill)
        await asyncio.to_thread(cluster.start)
    await writers.until_more(20)
    writers.stop.set()
    await asyncio.gather(*tasks)
    return writers


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9_and_the_same_pool_goes_on(
    own_cluster: Cluster, kit: Any
) -> None:
    where = SimpleNamespace(url=own_cluster.url("kit", "kit_app"), folder=MIGRATIONS)

    async def run() -> None:
        database = kit.database(where, pool_size=4)
        await database.open()
        writers = await _write_while_it_is_killed(own_cluster, database, kit)
        await database.close()
        admin = await asyncpg.connect(own_cluster.url("kit", "postgres"))
        kept = {row["words"] for row in await admin.fetch("select words from note")}
        rows = await admin.fetchval("select count(*) from audit")
        await admin.close()
        assert writers.refused, "the outage was seen"
        assert set(writers.acknowledged) <= kept
        assert rows == len(kept), "each change has its row, and no other"

    asyncio.run(run())


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
    assert outage.sqlstate(ValueError("x")) == ""


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), asyncpg.InterfaceError("closed"), asyncpg.InternalClientError("state")]
)
def test_a_driver_that_lost_its_connection_says_so_in_several_ways(error: Exception) -> None:
    assert outage.is_outage(error)
    assert isinstance(error, outage.DRIVER_ERRORS)


async def test_the_log_tells_the_cause_without_its_words(
    database: Database, kit: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    raising = text("do $$ begin raise exception 'very-secret' using errcode = '53100'; end $$")
    with pytest.raises(UpstreamUnavailable):
        async with database.work(kit.permit(), kit.request) as work:
            await work.conn.execute(raising)
    line = capsys.readouterr().out
    assert '"event": "database-unavailable"' in line
    assert '"cause": "DiskFullError"' in line
    assert '"reason": "sqlstate-53100"' in line
    assert "very-secret" not in line
