import asyncio
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.kit.db import Database
from services.kit.sequencer import Cursor, Sequencer, current_epoch

INSERT = "insert into event (id, stream, version) values ($1, $2, $3)"
POSITIONS = "select position, event_id from event_position order by position"
COUNT = "select count(*) from event_position"
PROGRAM = """
import asyncio, sys
from pathlib import Path
from services.kit.clock import SystemClock
from services.kit.db import Database
from services.kit.sequencer import Sequencer
async def main():
    database = Database(sys.argv[1], service="kit", clock=SystemClock(), audit_key=bytes(32))
    await Sequencer(database, ("audit", "event")).run(asyncio.Event())
asyncio.run(main())
"""


@pytest.fixture
async def raw(kit_database: Any) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    async with asyncpg.create_pool(kit_database.url, min_size=2, max_size=12) as pool:
        yield pool


async def _write(pool: "asyncpg.Pool[asyncpg.Record]", stream: str, count: int, seed: int) -> list[UUID]:
    """Writes a stream's versions one after the other; some transactions abort, some linger."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    written: list[UUID] = []
    version = 0
    while len(written) < count:
        event_id = uuid4()
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(INSERT, event_id, stream, version)
            await asyncio.sleep(chance.choice([0, 0, 0.001, 0.02]))
            if chance.random() < 0.2:
                await transaction.rollback()
                continue
            await transaction.commit()
        written.append(event_id)
        version += 1
    return written


async def _follow(pool: "asyncpg.Pool[asyncpg.Record]", until: int) -> list[UUID]:
    """A consumer: reads after its cursor, never looks back."""
    seen: list[UUID] = []
    while len(seen) < until:
        rows = await pool.fetch(
            "select position, event_id from event_position where position > $1 order by position limit 7",
            len(seen) - 1,
        )
        assert [row["position"] for row in rows] == list(range(len(seen), len(seen) + len(rows)))
        seen += [row["event_id"] for row in rows]
        await asyncio.sleep(0.002)
    return seen


async def _check(pool: "asyncpg.Pool[asyncpg.Record]", written: list[list[UUID]]) -> None:
    rows = await pool.fetch(POSITIONS)
    assert [row["position"] for row in rows] == list(range(len(rows)))
    assert {row["event_id"] for row in rows} == {event for stream in written for event in stream}
    for stream in written:
        ours = [row["event_id"] for row in rows if row["event_id"] in set(stream)]
        assert ours == stream, "the versions of a stream keep their order"
    assert await pool.fetchval(COUNT) == sum(map(len, written))


async def test_many_writers_aborts_and_two_sequencers_leave_no_gap_and_miss_nothing(
    database: Database, raw: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    stop = asyncio.Event()
    working = [asyncio.create_task(Sequencer(database, ("audit", "event")).run(stop)) for _ in range(2)]
    follower = asyncio.create_task(_follow(raw, 8 * 40))
    written = await asyncio.gather(*(_write(raw, f"stream-{n}", 40, n) for n in range(8)))
    seen = await asyncio.wait_for(follower, 20)
    stop.set()
    await asyncio.gather(*working)
    assert len(set(seen)) == 8 * 40
    await _check(raw, list(written))


async def _cut_sessions(kit_database: Any, stop: asyncio.Event) -> int:
    """Ends the sequencers' sessions at random moments."""
    admin, cut = await asyncpg.connect(kit_database.admin_url), 0
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret
    try:
        while not stop.is_set():
            await asyncio.sleep(chance.uniform(0.01, 0.15))
            cut += await admin.fetchval(
                """select count(pg_terminate_backend(pid)) from pg_stat_activity
                   where datname = $1 and query like 'select sequence_%'""",
                kit_database.name,
            )
    finally:
        await admin.close()
    return cut


async def test_a_sequencer_whose_session_is_cut_at_random_moments_does_each_row_once(
    database: Database, raw: "asyncpg.Pool[asyncpg.Record]", kit_database: Any
) -> None:
    stop, calm = asyncio.Event(), asyncio.Event()
    working = asyncio.create_task(Sequencer(database, ("event",)).run(stop))
    cutter = asyncio.create_task(_cut_sessions(kit_database, calm))
    written = await asyncio.gather(*(_write(raw, f"stream-{n}", 60, n) for n in range(6)))
    calm.set()
    assert await cutter > 0
    await asyncio.wait_for(_follow(raw, 6 * 60), 20)
    stop.set()
    await working
    await _check(raw, list(written))


async def test_a_sequencer_goes_on_when_the_driver_has_lost_count_of_its_connection(
    database: Database, raw: "asyncpg.Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asyncpg says when the server dies between the two messages of a statement."""
    move, tries = Sequencer._move, iter([True])

    async def lost_once(self: Sequencer, connection: Any) -> int:
        if next(tries, False):
            raise asyncpg.InternalClientError("cannot switch to state 12")
        return await move(self, connection)

    monkeypatch.setattr(Sequencer, "_move", lost_once)
    stop = asyncio.Event()
    working = asyncio.create_task(Sequencer(database, ("event",)).run(stop))
    written = await _write(raw, "stream", 5, 3)
    await asyncio.wait_for(_follow(raw, 5), 20)
    stop.set()
    await working
    await _check(raw, [written])


async def _program(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, url, cwd=Path(__file__).parents[2]
    )


@pytest.mark.slow
async def test_a_killed_sequencer_is_relieved_by_the_one_that_stands_by(
    kit_database: Any, raw: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    programs = [await _program(kit_database.url)]
    try:
        first = await _write(raw, "before", 20, 1)
        await asyncio.wait_for(_follow(raw, 20), 20)
        programs.append(await _program(kit_database.url))
        programs[0].kill()
        await programs[0].wait()
        second = await _write(raw, "after", 20, 2)
        await asyncio.wait_for(_follow(raw, 40), 20)
    finally:
        for program in programs:
            if program.returncode is None:
                program.kill()
                await program.wait()
    await _check(raw, [first, second])


async def test_a_committed_row_has_its_position_within_100_ms(
    database: Database, raw: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(Sequencer(database, ("event",)).run(stop))
    waits, loop = [], asyncio.get_running_loop()
    for number in range(15):
        await raw.execute(INSERT, uuid4(), "stream", number)
        began = loop.time()
        while await raw.fetchval(COUNT) <= number:  # noqa: ASYNC110 - what we wait for is in the database
            await asyncio.sleep(0.001)
        waits.append(loop.time() - began)
    stop.set()
    await working
    assert sorted(waits)[len(waits) // 2] < 0.1


async def test_the_service_can_neither_take_a_row_out_of_the_queue_nor_write_a_position(
    raw: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    await raw.execute(INSERT, uuid4(), "stream", 0)
    for forbidden in (
        "delete from event_pending",
        "select * from event_pending",
        "insert into event_position select 0, id, 'x' from event",
        "delete from event_position",
        "update event set version = 1",
        "delete from event",
        "truncate event",
        "update audit set actor = 'x'",
        "delete from audit",
        "insert into log_epoch (epoch, reason) values ('aaaaaaaaaaaa', 'x')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await raw.execute(forbidden)


async def test_the_auditor_reads_and_cannot_move_rows(kit_database: Any) -> None:
    auditor = await asyncpg.connect(kit_database.auditor_url)
    try:
        assert await auditor.fetchval("select count(*) from audit") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await auditor.fetchval("select sequence_audit(1)")
    finally:
        await auditor.close()


async def test_the_epoch_is_that_of_the_migration_until_another_begins(
    database: Database, kit: Any, kit_database: Any, raw: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    await raw.execute(INSERT, uuid4(), "stream", 0)
    await Sequencer(database, ("event",)).drain()
    owner = await asyncpg.connect(kit_database.owner_url)
    try:
        await owner.execute("insert into log_epoch (epoch, reason) values ('0123456789ab', 'restore')")
    finally:
        await owner.close()
    async with database.work(kit.permit(), kit.request) as work:
        old = (await work.conn.execute(text("select epoch from event_position"))).scalar_one()
        assert await current_epoch(work.conn) == "0123456789ab" != old
    assert Cursor.parse(f"{old}.0") == Cursor(old, 0)


@given(st.from_regex(r"[0-9a-f]{12}", fullmatch=True), st.integers(0, 10**18 - 1))
def test_a_cursor_is_read_as_it_is_written(epoch: str, position: int) -> None:
    assert Cursor.parse(str(Cursor(epoch, position))) == Cursor(epoch, position)


@pytest.mark.parametrize(
    "cursor", ["", "0", "0123456789ab.", "0123456789ab.01", "0123456789ab.-1", "x.1", "0123456789ab.\u0661"]
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="a cursor is"):
        Cursor.parse(cursor)
