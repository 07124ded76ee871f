"""Workers are killed at random moments, partners fail at random: nothing is lost, doubled or out of order."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from system.ports import free_port

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
TROUBLES: list[dict[str, Any]] = [
    {"effect": "cut-before"},
    {"effect": "cut-after"},
    {"effect": "duplicate"},
    {"effect": "down"},
    {"effect": "garbage"},
    {"effect": "delay", "milliseconds": 700},
    {"effect": "fault", "code": "server.serverproxy.io_error", "generation": "7.7"},
    {"effect": "fault", "code": "server.clientproxy.network_error", "generation": "7.8"},
]
KINDS = ("referral.accepted", "referral.declined", "referral.redirected")
KILLS = 3
SEEDS = range(20 if os.environ.get("TURVAVORK_SOAK") else 1)
WORK = "from system.cli import main; main()"


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The application on a port of its own."""
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", ws="none", loop="asyncio")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


def register_app(world: Any) -> Starlette:
    async def answer(request: Request) -> Response:
        told = await world.register.answer(httpx.Request(request.method, str(request.url)))
        return Response(
            told.content, told.status_code, headers={"Content-Type": told.headers["content-type"]}
        )

    return Starlette(routes=[Route("/{path:path}", answer)])


class Crew:
    """Two worker processes; whoever is killed is replaced."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._hired = 0
        self.workers: list[asyncio.subprocess.Process] = []

    async def hire(self) -> None:
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", WORK, "work", "exchange",
                env=os.environ | self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        self.workers.append(process)
        self._hired += 1

    async def all_at_work(self) -> bool:
        return self._log.read_bytes().count(b'"worker-started"') == self._hired

    async def kill(self, place: int) -> None:
        process = self.workers.pop(place)
        process.kill()
        await process.wait()

    async def dismiss(self) -> None:
        while self.workers:
            await self.kill(0)


@asynccontextmanager
async def crew(world: Any, log: Path) -> AsyncIterator[Crew]:
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(served(world.server_transport.app))
        register = await stack.enter_async_context(served(register_app(world)))
        environment = {
            "TURVAVORK_EXCHANGE_DATABASE_URL": world.settings.database_url,
            "TURVAVORK_EXCHANGE_SECURITY_SERVER_URL": simulator,
            "TURVAVORK_CASES_URL": register,
            "TURVAVORK_KEYS": str(world.settings.keys),
            "TURVAVORK_EXCHANGE_DELIVERY_LEASE": "2",
            "TURVAVORK_EXCHANGE_DELIVERY_FIRST_WAIT": "0.05",
            "TURVAVORK_EXCHANGE_DELIVERY_LONGEST_WAIT": "0.5",
        }
        workers = Crew(environment, log)
        stack.push_async_callback(workers.dismiss)
        for _ in range(2):
            await workers.hire()
        await world.until(workers.all_at_work, 60)
        yield workers


async def storm(world: Any, workers: Crew, dice: random.Random, streams: list[tuple[UUID, str]]) -> None:
    """Events and troubles all the while; every now and then a worker is killed in the middle of it."""
    clock = asyncio.get_running_loop().time
    for _ in range(KILLS):
        moment = clock() + dice.uniform(0.3, 1.5)
        while clock() < moment or not await workers.all_at_work():
            stream, sender = dice.choice(streams)
            world.register.happen(dice.choice(KINDS), stream=stream, sender=sender)
            await world.tell(partner=dice.choice(("polis", "star")), times=1, **dice.choice(TROUBLES))
            await asyncio.sleep(dice.uniform(0, 0.4))
        await workers.kill(dice.randrange(len(workers.workers)))
        await workers.hire()
    await world.forgive()


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", SEEDS)
async def test_whoever_is_killed_each_case_arrives_in_order_and_each_message_has_one_effect(
    world: Any, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same storm for the same seed
    streams = [(uuid4(), dice.choice((POLIS, STAR))) for _ in range(8)]

    async def all_delivered() -> bool:
        states = await world.states()
        return len(states) == len(world.register.events) and {state for state, _ in states} == {"delivered"}

    async with crew(world, tmp_path / "workers.log") as workers:
        await storm(world, workers, dice, streams)
        await world.until(all_delivered, 90)
    rows = {
        str(row["id"]): row for row in await world.rows("select id, stream, number, event_id from outbox")
    }
    received = await world.received()
    effects = [one["id"] for one in received if not one["duplicate"]]
    assert all(one["sameBytes"] for one in received)
    assert sorted(effects) == sorted(rows)
    happened = {event["id"]: place for place, event in enumerate(world.register.events)}
    for stream, _ in streams:
        mine = [rows[one] for one in effects if rows[one]["stream"] == stream]
        assert [row["number"] for row in mine] == list(range(1, len(mine) + 1))
        places = [happened[str(row["event_id"])] for row in mine]
        assert places == sorted(places)
