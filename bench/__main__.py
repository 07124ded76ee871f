"""`python -m bench`: the figures of the README's promise, as a table and as JSON under bench/results/."""

import asyncio
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from bench import intake, messages, partners, peers, reads, running, tracker
from bench.results import Results
from system.run import System


class Part(StrEnum):
    """What can be measured by itself."""

    OPEN = "open"
    CLOSED = "closed"
    ALONE = "alone"
    READS = "reads"
    TRACKER = "tracker"
    ROUND_TRIP = "round-trip"
    DRAIN = "drain"
    PEERS = "peers"


_IMMEDIATE: Final = {Part.OPEN, Part.CLOSED, Part.READS, Part.TRACKER, Part.ROUND_TRIP, Part.DRAIN}
_DEFERRED: Final = {Part.OPEN, Part.CLOSED, Part.ALONE}


async def _immediate(results: Results, system: System, parts: set[Part], seconds: float, rate: float) -> None:
    if Part.OPEN in parts:
        await intake.offered(results, system, "immediate", seconds, rate)
    if Part.CLOSED in parts:
        await intake.closed(results, system, "immediate", seconds / 4)
    if Part.READS in parts:
        await reads.whole_referrals(results, system, seconds / 4)
    if Part.TRACKER in parts:
        await tracker.silence(results, system, seconds)
    if Part.ROUND_TRIP in parts:
        await partners.round_trips(results, system, seconds / 2)
    if Part.DRAIN in parts:
        await partners.drain(results, system)


async def _deferred(results: Results, system: System, parts: set[Part], seconds: float, rate: float) -> None:
    if Part.OPEN in parts:
        await intake.offered(results, system, "deferred", seconds, rate)
    if Part.CLOSED in parts:
        await intake.closed(results, system, "deferred", seconds / 4)
    if Part.ALONE in parts:
        await intake.alone(results, system, seconds / 4)
    if parts & {Part.CLOSED, Part.ALONE}:
        await intake.bare(results, system, seconds / 4)


async def _all(results: Results, parts: set[Part], seconds: float, rate: float) -> None:
    with tempfile.TemporaryDirectory(prefix="turvavork-bench-") as folder:
        for hand_over, measure, needing in (
            ("immediate", _immediate, _IMMEDIATE),
            ("deferred", _deferred, _DEFERRED),
        ):
            if not parts & needing:
                continue
            async with running.system(Path(folder) / "data", hand_over) as (system, took):
                results.add({"name": f"start-up ({hand_over})", "seconds": round(took, 2)})
                await measure(results, system, parts, seconds, rate)
        if Part.PEERS in parts:
            for peer in peers.PEERS:
                home = Path(folder) / "peers"
                results.add(await peers.measure(peer, home, messages.soap(2000), seconds / 4))


def main(
    seconds: Annotated[
        float, typer.Option(help="Length of the open loop; closed loops take a quarter.")
    ] = 60,
    rate: Annotated[float, typer.Option(help="Referrals per second that are offered.")] = 150,
    only: Annotated[list[Part] | None, typer.Option(help="Measure this part; may be repeated.")] = None,
) -> None:
    """Measure intake (open and closed loop, next to the floor), reads, notices, silence, peers, start-up."""
    results = Results(seconds=seconds, rate=rate)
    asyncio.run(_all(results, set(only or Part), seconds, rate))
    results.show()


if __name__ == "__main__":
    typer.run(main)
