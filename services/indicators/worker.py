"""What happens without a caller: events become facts, and audit rows get their places."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from services.indicators.actions.consuming import Consumer
from services.kit import log
from services.kit.problem import Problem
from services.kit.sequencer import Sequencer
from services.kit.witness import Watch

FIRST_PAUSE: Final = 0.2
#: After less than this many events the next poll waits, in seconds: a poll costs more than an event.
MANY: Final = 100
GATHERING: Final = 0.25
LONGEST_PAUSE: Final = 10.0

Result = TypeVar("Result")
_log = log.get_logger(__name__)


class Worker:
    """Runs until it is told to stop; what it needs may come and go meanwhile."""

    def __init__(
        self,
        consumer: Consumer,
        sequencer: Sequencer,
        opened: Callable[[], Awaitable[None]],
        closed: Callable[[], Awaitable[None]],
        watches: Sequence[Watch] = (),
    ) -> None:
        self._consumer = consumer
        self._sequencer = sequencer
        self._opened, self._closed, self._watches = opened, closed, watches

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``; a poll that waits is cut off. Raises UnsafeDatabase at the start."""
        await self._opened()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._sequencer.run(stop))
                tasks.create_task(self._consume(stop))
                for watch in self._watches:
                    tasks.create_task(watch.run(stop))
        finally:
            await self._closed()

    async def _consume(self, stop: asyncio.Event) -> None:
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                found = await _unless(stop, self._consumer.step())
                if found is not None and found < MANY:
                    await _unless(stop, asyncio.sleep(GATHERING))
                pause = FIRST_PAUSE
            except Problem as problem:
                _log.warning("feed-not-read", problem=problem.slug, delay_ms=round(pause * 1000))
                await _unless(stop, asyncio.sleep(pause))
                pause = min(2 * pause, LONGEST_PAUSE)


async def _unless(stop: asyncio.Event, work: Awaitable[Result]) -> Result | None:
    """Waits for work, or for the order to stop: then the work is cut off, and its transaction rolled back."""
    doing = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not doing.done():
            doing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        return await doing
    return None
