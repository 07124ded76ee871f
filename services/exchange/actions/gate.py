"""How many messages are worked on at once; the surplus is told to come again, at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from services.kit.problem import Overloaded

RETRY_AFTER: Final = {"Retry-After": "1"}


class Gate:
    """A number of places, and a short queue before them."""

    def __init__(self, *, places: int, queue: int, patience: float) -> None:
        """``patience``: the longest wait in the queue, in seconds."""
        self._free = asyncio.Semaphore(places)
        self._queue, self._patience = queue, patience
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place, for as long as the block runs; Overloaded when the queue is full or does not move."""
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if self._waiting >= self._queue:
            raise Overloaded(headers=RETRY_AFTER)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded(headers=RETRY_AFTER) from None
        finally:
            self._waiting -= 1
