"""The process ends at every named point, before and after each commit and each send; another goes on.

Each point, before and after, of a first delivery and of a repeated one. In the end every message has had one
effect, in order, with the same bytes, and its sender was told the truth.
"""

import ast
import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import httpx
import pytest
from lxml import etree

from services.exchange.actions.intake import Intake
from services.exchange.actions.pace import Pace
from services.exchange.app import create_app, create_worker
from services.exchange.settings import Settings
from services.exchange.worker import Line, Worker
from services.kit import driver
from system.securityserver.app import create_app as create_simulator
from tests.exchange.worker.crashing import Crash, Process

ROOT = Path(__file__).parents[3] / "services/exchange"
SECRET = "a-gateway-secret-of-tests"
POLIS = "ee-dev/GOV/70008747/polis"
#: Every commit and send on the way of a message that comes in, and of those that go out because of it.
POINTS = (
    "intake._store_all commit",
    "cases.take send",
    "intake._settle_all commit",
    "cases.status send",
    "status.current commit",
    "handover._round commit",
    "cases.take_all send",
    "repair.hand_over commit",
    "feed.step commit",
    "feed.after send",
    "feed.notice send",
    "feed._apply commit",
    "delivery.claim commit",
    "delivery.renew commit",
    "delivery.give_back commit",
    "feed.child_notice send",
    "delivery._content commit",
    "securityserver.send send",
    "delivery._record commit",
)
#: What was fetched once is kept: a message that is sent again does not come there.
ONCE = {"feed.child_notice send", "delivery._content commit"}
#: Transactions and questions that nothing follows from: what they say is asked again, or written by itself.
ASIDE = {
    "amendments.take commit": "reads what is known of a referral; what is done about it goes by intake",
    "callouts.ask_call_outs commit": "lets the answer out, whose question is in the log",
    "callouts.ask commit": "a question and its answer in the log; it is asked again under a new id",
    "cases.amend send": "as cases.take, of a correction or withdrawal: T1 and T2 around it are the same",
    "depths.measure commit": "reads how much waits",
    "flags._counted commit": "a question that was counted and had no answer; it is asked, and counted, again",
    "flags._given_back commit": "the same: without it the quota is one less for the rest of the day",
    "flags.ask commit": "lets the answer out; nothing is kept but its row",
    "flags.flag send": "a question; the register keeps its own record of it, and it is asked again",
    "keys.rewrap_all commit": "wraps keys anew, each row by itself; see actions/test_keys.py",
    "receipts.prove commit": "reads",
    "record._write commit": "the one row of a question or a refusal, without which there is no answer",
    "status.ask commit": "reads, and writes the audit row of that",
    "usage.find commit": "reads",
    "usage.period commit": "reads",
    "usage.alive commit": "the row of a heartbeat",
    "usage.step commit": "keeps disclosures and the cursor at once, as feed does; see test_disclosures.py",
    "disclosures.after send": "the same",
    "securityserver.get send": "asks the security server what there is",
}
RESTING = """
    select (select count(*) from inbox where state = 'received')
        + (select count(*) from outbox where state = 'waiting') as left_over
"""
#: Time passes: what waits is due, and leases have ended.
TIME = (
    "update inbox set next_attempt_at = now(), lease_until = null where state = 'received'",
    "update outbox_queue set due_at = now(), lease_until = null where state = 'due'",
)


SEALED = "select id, referral_sealed from inbox"
RECEIVED = """
    update inbox set state = 'received', settled_at = null, status = null, status_at = null,
        next_attempt_at = now() + interval '5 s', referral_sealed = $2
    where id = $1
"""


@dataclass
class Register:
    """The case register: takes a referral once by its sender's name for it, and tells of it in its feed."""

    taken: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    epoch: str = "0123456789ab"

    async def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/cases/v1/events":
            return self._feed(request.url.params)
        if "/notices/" in path:
            return httpx.Response(200, json=self._notice(path.split("/")))
        if request.method == "GET":
            told = {"status": "ACCEPTED", "changedAt": "2017-05-04T12:00:00Z"}
            return httpx.Response(200, json={"reference": path.rpartition("/")[2], **told})
        body = json.loads(request.content)
        return httpx.Response(201, json=self._take(path.rpartition("/")[2], body["sender"]["reference"]))

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
        body = golden("submitReferral.request.xml")
        self.bodies = [
            body,
            body.replace(b"3e5d1f2a6b80", b"3e5d1f2a6b81").replace(b"PV-2017-001203", b"PV-2"),
        ]
        self.told: dict[int, set[str]] = defaultdict(set)
        self.sealed: dict[UUID, bytes | None] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Service, Worker]]:
        """The service and its worker, as one process."""
        app = create_app(self._settings, cases_transport=self._cases)
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
        """Both messages come in, and everything that follows from them is done.

        One is handed over at once and then sent again, the other is left to the worker.
        """
        service.intake._pace = Pace(most=8, slow=60.0)
        await self._send(service, 0)
        await self._send(service, 0)
        service.intake._pace = Pace(most=0, slow=60.0)
        await self._send(service, 1)
        self.sealed |= {row["id"]: row["referral_sealed"] for row in await self.admin.fetch(SEALED)}
        for _ in range(12):
            for statement in TIME:
                await self.admin.execute(statement)
            await worker._hand_over.step()
            await worker._follower.step(0)
            for line in worker._lines:
                await self._deliver(line)
            if not await self.admin.fetchval(RESTING) and not await worker._follower.step(0):
                return
        pytest.fail("it did not come to rest")

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
            await courier.renew(line._partner, [head.lease for head in heads])
            await courier.give_back(heads[0].lease)
        for head in await courier.claim(line._partner, 5):
            await courier.deliver(head)

    async def again(self) -> None:
        """What makes all that comes next a repetition: the feed begins anew, partners have it already."""
        self.register.epoch = "ba9876543210"
        await self.admin.execute("update outbox set state = 'waiting', settled_at = null")
        await self.admin.execute("update outbox_queue set head = 1, state = 'due', due_at = now()")
        for row_id, sealed in self.sealed.items():
            await self.admin.execute(RECEIVED, row_id, sealed or next(filter(None, self.sealed.values())))


@pytest.fixture
async def stage(
    lent_database: Any, keys_folder: Path, golden: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    database = lent_database("exchange")
    settings = Settings(
        database_url=database.url,
        keys=keys_folder,
        gateway_secret=SECRET,
        delivery_first_wait=0.05,
        delivery_longest_wait=0.2,
        pool_size=2,
    )
    crash = Crash()
    monkeypatch.setattr(driver, "commit", crash.commits(driver.commit))
    admin = await asyncpg.connect(database.admin_url)
    try:
        made = Stage(settings, admin, crash, golden)
        async with made.partners:
            yield made
    finally:
        await admin.close()


async def compare(stage: Stage) -> None:
    """The ledgers of the senders, the register, the exchange and the partners tell the same."""
    rows = await stage.admin.fetch("select * from inbox order by message_id")
    assert [row["state"] for row in rows] == ["handed-over"] * 2
    for row, told in zip(rows, stage.told.values(), strict=True):
        assert told == {row["reference"]}
    assert list(stage.register.taken.values()) == [row["reference"] for row in rows]
    outs = {str(row["id"]): row for row in await stage.admin.fetch("select * from outbox")}
    assert len(outs) == 6
    assert {row["state"] for row in outs.values()} == {"delivered"}
    received = (await stage.partners.get("/control/received")).json()["items"]
    children = (await stage.partners.get("/control/children")).json()["items"]
    assert all(one["sameBytes"] for one in received)
    effects = [one for one in received if not one["duplicate"]]
    assert sorted(one["id"] for one in effects) == sorted(
        row_id for row_id, row in outs.items() if row["kind"] == "caseNotice"
    )
    for stream in {row["stream"] for row in outs.values()}:
        places = [outs[one["id"]]["number"] for one in effects if outs[one["id"]]["stream"] == stream]
        assert places == sorted(places)
    assert len({(one["number"], one["version"]) for one in children}) == 2
    assert sum(not one["duplicate"] for one in children) == 2
    logged = await stage.admin.fetch("select what, message_id from message_log where what = 'received'")
    assert {row["message_id"] for row in logged} == {row["message_id"] for row in rows}


async def to_the_end(stage: Stage) -> None:
    if not await stage.live(stage.all):
        stage.crash.process = Process()
        assert await stage.live(stage.all)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
async def test_the_process_ends_there_the_first_time(stage: Stage, point: str, moment: str) -> None:
    process = stage.crash.process
    process.arm(point, moment)
    await to_the_end(stage)
    assert process.ended.is_set()
    await compare(stage)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("point", [point for point in POINTS if point not in ONCE])
async def test_the_process_ends_there_when_it_comes_again(stage: Stage, point: str, moment: str) -> None:
    assert await stage.live(stage.all)
    await stage.again()
    process = stage.crash.process = Process()
    process.arm(point, moment)
    await to_the_end(stage)
    assert process.ended.is_set()
    await compare(stage)


def test_no_commit_and_no_send_is_without_a_named_point() -> None:
    """Whoever adds a transaction or a question adds its point, or says why nothing follows from it."""
    found = set()
    for path in (*(ROOT / "actions").glob("*.py"), *(ROOT / "routes").glob("*.py")):
        for function in _functions(path):
            if "work" in _called(function, ast.AsyncWith):
                found.add(f"{path.stem}.{function.name} commit")
    for path in (ROOT / "outbound").glob("*.py"):
        for function in _functions(path):
            if not function.name.startswith("_") and {"_ask", "_try", "request"} & _called(
                function, ast.AsyncFunctionDef
            ):
                found.add(f"{path.stem}.{function.name} send")
    assert found == {*POINTS, *ASIDE}


def test_nobody_else_commits_or_sends() -> None:
    rooms = [path for path in ROOT.rglob("*.py") if path.parent.name not in {"actions", "outbound"}]
    for path in rooms:
        for function in _functions(path):
            called = _called(function, ast.AsyncFunctionDef)
            assert not called & {"commit", "_ask", "_try"}, f"{path.name}: {function.name}"
            if f"{path.stem}.{function.name} commit" not in ASIDE:
                assert "work" not in _called(function, ast.AsyncWith), f"{path.name}: {function.name}"


def _functions(path: Path) -> list[ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]


def _called(function: ast.AST, within: type[ast.AST]) -> set[str]:
    """Names of methods that are called in places of a kind."""
    places = [node for node in ast.walk(function) if isinstance(node, within)]
    roots = [item.context_expr for node in places if isinstance(node, ast.AsyncWith) for item in node.items]
    if within is not ast.AsyncWith:
        roots = list(places)
    calls = [call for root in roots for call in ast.walk(root) if isinstance(call, ast.Call)]
    return {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
