"""How many referrals are acknowledged in a second, how fast, and at what cost."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Final

from bench import cpu, floor, load, messages, running
from bench.results import Results, row
from system.ports import free_port
from system.run import System

CONNECTIONS: Final = (1, 16, 64)
_MANY: Final = 16
_MOST: Final = 1200  # answers per second that are prepared for


async def offered(results: Results, system: System, hand_over: str, seconds: float, rate: float) -> None:
    """So many referrals a second, whatever is answered."""
    asks = running.soap(running.soap_url(system), messages.soap(int(rate * seconds)))
    found = await load.open_loop(asks, rate)
    results.add(row(f"open loop {rate:.0f}/s, {hand_over}", found, left=await running.quiet(system)))


async def closed(results: Results, system: System, hand_over: str, seconds: float) -> None:
    """As many as the callers get answers for, while whatever follows goes on."""
    for connections in CONNECTIONS:
        asks = running.soap(running.soap_url(system), messages.soap(int(seconds * _MOST)))
        before = cpu.used(system)
        found = await load.closed_loop(asks, connections, seconds)
        left = await running.quiet(system)
        spent = cpu.per_answer(before, cpu.used(system), len(found.latencies))
        results.add(row(f"closed loop {connections}, {hand_over}", found, left=left, cpu_ms=spent))


async def alone(results: Results, system: System, seconds: float) -> None:
    """The acknowledgement by itself: what follows waits until the row is done."""
    count = int(seconds * _MOST)
    for kind, asks in {
        "SOAP": running.soap(running.soap_url(system), messages.soap(count)),
        "REST": running.rest(system, messages.rest(count)),
    }.items():
        with running.without_worker(system):
            before = cpu.used(system)
            found = await load.closed_loop(asks, _MANY, seconds)
            spent = cpu.per_answer(before, cpu.used(system), len(found.latencies))
        left = await running.quiet(system)
        whole = round(sum(spent.values()), 2)
        results.add(
            row(f"{kind} acknowledgement alone, {_MANY}", found, left=left, cpu_ms={**spent, "all": whole})
        )


async def bare(results: Results, system: System, seconds: float) -> None:
    """The floor, and what came near it."""
    bodies = messages.soap(2000)
    async with _floor(running.cluster(system).admin_url) as url:
        for connections in CONNECTIONS:
            found = await load.closed_loop(running.soap(url, cycle(bodies)), connections, seconds)
            results.add(row(f"floor {connections}", found))
    for connections in CONNECTIONS:
        for kind in ("immediate", "deferred"):
            above = f"closed loop {connections}, {kind}"
            results.compare(f"{kind} / floor, {connections}", above, f"floor {connections}")
    for kind in ("SOAP", "REST"):
        above = f"{kind} acknowledgement alone, {_MANY}"
        results.compare(f"{kind} acknowledgement alone / floor, {_MANY}", above, f"floor {_MANY}")


@asynccontextmanager
async def _floor(database_url: str) -> AsyncIterator[str]:
    port = free_port()
    serve = [sys.executable, "-m", "uvicorn", "bench.floor:app", "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603, ASYNC220 - ourselves
        [*serve, "--log-level", "critical", "--no-access-log"],
        env={**os.environ, "FLOOR_DATABASE_URL": database_url},
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        await floor.until_ready(url)
        yield url
    finally:
        process.terminate()
        process.wait()
