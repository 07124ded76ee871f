"""Load at a given rate, whatever is answered (open loop), or as fast as answers come (closed loop)."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import aiohttp

_SECONDS: Final = 30.0
_MOST: Final = 512

Ask = Callable[[aiohttp.ClientSession], Awaitable[str]]
"""One request; what the answer told, nothing when it was not good."""


@dataclass(slots=True)
class Measured:
    """Latencies in seconds of good answers, from the moment at which a request was due; errors; wall time.

    ``told`` counts what good answers told.
    """

    latencies: list[float] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


async def _one(session: aiohttp.ClientSession, ask: Ask, due: float, found: Measured) -> None:
    try:
        told = await ask(session)
    except (aiohttp.ClientError, TimeoutError, OSError):
        told = ""
    if told:
        found.told[told] += 1
        found.latencies.append(time.perf_counter() - due)
    else:
        found.errors += 1


def _session(most: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=most), timeout=aiohttp.ClientTimeout(total=_SECONDS)
    )


async def open_loop(asks: Iterable[Ask], rate: float) -> Measured:
    """Sends each request when it is due; a late answer delays nobody, and waits count from the due time."""
    found = Measured()
    async with _session(_MOST) as session:
        began = time.perf_counter()
        tasks = []
        for number, ask in enumerate(asks):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(_one(session, ask, due, found)))
        await asyncio.gather(*tasks)
        found.seconds = time.perf_counter() - began
    return found


async def closed_loop(asks: Iterable[Ask], connections: int, seconds: float) -> Measured:
    """So many callers, each with one request under way, until the time or the requests are over."""
    found = Measured()
    source = iter(asks)
    async with _session(connections) as session:
        began = time.perf_counter()

        async def caller() -> None:
            for ask in source:
                due = time.perf_counter()
                if due - began > seconds:
                    return
                await _one(session, ask, due, found)

        await asyncio.gather(*(caller() for _ in range(connections)))
        found.seconds = time.perf_counter() - began
    return found
