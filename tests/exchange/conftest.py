"""The service in process on a real database, with a case register that does what a test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from lxml import etree
from starlette.applications import Starlette

from services.exchange.actions.repair import Repair, Terms
from services.exchange.app import create_app
from services.exchange.model.inbox import Message
from services.exchange.settings import Settings
from services.exchange.store import inbox
from services.kit import keys
from services.kit.clock import FixedClock
from services.kit.policy import Caller, Permit
from system.securityserver.app import create_app as create_network

SECRET = "a-gateway-secret-of-tests"
GOLDEN = Path(__file__).parent / "golden"
AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
OUTBOX = ("outbox_try_uncounted", "delivery_total", "outbox_try", "outbox", "outbox_queue")


_SLUGS = {"409": "referral-version-exists", "422": "referral-invalid"}


@dataclass
class FakeCases:
    """Takes referrals as the register promises to; ``mode`` makes it fail, ``delay`` (seconds) hang."""

    mode: str = "ok"
    delay: float = 0.0
    status: str = "AWAITING_SCREENING"
    conflict: str = "referral-version-exists"
    changed_at: str = "2017-05-04T12:00:01Z"
    refusals: dict[str, Any] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    amended: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    reported: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    flagged: set[str] = field(default_factory=set)
    flags: list[httpx.Request] = field(default_factory=list)
    flag_answer: httpx.Response | None = None
    worked: list[httpx.Request] = field(default_factory=list)
    work_answer: httpx.Response | None = None

    async def answer(self, request: httpx.Request) -> httpx.Response:
        for place, asked in (("/flags", self._flag), ("/research-r", self._work), ("/actions", self._work)):
            if f"/v1{place}" in request.url.path:
                return await asked(request)
        reference, _, beneath = request.url.path.partition("/intake")[2].removeprefix("/").partition("/")
        self.calls.append((request.method, reference))
        await asyncio.sleep(self.delay)
        if self.mode == "down":
            raise httpx.ConnectError("refused")
        if self.mode == "wrong":
            return httpx.Response(500)
        match request.method:
            case "PUT" if beneath:
                put = self._report if reference == "incidents" else self._amend
                return put(reference, beneath, json.loads(request.content))
            case "PUT":
                return self._one(self._take(reference, json.loads(request.content)))
            case "POST":
                asked = json.loads(request.content)["items"]
                self.items += asked
                items = [self._take(i["reference"], i["referral"]) for i in asked]
                return httpx.Response(200, json={"items": items})
        refusal = self._refusal(reference)
        return self._tell(reference) if refusal is None else self._one({"refused": refusal})

    async def _work(self, request: httpx.Request) -> httpx.Response:
        self.worked.append(request)
        if self.mode == "down":
            raise httpx.ConnectError("refused")
        assert self.work_answer is not None
        return self.work_answer

    async def _flag(self, request: httpx.Request) -> httpx.Response:
        self.flags.append(request)
        await asyncio.sleep(self.delay)
        if self.mode == "down":
            raise httpx.ConnectError("refused")
        if self.flag_answer is not None:
            return self.flag_answer
        known = json.loads(request.content)["personalCode"] in self.flagged
        return httpx.Response(200, json={"flag": "yes" if known else "no"})

    def _amend(self, reference: str, beneath: str, body: dict[str, Any]) -> httpx.Response:
        """What a sender does about its referral: only behind the referral."""
        if reference not in self.taken:
            return httpx.Response(404, json={"type": "urn:turvavork:problem:not-found"})
        refusal = self._refusal(reference)
        if refusal is None:
            self.amended.append((beneath, reference, body))
            return self._one({"taken": {"reference": reference, "status": self.status, "band": "high"}})
        return self._one({"refused": refusal})

    def _report(self, _: str, reference: str, body: dict[str, Any]) -> httpx.Response:
        refusal = self._refusal(reference)
        if refusal is not None:
            return self._one({"refused": refusal})
        self.reported[reference] = body
        return self._one({"taken": {"reference": reference, "status": "RECEIVED"}})

    @staticmethod
    def _one(outcome: dict[str, Any]) -> httpx.Response:
        if "taken" in outcome:
            return httpx.Response(200, json=outcome["taken"])
        problem = {**outcome["refused"], "title": ""}
        media = {"content-type": "application/problem+json"}
        return httpx.Response(problem["status"], json=problem, headers=media)

    def _refusal(self, reference: str) -> dict[str, Any] | None:
        """What is refused: all of them by the mode, or those whose references are ``spoilt``."""
        if self.mode not in _SLUGS and reference not in self.spoilt:
            return None
        mode = self.mode if self.mode in _SLUGS else "422"
        slug = _SLUGS[mode] if mode == "422" else self.conflict
        return {
            "type": f"urn:turvavork:problem:{slug}",
            "status": int(mode),
            "errors": [],
            **self.refusals,
        }

    def _take(self, reference: str, body: dict[str, Any]) -> dict[str, Any]:
        refusal = self._refusal(reference)
        if refusal is not None:
            return {"refused": refusal}
        known = next((old for old, had in self.taken.items() if had["sender"] == body["sender"]), None)
        self.taken.setdefault(known or reference, body)
        return {"taken": {"reference": known or reference, "status": self.status, "band": "high"}}

    def _tell(self, reference: str) -> httpx.Response:
        if reference not in self.taken:
            return httpx.Response(404, json={"type": "urn:turvavork:problem:not-found"})
        told = {"reference": reference, "status": self.status, "changedAt": self.changed_at}
        return httpx.Response(200, json=told)


@dataclass
class Running:
    """A started service."""

    app: FastAPI
    http: httpx.AsyncClient
    cases: FakeCases
    clock: FixedClock
    admin_url: str
    network: Starlette

    async def soap(self, body: bytes, **headers: str) -> httpx.Response:
        given = {"content-type": "text/xml; charset=utf-8", "x-turvavork-gateway": SECRET, **headers}
        return await self.http.post("/xroad/soap", content=body, headers=given)

    async def rest(
        self, method: str, path: str, *, client: str = STAR, message_id: str = "m-1", **kwargs: Any
    ) -> httpx.Response:
        headers = {
            "x-road-client": client,
            "x-road-id": message_id,
            "x-turvavork-gateway": SECRET,
            **kwargs.pop("headers", {}),
        }
        return await self.http.request(method, f"/xroad/rest/marac/v1{path}", headers=headers, **kwargs)

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Past row-level security, as the database's superuser."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            return [dict(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    @staticmethod
    def told(answer: httpx.Response) -> tuple[str, str]:
        """Reference and status of a SOAP receipt."""
        assert answer.status_code == 200, answer.text
        (payload,) = etree.fromstring(answer.content)[1]
        return str(payload.findtext("reference")), str(payload.findtext("status"))

    @staticmethod
    def refused(answer: httpx.Response) -> str:
        """The code of a business refusal over SOAP."""
        assert answer.status_code == 200, answer.text
        (payload,) = etree.fromstring(answer.content)[1]
        assert payload.findtext("reference") is None
        return str(payload.findtext("faultCode"))

    async def partners(self, method: str, path: str, **kwargs: Any) -> Any:
        """What the simulated security server's control address answers."""
        transport = httpx.ASGITransport(self.network)
        async with httpx.AsyncClient(transport=transport, base_url="http://ss") as http:
            answer = await http.request(method, f"/control{path}", **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def states(self) -> list[str]:
        """The states of all rows of the inbox."""
        return [
            row["state"] for row in await self.rows("select state from inbox order by received_at, state")
        ]

    async def make_due(self) -> None:
        """Lets the worker's waits pass."""
        await self.rows("update inbox set next_attempt_at = now() - interval '1 s' where state = 'received'")

    def permit(self) -> Permit:
        """The intake worker's."""
        caller = Caller.system("worker:intake", "exchange")
        permit: Permit = self.app.state.policy.permit(caller, "hand_over_referral", "intake")
        return permit

    def repair(self) -> Repair:
        """The worker's half of intake."""
        intake = self.app.state.xroad.intake
        return Repair(intake._database, intake._sealer, intake._cases, Terms())

    async def work_off(self, limit: int = 10) -> list[Message | None]:
        """What the worker does: claims what is due, and hands it over."""
        async with self.app.state.database.work(self.permit(), str(uuid4())) as work:
            due = await inbox.claim(work, limit=limit, lease=timedelta(seconds=30))
        return list(await self.repair().hand_over(self.permit(), due, str(uuid4())))

    async def forget(self) -> None:
        """Empties the tables, and makes the case register dull again."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            parts = ("_checkpoint", "_node", "_position", "_pending", "")
            logs = [f"{log}{part}" for log in ("audit", "message_log") for part in parts]
            for table in (*OUTBOX, "data_usage", "usage_decision", "flag_count", "incident", "inbox", *logs):
                await connection.execute(f"delete from {table}")  # noqa: S608 - names of ours
        finally:
            await connection.close()
        vars(self.cases).update(vars(FakeCases()))
        await self.partners("DELETE", "/rules")
        self.app.state.xroad.intake._cases._breaker.succeeded()
        self.app.state.xroad.flags.register._breaker.succeeded()
        self.app.state.xroad.agency_work.register._breaker.succeeded()
        self.clock.advance(AT - self.clock.now())


Start = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    keys.ensure(folder)
    return folder


@pytest.fixture(scope="session")
def golden() -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        return (GOLDEN / name).read_bytes()

    return read


@pytest.fixture(scope="session")
def start(keys_folder: Path, service_database: Any) -> Start:
    """Starts a service on a database of its own; keyword arguments are settings."""

    @asynccontextmanager
    async def starting(**settings: Any) -> AsyncIterator[Running]:
        database = service_database("exchange")
        where = {"database_url": database.url, "keys": keys_folder, "gateway_secret": SECRET}
        own = Settings(**where | {"hand_over_slow": 60.0} | settings)
        cases, clock = FakeCases(), FixedClock(AT)
        network = create_network(client=httpx.AsyncClient(), clock=clock)
        app = create_app(
            own,
            clock=clock,
            cases_transport=httpx.MockTransport(cases.answer),
            server_transport=httpx.ASGITransport(network),
        )
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://exchange") as http:
                yield Running(app, http, cases, clock, database.admin_url, network)

    return starting


@pytest.fixture(scope="session")
async def _shared(start: Start) -> AsyncIterator[Running]:
    async with start() as running:
        yield running


@pytest.fixture
async def exchange(_shared: Running) -> Running:
    """The service with default settings and nothing in it."""
    await _shared.forget()
    return _shared


@pytest.fixture(scope="session")
def zeep_headers() -> dict[str, Any]:
    """Header fields as a zeep client gives them."""
    member = {"xRoadInstance": "ee-dev", "memberClass": "GOV"}
    return {
        "client": {**member, "memberCode": "70008747", "subsystemCode": "polis", "objectType": "SUBSYSTEM"},
        "service": {
            **member,
            "memberCode": "70001975",
            "subsystemCode": "turvavork",
            "serviceCode": "submitReferral",
            "serviceVersion": "v1",
            "objectType": "SERVICE",
        },
        "id": "zeep-1",
        "userId": "EE38501170364",
        "protocolVersion": "4.0",
    }


@pytest.fixture(scope="session")
def zeep_referral() -> dict[str, Any]:
    """A referral as a zeep client gives it."""
    victim = {
        "role": "victim",
        "birthDate": "1988-05-04",
        "givenName": "Mari",
        "familyName": "N\u00e4idis",
        "sex": "female",
    }
    return {
        "senderReference": "PV-2017-7",
        "version": 1,
        "referral": {
            "referredOn": "2017-03-02",
            "region": "polva",
            "event": {"occurredAt": "2017-03-01T21:40:00+02:00"},
            "persons": {"person": [victim]},
            "assessment": {
                "instrument": "dash",
                "completedOn": "2017-03-02",
                "answers": {"answer": [{"_value_1": "yes", "item": "injury"}]},
            },
            "grounds": {"ground": ["visible-high-risk"]},
            "consent": "given",
            "victimInformed": True,
            "referrer": {"name": "P", "unit": "U"},
        },
    }
