"""One exchange on one database, between senders, a register and partners that keep ledgers of their own.

It may end at any point and begin again; :meth:`Stage.all` is everything that it has to do.
"""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest
from lxml import etree

from services.exchange.actions.intake import Intake
from services.exchange.actions.pace import Pace
from services.exchange.app import create_app, create_worker
from services.exchange.settings import Settings
from services.exchange.worker import Line, Worker
from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.problem import UpstreamUnavailable
from services.kit.tokens import ServiceSigner
from system.securityserver.app import create_app as create_simulator
from tests.exchange.worker.crashing import Crash

SECRET = "a-gateway-secret-of-tests"
POLIS = "ee-dev/GOV/70008747/polis"
WITNESS = "GOV/70009999/logwitness/submitCheckpoint"
RESTING = """
    select (select count(*) from inbox where state = 'received')
        + (select count(*) from outbox where state = 'waiting') as left_over
"""
#: Time passes: what waits is due, and leases have ended.
TIME = (
    "update inbox set next_attempt_at = now(), lease_until = null where state = 'received'",
    "update outbox_queue set due_at = now(), lease_until = null where state = 'due'",
)
#: What is sent, and whether it is left to the worker: a referral, the same again, its correction, the same
#: again; another referral, and its withdrawal.
SENT = ((0, False), (0, False), (1, False), (1, False), (2, True), (3, True))
QUESTION = {
    "reference": "TV-0123-4567-89AB-CDEF-0",
    "victim": "48801010001",
    "threateningPerson": "38501170366",
    "since": "2016-05-04",
    "until": "2017-05-05",
}
SEALED = "select id, referral_sealed from inbox where referral_sealed is not null or about is null"
RECEIVED = """
    update inbox set state = 'received', settled_at = null, status = null, status_at = null, same_as = null,
        next_attempt_at = now() + interval '5 s', referral_sealed = $2
    where id = $1
"""


@dataclass
class Register:
    """The case register: takes a referral once by its sender's name for it, and tells of it in its feed.

    What a sender does about one it takes behind it, once; and it tells what it has disclosed.
    """

    taken: dict[str, str] = field(default_factory=dict)
    amended: dict[tuple[str, str], int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    epoch: str = "0123456789ab"

    async def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/cases/v1/events":
            return self._feed(request.url.params)
        if path == "/api/cases/v1/disclosures":
            return self._disclosures(request.url.params)
        if "/notices/" in path:
            return httpx.Response(200, json=self._told(path, request.content))
        if request.method == "GET":
            told = {"status": "ACCEPTED", "changedAt": "2017-05-04T12:00:00Z"}
            return httpx.Response(200, json={"reference": path.rpartition("/")[2], **told})
        body = json.loads(request.content)
        if path.endswith(("/correction", "/withdrawal")):
            return self._amend(*path.split("/")[-2:], body["sender"])
        return httpx.Response(201, json=self._take(path.rpartition("/")[2], body["sender"]["reference"]))

    def _told(self, path: str, body: bytes) -> dict[str, Any]:
        if not body:
            return self._notice(path.split("/"))
        asked = [[one["event"], "children", one["number"]] for one in json.loads(body)["items"]]
        return {"items": [{"told": self._notice(one)} for one in asked]}

    def _amend(self, reference: str, what: str, sender: dict[str, Any]) -> httpx.Response:
        if self.taken.get(sender["reference"]) != reference:
            return httpx.Response(404, json={"type": "urn:turvavork:problem:not-found"})
        self.amended.setdefault((reference, what), sender["version"])
        return httpx.Response(200, json={"reference": reference, "status": "AWAITING_SCREENING"})

    def _disclosures(self, params: httpx.QueryParams) -> httpx.Response:
        epoch, _, place = params.get("after", f"{self.epoch}.-1").partition(".")
        if epoch != self.epoch:
            return httpx.Response(410, json={"type": "urn:turvavork:problem:epoch-ended"})
        told = [{**_DISCLOSED, "id": str(UUID(int=n)), "sequence": f"{epoch}.{n}"} for n in range(3)]
        return httpx.Response(200, json=told[int(place) + 1 :])

    def _take(self, reference: str, sender: str) -> dict[str, str]:
        if sender not in self.taken:
            self.taken[sender] = reference
            self._happen("referral.received", reference, POLIS)
            self._happen("referral.accepted", reference, POLIS)
            child = {"number": str(uuid5(UUID(int=7), reference)), "version": 1}
            self._happen("referral.child-notice", reference, None, notices=[child])
            self._happen("referral.declined", reference, POLIS)
        return {"reference": self.taken[sender], "status": "AWAITING_SCREENING", "band": "high"}

    def _happen(self, type_: str, reference: str, sender: str | None, **data: Any) -> None:
        self.events.append(
            {
                "specversion": "1.0",
                "id": str(uuid5(UUID(int=8), f"{reference} {type_}")),
                "source": "/api/cases/v1",
                "type": type_,
                "subject": str(uuid5(UUID(int=9), reference)),
                "time": "2017-05-04T12:00:00Z",
                "data": {"reference": reference, "sender": sender, "region": "polva", **data},
            }
        )

    def _feed(self, params: httpx.QueryParams) -> httpx.Response:
        epoch, _, place = params.get("after", f"{self.epoch}.-1").partition(".")
        if epoch != self.epoch:
            return httpx.Response(410, json={"type": "urn:turvavork:problem:epoch-ended"})
        numbered = [{**one, "sequence": f"{epoch}.{n}"} for n, one in enumerate(self.events)]
        media = {"content-type": "application/cloudevents-batch+json"}
        return httpx.Response(200, json=numbered[int(place) + 1 :], headers=media)

    def _notice(self, path: list[str]) -> dict[str, Any]:
        event = next(one for one in self.events if one["id"] in path)
        about = {"reference": event["data"]["reference"], "occurredAt": "2017-05-04T12:00:00Z"}
        if "children" in path:
            child = {
                "number": path[-1],
                "version": 1,
                "municipality": "0698",
                "role": "child",
                "sex": "female",
            }
            names = {"givenName": "Mari", "familyName": "Maasikas", "birthDate": "2009-03-01"}
            rest = {"referredOn": "2017-05-04", "personalCode": None, "address": None}
            return {"kind": "submitChildNotice", **child, **names, **rest, **about}
        status = {"accepted": "ACCEPTED", "declined": "DECLINED"}[event["type"].rpartition(".")[2]]
        told = {"recipient": POLIS, "senderReference": "PV-2017-001203", "status": status}
        return {"kind": "caseNotice", **told, **about}


_DISCLOSED = {
    "subject": "ab" * 32,
    "receiverCode": "70009770",
    "receiverSystem": "star",
    "receiverName": None,
    "action": "Teade lapse elukohajärgsele lastekaitsele",
    "occurredAt": "2017-05-04T10:00:00Z",
    "caseHandle": "cd" * 16,
}


@dataclass
class Service:
    """What takes messages."""

    client: httpx.AsyncClient
    intake: Intake


class Stage:
    """One database and what is around it; the exchange that runs on it may end and begin again."""

    def __init__(self, settings: Settings, admin: Any, crash: Crash, golden: Callable[[str], bytes]) -> None:
        self._settings, self.admin, self.crash = settings, admin, crash
        self.register = Register()
        simulator = httpx.ASGITransport(create_simulator())
        self.partners = httpx.AsyncClient(transport=simulator, base_url="http://ss")
        self._cases = crash.sends(httpx.MockTransport(self.register.answer))
        self._server = crash.sends(simulator)
        first, withdrawal = golden("submitReferral.request.xml"), golden("withdrawReferral.request.xml")
        second = first.replace(b"3e5d1f2a6b80", b"3e5d1f2a6b81").replace(b"PV-2017-001203", b"PV-2")
        correction = golden("correctReferral.request.xml")
        self.bodies = [first, correction, second, withdrawal.replace(b"PV-2017-001203", b"PV-2")]
        self._signer = ServiceSigner("cases", keys.load_signing(settings.keys, "cases"), SystemClock())
        self.answered = 0
        self.told: dict[int, set[str]] = defaultdict(set)
        self.sealed: dict[UUID, bytes | None] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Service, Worker]]:
        """The service and its worker, as one process."""
        app = create_app(self._settings, cases_transport=self._cases, server_transport=self._server)
        worker = create_worker(self._settings, cases_transport=self._cases, server_transport=self._server)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://exchange") as client:
                await worker._opened()
                try:
                    yield Service(client, app.state.xroad.intake), worker
                finally:
                    await worker._closed()

    async def live(self, work: Callable[[Service, Worker], Awaitable[None]]) -> bool:
        """Runs the exchange until its work is done or its process ends; whether it came to its end."""
        process = self.crash.process
        async with self.running() as (service, worker):
            doing = asyncio.ensure_future(work(service, worker))
            ending = asyncio.ensure_future(process.ended.wait())
            await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
            ending.cancel()
            if process.ended.is_set():
                await asyncio.wait({doing}, timeout=0.2)  # connections are closed, as the kernel would
                doing.cancel()
                await asyncio.wait({doing})
                return False
            await doing
        return True

    async def all(self, service: Service, worker: Worker) -> None:
        """All messages come in, the police are asked, and everything that follows is done and witnessed."""
        for number, later in SENT:
            service.intake._pace = Pace(most=0 if later else 8, slow=60.0)
            await self._send(service, number)
        await self._ask(service)
        self.sealed |= {row["id"]: row["referral_sealed"] for row in await self.admin.fetch(SEALED)}
        for _ in range(12):
            for statement in TIME:
                await self.admin.execute(statement)
            await worker._hand_over.step()
            await worker._follower.step(0)
            for line in worker._lines:
                await self._deliver(line)
            kept = await worker._keeper.step()
            resting = not await self.admin.fetchval(RESTING) and not kept
            if resting and not await worker._follower.step(0):
                await self._prove(worker)
                return
        pytest.fail("it did not come to rest")

    @staticmethod
    async def _prove(worker: Worker) -> None:
        """The logs get their positions and trees, a witness has their checkpoints, and so once more."""
        for _ in range(2):
            await worker._sequencer.drain()
            for watch in worker._watches:
                with contextlib.suppress(UpstreamUnavailable):  # the register here keeps no logs of its own
                    await watch.step()
        await worker._sequencer.drain()

    async def _ask(self, service: Service) -> None:
        """The case register asks about call-outs, and asks until it has an answer."""
        token = self._signer.token("exchange", "worker:callouts", "intake")
        headers = {"Authorization": f"Bearer {token}", "X-Purpose": "intake"}
        answer = await service.client.post("/api/exchange/v1/callouts", json=QUESTION, headers=headers)
        assert answer.status_code == 200, answer.text
        self.answered += 1

    async def _send(self, service: Service, number: int) -> None:
        headers = {"content-type": "text/xml; charset=utf-8", "x-turvavork-gateway": SECRET}
        answer = await service.client.post("/xroad/soap", content=self.bodies[number], headers=headers)
        assert answer.status_code == 200
        (payload,) = etree.fromstring(answer.content)[1]
        self.told[number].add(str(payload.findtext("reference")))

    @staticmethod
    async def _deliver(line: Line) -> None:
        """As a line does it, with a renewal, and a lease that is given back."""
        courier = line._courier
        heads = await courier.claim(line._partner, 1)
        if heads:
            await courier.renew([head.lease for head in heads])
            await courier.give_back(heads[0].lease)
        await asyncio.gather(*(courier.deliver(head) for head in await courier.claim(line._partner, 5)))

    async def again(self) -> None:
        """What makes all that comes next a repetition: the feed begins anew, partners have it already."""
        self.register.epoch = "ba9876543210"
        await self.admin.execute("update outbox set state = 'waiting', settled_at = null")
        await self.admin.execute("update outbox_queue set head = 1, state = 'due', due_at = now()")
        for row_id, sealed in self.sealed.items():
            await self.admin.execute(RECEIVED, row_id, sealed or next(filter(None, self.sealed.values())))
