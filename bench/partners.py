"""What partners see: how long until they are told, and how fast a queue drains once they are back."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import asyncpg

from bench import cpu, load, messages, running
from bench.results import Results, row
from system.demo.run import development_tokens
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
NOTICES: Final = 5_000
RATES: Final = (50.0, 100.0)
_CREATED: Final = 201
_OK: Final = 200


async def round_trips(results: Results, system: System, seconds: float) -> None:
    """From the receipt of a referral to the notice about its child taken by the partner.

    Both times are those of the exchange, on one clock; the notice counts when the partner has answered it.
    """
    async with running.database(system, "exchange") as database:
        for rate in RATES:
            bodies = messages.about_children(int(rate * seconds))
            since = await database.fetchval(_NOW)
            before = cpu.used(system)
            found = await load.open_loop(running.soap(running.soap_url(system), bodies), rate)
            left = await running.quiet(system)
            spent = cpu.per_answer(before, cpu.used(system), len(found.latencies))
            found.latencies = [told[0] for told in await database.fetch(_TOLD, since)]
            name = f"referral in to notice at the partner, {rate:.0f}/s"
            results.add({**row(name, found), "per_second": rate, "left": left, "cpu_ms": spent})


async def drain(results: Results, system: System) -> None:
    """Seconds from the partner's return until the notices that waited for it are delivered."""
    base = f"{system.api_url}/api/exchange/v1/pauses"
    token = development_tokens(system.layout.keys)("operator", None)
    headers = {"Authorization": f"Bearer {token}", "X-Purpose": "operations"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        running.database(system, "exchange") as database,
    ):
        paused = await _said(http, base, {"partner": STAR, "reason": "our-maintenance"}, _CREATED)
        waiting = await _queued(system, database)
        before = cpu.used(system)
        began = time.perf_counter()
        await _said(http, f"{base}/{paused['id']}/resume", None, _OK)
        while await database.fetchval(_QUEUED, STAR):  # noqa: ASYNC110 - another process moves them
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - began
        results.add(
            {
                "name": f"{waiting} notices drained",
                "seconds": round(seconds, 1),
                "per_second": round(waiting / seconds, 1),
                "cpu_ms": cpu.per_answer(before, cpu.used(system), waiting),
            }
        )


async def _queued(system: System, database: asyncpg.Connection) -> int:
    """Referrals until enough notices wait; how many do."""
    while (waiting := await database.fetchval(_QUEUED, STAR)) < NOTICES:
        bodies = messages.about_children(min(500, NOTICES - waiting))
        await load.closed_loop(running.soap(running.soap_url(system), bodies), 16, 600)
        while await database.fetchval(_NOT_HANDED_OVER):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.2)
        await asyncio.sleep(2)  # the feed has told of them
    return waiting


async def _said(
    http: aiohttp.ClientSession, url: str, body: Mapping[str, str] | None, expected: int
) -> dict[str, Any]:
    async with http.post(url, json=body) as answer:
        told: dict[str, Any] = await answer.json(content_type=None)
        if answer.status != expected:
            raise RuntimeError(f"{url}: {answer.status} {told.get('type')}")
        return told
