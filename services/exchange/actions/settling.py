"""T2 of what the case register took: many rows in one transaction, right after the senders are answered.

The answer need not wait for it. The register has committed the referral; T1 has committed the message and
the audit log's row. Until T2 the inbox's row waits: a repetition or the worker asks the register again, which
takes the same reference any number of times with one effect. So a lost T2 is repaired, and loses nothing.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final
from uuid import UUID

from services.exchange.model.inbox import HandedOver
from services.exchange.store import inbox
from services.kit import log
from services.kit.db import Database
from services.kit.ids import new_id
from services.kit.policy import Permit

LINGER: Final = 0.03  # seconds in which rows gather
AT_ONCE: Final = 200
MOST_WAITING: Final = 10_000  # beyond, the worker repairs
_log = log.get_logger(__name__)


class Settler:
    """Gathers what was taken, and writes it down; :meth:`run` is its life."""

    def __init__(self, database: Database, permit: Permit) -> None:
        """``permit``: the intake worker's."""
        self._database, self._permit = database, permit
        self._waiting: deque[inbox.Outcome] = deque(maxlen=MOST_WAITING)
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def take(self, row_id: UUID, reference: str, settled: HandedOver) -> None:
        """Notes what is to be written: the row, the reference that the register told, how it stands."""
        self._waiting.append(inbox.Outcome(row_id, reference, settled))
        self._idle.clear()
        self._some.set()

    async def run(self) -> None:
        """Writes until it is cancelled; what the database does not take is left to the worker."""
        while True:
            await self._some.wait()
            await asyncio.sleep(LINGER)
            await self.flush()

    async def flush(self) -> None:
        """Writes everything that waits."""
        self._some.clear()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            try:
                async with self._database.work(self._permit, str(new_id())) as work:
                    await inbox.hand_over_many(work, batch)
                    work.audit("update", [each.row_id for each in batch], ("basic",))
            except Exception as error:  # noqa: BLE001 - whatever it is, the worker repairs these rows
                _log.warning("outcomes-not-written", count=len(batch), exc_info=error)
        self._idle.set()

    async def idle(self) -> None:
        """Waits until nothing waits."""
        await self._idle.wait()

    async def close(self, task: "asyncio.Task[None]") -> None:
        """Ends the task, and writes what is left."""
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await self.flush()
