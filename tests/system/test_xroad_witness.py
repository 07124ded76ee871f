"""Checkpoints go to a partner over X-Road, which keeps what has only grown."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.routing import Route

from services.exchange.model.record import Record
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.outbound.witness import PATH, XRoadWitness
from services.exchange.wire import address
from services.kit import checkpoint, merkle, verifier
from services.kit.checkpoint import Checkpoint, VerifierKey
from services.kit.clock import SystemClock
from services.kit.verifier import Witness
from services.kit.witness import Watch, WitnessAwayError, WitnessRefusesError
from system.securityserver.behaviour import Behaviour
from system.securityserver.callouts import CallOutRegister
from system.securityserver.children import ChildRegister
from system.securityserver.consumer import ConsumerSide
from system.securityserver.ledger import Ledger
from system.securityserver.metaservices import MetaServices
from system.securityserver.partners import TURVAVORK, Polis, Star
from system.securityserver.witness import SERVICE, WITNESS

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "turvavork/exchange/message-log/0123456789ab"
KEY = VerifierKey.of(ORIGIN, PRIVATE)


class Log:
    """A log of so many leaves; its holder may begin another story."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []

    def grow(self, count: int, story: bytes = b"") -> None:
        start = len(self.leaves)
        self.leaves += [merkle.leaf_hash(story + b"%d" % at) for at in range(start, start + count)]

    async def note(self) -> str | None:
        head = Checkpoint(ORIGIN, len(self.leaves), merkle.root_of(self.leaves))
        return checkpoint.sign(head, PRIVATE).decode()

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        return merkle.proof(merkle.consistency_nodes(old, new), merkle.nodes_of(self.leaves[:new]))


class Line:
    """Our end, the security server with the witness behind it, and the rows of the message log."""

    def __init__(self) -> None:
        clock = SystemClock()
        children, callouts = ChildRegister(clock, None), CallOutRegister()
        ledger = Ledger(clock, None)
        self.side = ConsumerSide(Behaviour(), Polis(ledger, callouts), Star(ledger, children), MetaServices())
        self.app = Starlette(routes=[Route("/r1/{path:path}", self.side.take_rest, methods=["POST"])])
        self.rows: list[Record] = []
        self.away = False

    async def log(self, record: Record, _: str) -> bytes:
        self.rows.append(record)
        return b""

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        return await httpx.ASGITransport(self.app).handle_async_request(request)

    def witness(self) -> XRoadWitness:
        service = ServiceId(ClientId.parse(WITNESS), SERVICE, None)
        return XRoadWitness(self.server, service, address.of_service(service, PATH), self.log)

    server: SecurityServer


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    found = Line()
    transport: Any = httpx.MockTransport(found.answer)
    found.server = SecurityServer("http://ss", ClientId.parse(TURVAVORK), transport=transport)
    yield found
    await found.server.aclose()


async def test_a_partner_keeps_what_has_only_grown(line: Line) -> None:
    log = Log()
    watch = Watch(line.witness(), [log])
    for count in (3, 4, 13):
        log.grow(count)
        assert await watch.step() == 1
    assert await watch.step() == 0
    seen = Witness.read(line.side.log_witness.copy(ORIGIN), KEY)
    assert sorted(seen.heads) == [3, 7, 20]
    assert [(row.what, row.operation, row.result) for row in line.rows] == [
        ("sent", "submitCheckpoint", "delivered")
    ] * 3
    assert all(row.digest and row.partner == WITNESS for row in line.rows)


async def test_a_worker_that_begins_anew_asks_what_the_witness_has(line: Line) -> None:
    log = Log()
    log.grow(5)
    await Watch(line.witness(), [log]).step()
    log.grow(6)
    await Watch(line.witness(), [log]).step()
    assert [row.status for row in line.rows] == [200, 409, 200]
    assert sorted(Witness.read(line.side.log_witness.copy(ORIGIN), KEY).heads) == [5, 11]


async def test_a_witness_away_for_a_day_only_delays(line: Line) -> None:
    log = Log()
    log.grow(5)
    watch = Watch(line.witness(), [log])
    await watch.step()
    line.away = True
    for _ in range(24):
        log.grow(10)
        with pytest.raises(WitnessAwayError):
            await watch.step()
    line.away = False
    assert await watch.step() == 1
    assert sorted(Witness.read(line.side.log_witness.copy(ORIGIN), KEY).heads) == [5, 245]
    assert [row.result for row in line.rows].count("failed") == 24


async def test_another_story_of_the_keys_holder_is_not_taken_and_is_found(line: Line) -> None:
    log = Log()
    log.grow(20)
    witness = line.witness()
    await Watch(witness, [log]).step()
    log.leaves.clear()
    log.grow(30, b"another ")
    with pytest.raises(WitnessRefusesError, match="422"):
        await Watch(witness, [log]).step()
    log.leaves.clear()
    log.grow(12)
    with pytest.raises(WitnessAwayError, match="more entries"):
        await Watch(witness, [log]).step()
    with pytest.raises(WitnessRefusesError, match="more entries"):
        await Watch(line.witness(), [log]).step()
    seen = Witness.read(line.side.log_witness.copy(ORIGIN), KEY)
    assert sorted(seen.heads) == [20]
    assert verifier.verify([], KEY, seen).findings
