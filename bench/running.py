"""A whole system to be measured, and the ways to look behind its doors."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp
import asyncpg

from bench import load, messages
from bench.load import Ask
from system.options import Options
from system.pgprocess import SUPERUSER
from system.ports import free_port
from system.postgres import Cluster
from system.run import System

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
_WARM: Final = 200
_STATUS: Final = re.compile(rb"<status>([A-Z_]+)</status>")
_OK: Final = 200


@asynccontextmanager
async def system(data: Path, hand_over: str) -> AsyncIterator[tuple[System, float]]:
    """The system, warm and at rest, and how many seconds it took to start."""
    os.environ["TURVAVORK_EXCHANGE_HAND_OVER"] = hand_over
    began = time.perf_counter()
    async with System(Options(data, free_port(), free_port(), tls=False), lambda _: None) as running:
        seconds = time.perf_counter() - began
        await load.open_loop(soap(soap_url(running), messages.soap(_WARM)), 50)
        await quiet(running)
        for service in ("exchange", "cases", "indicators"):
            async with database(running, service) as connection:
                await connection.execute("analyze")  # as the server does by itself within the first minutes
        yield running, seconds


def soap_url(running: System) -> str:
    """The SOAP door behind the gateway's X-Road listener."""
    return f"{running.xroad_url}/xroad/soap"


def soap(url: str, bodies: Iterable[bytes]) -> Iterator[Ask]:
    """SOAP requests; a good answer tells the referral's status, or ``ok`` (the floor)."""
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}

    def ask(body: bytes) -> Ask:
        async def send(session: aiohttp.ClientSession) -> str:
            async with session.post(url, data=body, headers=headers) as answer:
                told = await answer.read()
                if answer.status != _OK:
                    return ""
                status = _STATUS.search(told)
                return status[1].decode() if status else "ok" if told == b"<ok/>" else ""

        return send

    return (ask(body) for body in bodies)


def rest(running: System, bodies: Iterable[bytes]) -> Iterator[Ask]:
    """The same referrals over REST."""
    url = f"{running.xroad_url}/xroad/rest/marac/v1/referrals"

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

    return (ask(body) for body in bodies)


def cluster(running: System) -> Cluster:
    """The system's own PostgreSQL."""
    own = running._cluster  # noqa: SLF001 - the bench looks behind the doors
    if own is None:
        raise RuntimeError("the bench runs on the embedded PostgreSQL")
    return own


@asynccontextmanager
async def database(running: System, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a service's database that sees everything."""
    connection = await asyncpg.connect(cluster(running).url(service, SUPERUSER))
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def without_worker(running: System) -> Iterator[None]:
    """The hand-over waits meanwhile: what an acknowledgement costs by itself."""
    (pid,) = (child.pid for child in running.children if child.name == "exchange-worker")
    if pid is None:
        raise RuntimeError("the worker of the exchange does not run")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def quiet(running: System) -> float:
    """Waits until all that was taken is handed over, scored, counted and told; the seconds that it took."""
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        asked = {
            name: await stack.enter_async_context(database(running, name))
            for name in ("exchange", "cases", "indicators")
        }
        while await _waiting(asked):  # noqa: ASYNC110 - other processes move them
            await asyncio.sleep(0.1)
    return round(time.perf_counter() - began, 1)


async def _waiting(asked: Mapping[str, asyncpg.Connection]) -> bool:
    """Whether something waits, or may be on its way from one service to the next."""
    last = await asked["cases"].fetchval(_LAST_EVENT)
    read = [await asked[name].fetchval(query) for name, query in _READ_TO.items()]
    return min(read) < last or any([await asked[name].fetchval(query) for name, query in _WAITING.items()])
