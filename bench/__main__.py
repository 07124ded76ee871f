"""`python -m bench`: the figures of the README's promise, as a table and as JSON under bench/results/."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import aiohttp
import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from bench import cpu, floor, load, messages, partners, peers
from bench.load import Ask, Measured
from services.kit.clock import SystemClock
from system.demo.run import development_tokens
from system.options import Options
from system.pgprocess import SUPERUSER
from system.ports import free_port
from system.postgres import Cluster
from system.run import System

RESULTS: Final = Path(__file__).parent / "results"
CONNECTIONS: Final = (1, 16, 64)
NOTICES: Final = 5_000
_WAITING: Final = {
    "exchange": """
        select (select count(*) from inbox where state = 'received')
            + (select count(*) from outbox_queue where state = 'due')
            + (select count(*) from audit_pending) + (select count(*) from message_log_pending)
    """,
    "cases": """
        select (select count(*) from referral where state = 'received')
            + (select count(*) from event_pending) + (select count(*) from audit_pending)
    """,
}
_LAST_EVENT: Final = "select coalesce(max(position), -1) from event_position"
_READ_TO: Final = {
    "exchange": """
        select coalesce(max(split_part(cursor, '.', 2)::bigint), -1) from feed_cursor where feed = 'cases'
    """,
    "indicators": "select coalesce(max(split_part(cursor, '.', 2)::bigint), -1) from reading",
}
_STATUS: Final = re.compile(rb"<status>([A-Z_]+)</status>")
Rows = list[dict[str, Any]]


def _soap(url: str, bodies: Sequence[bytes]) -> list[Ask]:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}

    def ask(body: bytes) -> Ask:
        async def send(session: aiohttp.ClientSession) -> str:
            async with session.post(url, data=body, headers=headers) as answer:
                told = await answer.read()
                if answer.status != 200:  # noqa: PLR2004
                    return ""
                status = _STATUS.search(told)
                return status[1].decode() if status else "ok" if told == b"<ok/>" else ""

        return send

    return [ask(body) for body in bodies]


def _row(name: str, found: Measured, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "name": name,
        "per_second": round(found.rate, 1),
        "p50_ms": round(found.percentile(0.50), 1),
        "p99_ms": round(found.percentile(0.99), 1),
        "answers": len(found.latencies),
        "errors": found.errors,
        "told": dict(found.told),
        **more,
    }


@asynccontextmanager
async def _system(data: Path, hand_over: str) -> AsyncIterator[tuple[System, float]]:
    os.environ["TURVAVORK_EXCHANGE_HAND_OVER"] = hand_over
    began = time.perf_counter()
    async with System(Options(data, free_port(), free_port(), tls=False), lambda _: None) as system:
        yield system, time.perf_counter() - began


async def _intake(rows: Rows, data: Path, hand_over: str, seconds: float, rate: float) -> None:
    async with _system(data, hand_over) as (system, start):
        rows.append({"name": f"start-up ({hand_over})", "seconds": round(start, 2)})
        url = f"{system.xroad_url}/xroad/soap"
        await load.open_loop(
            _soap(url, messages.soap(200, 10_000_000)), 50
        )  # caches and connections are warm
        bodies = messages.soap(int(rate * seconds))
        await _quiet(system)
        found = await load.open_loop(_soap(url, bodies), rate)
        rows.append(_row(f"open loop {rate:.0f}/s, {hand_over}", found, left=await _quiet(system)))
        for number, connections in enumerate(CONNECTIONS, 1):
            bodies = messages.soap(int(seconds * 200), number * 1_000_000)
            before = cpu.used(system)
            found = await load.closed_loop(_soap(url, bodies), connections, seconds / 4)
            left = await _quiet(system)
            spent = cpu.per_answer(before, cpu.used(system), len(found.latencies))
            name = f"closed loop {connections}, {hand_over}"
            rows.append(_row(name, found, left=left, cpu_ms=spent))
        if hand_over == "immediate":
            await _reads(rows, system, seconds / 4)
            await _partners(rows, system, seconds / 2)
        else:
            await _rest(rows, system, seconds / 4)
            await _floor(rows, system, seconds / 4)


async def _rest(rows: Rows, system: System, seconds: float) -> None:
    """The same referrals over REST, acknowledged with hand-over deferred."""
    bodies = messages.rest(int(seconds * 600), 5_000_000)
    before = cpu.used(system)
    found = await load.closed_loop(_rest_asks(system, bodies), 16, seconds)
    left = await _quiet(system)
    spent = cpu.per_answer(before, cpu.used(system), len(found.latencies))
    rows.append(_row("closed loop 16, REST, deferred", found, left=left, cpu_ms=spent))


def _rest_asks(system: System, bodies: Sequence[bytes]) -> list[Ask]:
    url = f"{system.xroad_url}/xroad/rest/marac/v1/referrals"

    def ask(body: bytes) -> Ask:
        async def send(session: aiohttp.ClientSession) -> str:
            said = {
                "X-Road-Client": messages.POLIS,
                "X-Road-Id": str(uuid4()),
                "Content-Type": "application/json",
            }
            async with session.post(url, data=body, headers=said) as answer:
                told = await answer.read()
                return "received" if answer.status < 300 and b"reference" in told else ""  # noqa: PLR2004

        return send

    return [ask(body) for body in bodies]


async def _partners(rows: Rows, system: System, seconds: float) -> None:
    """How long until a partner is told, and how fast what waited for it drains."""
    url = f"{system.xroad_url}/xroad/soap"
    database = await asyncpg.connect(_cluster(system).url("exchange", SUPERUSER))
    try:
        for rate in (50.0, 100.0):
            bodies = messages.about_children(int(rate * seconds), int(6_000_000 + rate * 1000))
            rows.append(await partners.round_trip(database, _soap(url, bodies), rate))
            await _quiet(system)
        token = development_tokens(system.layout.keys)("operator", None)
        bodies = messages.about_children(NOTICES, 7_000_000)
        rows.append(await partners.drain(system, database, _soap(url, bodies), NOTICES, token))
    finally:
        await database.close()


async def _peers(rows: Rows, folder: Path, seconds: float) -> None:
    for peer in peers.PEERS:
        rows.append(await peers.measure(peer, folder, messages.soap(2000), seconds))


def _cluster(system: System) -> Cluster:
    """The system's own PostgreSQL: the bench looks behind the doors."""
    cluster = system._cluster  # noqa: SLF001 - see above
    if cluster is None:
        raise RuntimeError("the bench runs on the embedded PostgreSQL")
    return cluster


async def _quiet(system: System) -> float:
    """Waits until all that was taken is handed over, scored, counted and told; the seconds that it took."""
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        asked = {}
        for name in ("exchange", "cases", "indicators"):
            asked[name] = await asyncpg.connect(_cluster(system).url(name, SUPERUSER))
            stack.push_async_callback(asked[name].close)
        while await _waiting(asked):  # noqa: ASYNC110 - other processes move them
            await asyncio.sleep(0.1)
    return round(time.perf_counter() - began, 1)


async def _waiting(asked: Mapping[str, asyncpg.Connection]) -> bool:
    """Whether something waits, or may be on its way from one service to the next."""
    last = await asked["cases"].fetchval(_LAST_EVENT)
    read = [await asked[name].fetchval(query) for name, query in _READ_TO.items()]
    return min(read) < last or any([await asked[name].fetchval(query) for name, query in _WAITING.items()])


async def _reads(rows: Rows, system: System, seconds: float) -> None:
    """Audited reads of one referral whole, through the gateway, by a coordinator."""
    token = development_tokens(system.layout.keys)("coordinator", "polva")
    headers = {"Authorization": f"Bearer {token}", "X-Purpose": "case-work"}
    base = f"{system.api_url}/api/cases/v1/referrals"
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{base}?limit=50") as answer:
        ids = [each["id"] for each in (await answer.json())["items"]]

    def ask(url: str) -> Ask:
        async def get(session: aiohttp.ClientSession) -> str:
            async with session.get(url, headers=headers) as answer:
                whole = answer.status == 200 and b"personalCode" in await answer.read()  # noqa: PLR2004
                return "read" if whole else ""

        return get

    asks = [ask(f"{base}/{ids[number % len(ids)]}") for number in range(int(seconds * 2000))]
    found = await load.closed_loop(asks, 16, seconds)
    rows.append(_row("audited reads of a referral, closed loop 16", found))


async def _floor(rows: Rows, system: System, seconds: float) -> None:
    port = free_port()
    environment = {**os.environ, "FLOOR_DATABASE_URL": _cluster(system).admin_url}
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.floor:app",
        "--port",
        str(port),
        "--log-level",
        "critical",
    ]
    process = subprocess.Popen([*command, "--no-access-log"], env=environment)  # noqa: S603, ASYNC220
    try:
        url = f"http://127.0.0.1:{port}/"
        await floor.until_ready(url)
        for connections in CONNECTIONS:
            bodies = messages.soap(2000)
            asks = _soap(url, bodies * int(max(1, seconds)))
            found = await load.closed_loop(asks, connections, seconds)
            rows.append(_row(f"closed loop {connections}, floor", found))
    finally:
        process.terminate()
        process.wait()


def _ratios(rows: Rows) -> Rows:
    rate = {row["name"]: row.get("per_second", 0.0) for row in rows}
    return [
        {
            "name": f"{kind} / floor, closed loop {connections}",
            "ratio": round(
                rate[f"closed loop {connections}, {kind}"] / rate[f"closed loop {connections}, floor"], 2
            ),
        }
        for connections in CONNECTIONS
        for kind in ("immediate", "deferred")
        if rate.get(f"closed loop {connections}, floor")
    ]


def _show(rows: Rows) -> None:
    columns = ("name", "per_second", "p50_ms", "p99_ms", "answers", "errors", "left", "seconds", "ratio")
    table = Table(*columns, title="Turvavõrk, measured")
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    Console(width=118).print(table)
    print(
        "left: seconds after the last answer until all was handed over, scored, counted and told to partners"
    )
    for row in rows:
        if len(row.get("told", ())) > 1:
            print(f"told, {row['name']}: {row['told']}")
        if "error" in row:
            print(f"{row['name']}: {row['error']}")
        if "cpu_ms" in row:
            told = ", ".join(f"{name} {spent}" for name, spent in row["cpu_ms"].items())
            print(f"CPU ms per answer, {row['name']}: {told}")


async def _all(seconds: float, rate: float) -> Rows:
    rows: Rows = []
    with tempfile.TemporaryDirectory(prefix="turvavork-bench-") as folder:
        for hand_over in ("immediate", "deferred"):
            await _intake(rows, Path(folder) / "data", hand_over, seconds, rate)
        await _peers(rows, Path(folder) / "peers", seconds / 4)
    return [*rows, *_ratios(rows)]


def main(
    seconds: Annotated[
        float, typer.Option(help="Length of the open loop; closed loops take a quarter.")
    ] = 60,
    rate: Annotated[float, typer.Option(help="Referrals per second that are offered.")] = 150,
) -> None:
    """Measure intake (open and closed loop, next to the floor), audited reads and start-up."""
    rows = asyncio.run(_all(seconds, rate))
    _show(rows)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{SystemClock().now():%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps({"seconds": seconds, "rate": rate, "rows": rows}, indent=1) + "\n")
    print(path)


if __name__ == "__main__":
    typer.run(main)
