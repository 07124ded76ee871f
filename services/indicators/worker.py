"""What happens without a caller: events become facts, and audit rows get their places."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.indicators.actions.consuming import Consumer
from services.kit import log
from services.kit.problem import Problem
from services.kit.sequencer import Sequencer
from services.kit.stopping import pause, unless
from services.kit.witness import Watch

FIRST_PAUSE: Final = 0.2
#: After less than this many events the next poll waits, in seconds: a poll costs more than an event.
MANY: Final = 100
GATHERING: Final = 0.25
LONGEST_PAUSE: Final = 10.0

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
        back_off = FIRST_PAUSE
        while not stop.is_set():
            try:
                found = await unless(stop, self._consumer.step())
                if found is not None and found < MANY:
                    await pause(stop, GATHERING)
                back_off = FIRST_PAUSE
            except Problem as problem:
                _log.warning("feed-not-read", problem=problem.slug, delay_ms=round(back_off * 1000))
                await pause(stop, back_off)
                back_off = min(2 * back_off, LONGEST_PAUSE)
