"""The sequencer: gives committed rows of a log their positions, dense from 0, within 100 ms of the commit.

A chain or a counter kept inside the business transactions would make them wait for each other; a plain
sequence has gaps and is not in the order of commits: a reader with a cursor would miss rows. Here a row waits
in ``<log>_pending`` (see ``kit.schema``) and one process moves it when its commit is seen. What moves it is
one statement, for all logs of the database: it happens wholly or not at all, whenever this process dies.

The trees grow some times a second: a growth costs as much as a request, and nobody waits for a leaf as a
reader of a feed waits for its position.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import log, logtree, outage
from services.kit.db import Database
from services.kit.logtree import GapError, LogTree
from services.kit.problem import UpstreamUnavailable
from services.kit.stopping import pause

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

PAUSE_SECONDS: Final = 0.08  # a row has its position within 100 ms of its commit
GROWTH_SECONDS: Final = 0.5  # between two growths of the trees; a checkpoint is younger than a second
STANDBY_SECONDS: Final = 0.25  # between two looks whether the one that works is gone
FIRST_BACK_OFF_SECONDS: Final = 0.1
LONGEST_BACK_OFF_SECONDS: Final = 2.0
BATCH: Final = 500
# A stopped process keeps its connection, and with it the lock: the server ends a session that says nothing.
_SETTINGS: Final = {"idle_session_timeout": "5s"}
_LOCK: Final = 7_261_001
_LOG_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_CURSOR: Final = re.compile(r"([0-9a-f]{12})\.(0|[1-9][0-9]{0,17})")
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a log: the epoch in which it was read, and the position."""

    epoch: str
    position: int

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Reads ``<epoch>.<position>``; ValueError for anything else."""
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise ValueError("a cursor is an epoch, a point and a position")
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.epoch}.{self.position}"


async def current_epoch(connection: AsyncConnection) -> str:
    """The epoch of cursors now; another one than a consumer's means: read again from zero."""
    found = await connection.execute(text("select epoch from log_epoch order by number desc limit 1"))
    return str(found.scalar_one())


class Sequencer:
    """Moves the rows of some logs of one database. Any number may run: one works, the others stand by.

    With trees, the leaves of their logs go into them as soon as they have their positions.
    """

    def __init__(self, database: Database, logs: Sequence[str] = ("audit",), *trees: LogTree) -> None:
        for name in logs:
            if not _LOG_NAME.fullmatch(name):
                raise ValueError("a log is named like its table")
        self._database = database
        # The trees that may be behind their logs: what was there before this process is looked at once.
        self._trees = {tree.log: tree for tree in trees}
        self._behind = set(self._trees)
        self._grown = 0.0
        self._logs = tuple(logs)
        self._statement = "select " + ", ".join(f"sequence_{name}($1)" for name in logs)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``; a lost database is waited for, with back-off."""
        back_off = FIRST_BACK_OFF_SECONDS
        while not stop.is_set():
            try:
                connection = await self._database.dedicated(_SETTINGS)
            except UpstreamUnavailable:
                _log.warning("sequencer-without-database", delay_ms=round(back_off * 1000))
                await pause(stop, back_off)
                back_off = min(2 * back_off, LONGEST_BACK_OFF_SECONDS)
                continue
            back_off = FIRST_BACK_OFF_SECONDS
            try:
                await self._work(connection, stop)
            except outage.DRIVER_ERRORS as error:
                if not outage.is_outage(error):
                    raise
                _log.warning("sequencer-lost-database", cause=type(error).__name__)
                await pause(stop, back_off)
            finally:
                await _close(connection)

    async def drain(self) -> None:
        """Moves what is committed now, once; for tests and for a last look before stopping."""
        connection = await self._database.dedicated()
        try:
            while await self._move(connection):
                pass
            while self._behind:
                await self._grow_all(connection)
        finally:
            await _close(connection)

    async def _work(self, connection: "Connection", stop: asyncio.Event) -> None:
        while not stop.is_set() and not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            await pause(stop, STANDBY_SECONDS)
        while not stop.is_set():
            moved = await self._move(connection)
            if self._behind and monotonic() - self._grown >= GROWTH_SECONDS:
                self._grown = monotonic()
                await self._grow_all(connection)
            if moved < BATCH:
                await pause(stop, PAUSE_SECONDS)

    async def _move(self, connection: "Connection") -> int:
        """The most that was moved of one log."""
        (moved,) = await connection.fetch(self._statement, BATCH)
        counts: dict[str, int] = dict(zip(self._logs, moved, strict=True))
        self._behind |= {name for name, count in counts.items() if count and name in self._trees}
        return max(counts.values())

    async def _grow_all(self, connection: "Connection") -> None:
        for name in sorted(self._behind):
            await self._grow(self._trees[name], connection)

    async def _grow(self, tree: LogTree, connection: "Connection") -> None:
        try:
            if await tree.grow(connection) < logtree.BATCH:
                self._behind.discard(tree.log)
        except GapError as error:
            # Consumers need their positions all the same; that no checkpoint comes is what a witness sees.
            _log.error("log-tree-stopped", cause=type(error).__name__)
            self._behind.discard(tree.log)
            del self._trees[tree.log]


async def _close(connection: "Connection") -> None:
    """Closes politely, or cuts: a dead server does not hold us up."""
    try:
        await connection.close(timeout=1)
    except outage.DRIVER_ERRORS:
        connection.terminate()
