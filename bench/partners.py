"""What partners see: how long until they are told, and how fast a queue drains once they are back."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
import asyncpg

from bench import load
from system.run import System

STAR: Final = "ee-dev/GOV/70009770/star"
_TOLD: Final = """
    select extract(epoch from o.settled_at - i.received_at)::float8
    from outbox o join inbox i on i.reference = o.reference
    where o.state = 'delivered' and o.kind = 'submitChildNotice' and i.received_at >= $1
"""
_NOW: Final = "select clock_timestamp()"
_QUEUED: Final = "select count(*) from outbox where state = 'waiting' and partner = $1"
_NOT_HANDED_OVER: Final = "select count(*) from inbox where state = 'received'"
_CREATED: Final = 201
_OK: Final = 200


async def round_trip(database: asyncpg.Connection, asks: Sequence[load.Ask], rate: float) -> dict[str, Any]:
    """From the receipt of a referral to the notice about its child taken by the partner, in milliseconds.

    Both times are those of the exchange, on one clock; the notice counts when the partner has answered it.
    """
    since = await database.fetchval(_NOW)
    found = await load.open_loop(asks, rate)
    waits: list[float] = []
    until = time.monotonic() + 60
    while len(waits) < len(found.latencies) and time.monotonic() < until:
        await asyncio.sleep(0.5)
        waits = sorted(row[0] for row in await database.fetch(_TOLD, since))
    return {
        "name": f"referral in to notice at the partner, {rate:.0f}/s",
        "per_second": round(found.rate, 1),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 1) if waits else None,
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1) if waits else None,
        "answers": len(waits),
        "errors": found.errors,
    }


async def drain(
    system: System, database: asyncpg.Connection, asks: Sequence[load.Ask], notices: int, token: str
) -> dict[str, Any]:
    """Seconds from the partner's return until so many notices that waited for it are delivered."""
    base = f"{system.api_url}/api/exchange/v1/pauses"
    headers = {"Authorization": f"Bearer {token}", "X-Purpose": "operations"}
    async with aiohttp.ClientSession(headers=headers) as http:
        paused = await _said(http, base, {"partner": STAR, "reason": "our-maintenance"}, _CREATED)
        while (waiting := await database.fetchval(_QUEUED, STAR)) < notices:
            await load.closed_loop(asks[: min(500, notices - waiting)], 16, 600)
            asks = asks[500:]
            while await database.fetchval(_NOT_HANDED_OVER):  # noqa: ASYNC110 - as below
                await asyncio.sleep(0.2)
            await asyncio.sleep(2)  # the feed has told of them
        began = time.perf_counter()
        await _said(http, f"{base}/{paused['id']}/resume", None, _OK)
        while await database.fetchval(_QUEUED, STAR):  # noqa: ASYNC110 - another process moves them
            await asyncio.sleep(0.1)
    seconds = time.perf_counter() - began
    return {
        "name": f"{waiting} notices drained",
        "seconds": round(seconds, 1),
        "per_second": round(waiting / seconds, 1),
    }


async def _said(
    http: aiohttp.ClientSession, url: str, body: Mapping[str, str] | None, expected: int
) -> dict[str, Any]:
    async with http.post(url, json=body) as answer:
        told: dict[str, Any] = await answer.json(content_type=None)
        if answer.status != expected:
            raise RuntimeError(f"{url}: {answer.status} {told.get('type')}")
        return told
