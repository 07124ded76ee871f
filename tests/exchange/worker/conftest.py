"""A worker between a case register that says what a test says and the simulated security server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.exchange.app import create_worker
from services.exchange.settings import Settings
from services.exchange.worker import Line, Worker
from services.kit.ids import new_reference
from system.securityserver.app import create_app as create_simulator

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
NAMES = {POLIS: "polis", STAR: "star"}
AT = "2017-05-04T12:00:00Z"


@dataclass
class Register:
    """The case register's feed and notices; ``mode`` makes it fail, ``notice_modes`` for one event."""

    epoch: str = "0123456789ab"
    mode: str = "ok"
    events: list[dict[str, Any]] = field(default_factory=list)
    notices: dict[str, dict[str, Any]] = field(default_factory=dict)
    notice_modes: dict[str, str] = field(default_factory=dict)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def happen(
        self,
        type_: str = "referral.accepted",
        *,
        sender: str | None = POLIS,
        stream: UUID | None = None,
        reference: str | None = None,
        **words: Any,
    ) -> str:
        """Something happens; the id of its event."""
        event, told = str(uuid4()), reference or new_reference()
        status = {"accepted": "ACCEPTED", "declined": "DECLINED", "redirected": "REDIRECTED"}
        self.events.append(
            {
                "specversion": "1.0",
                "id": event,
                "source": "/api/cases/v1",
                "type": type_,
                "subject": str(stream or uuid4()),
                "time": AT,
                "sequence": f"{self.epoch}.{len(self.events)}",
                "streamversion": 1,
                "datacontenttype": "application/json",
                "data": {"reference": told, "sender": sender, "region": "polva"},
            }
        )
        self.notices[event] = {
            "kind": "caseNotice",
            "recipient": sender,
            "reference": told,
            "senderReference": f"N-{len(self.events)}",
            "status": status.get(type_.rpartition(".")[2], "RECEIVED"),
            "occurredAt": AT,
            **words,
        }
        return event

    def children(self, *numbers: UUID, reference: str | None = None, **words: Any) -> str:
        """Notices about children are due; the id of the event."""
        event = self.happen("referral.child-notice", sender=None, reference=reference)
        data = self.events[-1]["data"]
        data["notices"] = [{"number": str(number), "version": 1} for number in numbers]
        for number in numbers:
            self.notices[str(number)] = {
                "kind": "submitChildNotice",
                "number": str(number),
                "version": 1,
                "reference": data["reference"],
                "municipality": "0698",
                "role": "child",
                "referredOn": "2017-05-04",
                "occurredAt": AT,
                "personalCode": None,
                "birthDate": "2009-03-01",
                "givenName": "Mari",
                "familyName": "Maasikas",
                "sex": "female",
                "address": None,
                **words,
            }
        return event

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.mode == "down":
            raise httpx.ConnectError("refused")
        if self.mode == "wrong":
            return httpx.Response(500)
        if request.url.path == "/api/cases/v1/events":
            return await self._events(request.url.params)
        body = json.loads(request.content) if request.content else {}
        if request.url.path == "/api/cases/v1/disclosures":
            return httpx.Response(200, json=[])
        if request.method == "PUT":
            return httpx.Response(201, json=self._take(request.url.path.rpartition("/")[2], body))
        if request.method == "POST":
            return self._several(request.url.path, body["items"])
        return self._notice(request.url.path.rpartition("/")[2])

    async def _events(self, params: httpx.QueryParams) -> httpx.Response:
        epoch, _, position = params.get("after", f"{self.epoch}.-1").partition(".")
        if epoch != self.epoch:
            return httpx.Response(410, json={"type": "urn:turvavork:problem:epoch-ended"})
        found = self.events[int(position) + 1 :][: int(params["limit"])]
        if not found:
            await asyncio.sleep(min(float(params["wait"]), 0.05))
        media = {"content-type": "application/cloudevents-batch+json"}
        return httpx.Response(200, json=found, headers=media)

    def _take(self, reference: str, referral: dict[str, Any]) -> dict[str, Any]:
        self.taken[reference] = referral
        return {"reference": reference, "status": "AWAITING_SCREENING", "band": "high"}

    def _several(self, path: str, items: list[dict[str, Any]]) -> httpx.Response:
        """Several referrals, or notices: ``notice_modes["several"]`` makes that call fail as a whole."""
        if "notices" not in path:
            taken = [{"taken": self._take(one["reference"], one["referral"])} for one in items]
            return httpx.Response(200, json={"items": taken})
        if (mode := self.notice_modes.get("several", "ok")) != "ok":
            return httpx.Response(int(mode), json={"type": "urn:turvavork:problem:any", "items": []})
        told = [self._notice(one["number"]) for one in items]
        outcomes = [
            {"told": one.json()}
            if one.status_code == 200
            else {"refused": {"type": one.json()["type"], "status": one.status_code}}
            for one in told
        ]
        return httpx.Response(200, json={"items": outcomes})

    def _notice(self, event: str) -> httpx.Response:
        mode = self.notice_modes.get(event, "ok")
        if mode == "down":
            raise httpx.ConnectError("refused")
        if mode != "ok":
            return httpx.Response(int(mode), json={"type": "urn:turvavork:problem:not-found"})
        return httpx.Response(200, json=self.notices[event])


@dataclass
class World:
    """A database, a register, a security server; any number of workers."""

    settings: Settings
    admin_url: str
    register: Register
    server: httpx.AsyncClient
    server_transport: httpx.AsyncBaseTransport

    def worker(self, **settings: Any) -> Worker:
        return create_worker(
            self.settings.model_copy(update=settings),
            cases_transport=httpx.MockTransport(self.register.answer),
            server_transport=self.server_transport,
        )

    @asynccontextmanager
    async def opened(self, **settings: Any) -> AsyncIterator[Worker]:
        """A worker that is plugged together and does nothing by itself."""
        worker = self.worker(**settings)
        await worker._opened()
        try:
            yield worker
        finally:
            await worker._closed()

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[Worker]:
        """A worker at work; it must stop within five seconds."""
        worker, stop = self.worker(**settings), asyncio.Event()
        task = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            await asyncio.wait_for(task, 5)

    async def tell(self, effect: str, partner: str = "polis", **rule: Any) -> None:
        answer = await self.server.post("/control/rules", json={"partner": partner, "effect": effect, **rule})
        assert answer.status_code == 200

    async def forgive(self) -> None:
        await self.server.delete("/control/rules")

    async def received(self, **query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.server.get("/control/received", params=query)).json()[
            "items"
        ]
        return items

    async def children(self) -> list[dict[str, Any]]:
        """What child protection received."""
        items: list[dict[str, Any]] = (await self.server.get("/control/children")).json()["items"]
        return items

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Past row-level security, as the database's superuser."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            return [dict(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of each message, in the order in which they were put into the queues."""
        rows = await self.rows("select state, reason from outbox order by created_at, number, id")
        return [(row["state"], row["reason"]) for row in rows]

    async def until(self, reached: Callable[[], Any], seconds: float = 10) -> None:
        """Waits until an async condition holds."""
        for _ in range(int(seconds / 0.02)):
            if await reached():
                return
            await asyncio.sleep(0.02)
        pytest.fail("it did not come to that")


@pytest.fixture
async def world(service_database: Any, keys_folder: Path) -> AsyncIterator[World]:
    database = service_database("exchange")
    own = Settings(
        database_url=database.url,
        keys=keys_folder,
        delivery_first_wait=0.05,
        delivery_longest_wait=0.2,
    )
    transport = httpx.ASGITransport(create_simulator())
    async with httpx.AsyncClient(transport=transport, base_url="http://ss") as server:
        yield World(own, database.admin_url, Register(), server, transport)


@pytest.fixture
def line() -> Callable[[Worker, str], Line]:
    """The line of a partner."""

    def of(worker: Worker, partner: str = POLIS) -> Line:
        return next(one for one in worker._lines if one._partner == partner)

    return of
