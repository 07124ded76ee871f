"""The logs of services without X-Road come to the witness by way of exchange, as they were signed."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.record import Record
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.outbound.logs import RemoteLog
from services.exchange.outbound.witness import PATH, XRoadWitness
from services.exchange.wire import address
from services.kit import keys
from services.kit.client import ServiceClient
from services.kit.sequencer import Sequencer
from services.kit.tokens import ServiceSigner
from services.kit.verifier import Witness
from services.kit.witness import Watch, WitnessRefusesError
from system.securityserver.witness import SERVICE, WITNESS, LogWitness
from tests.contracts.together import Together

SERVICES = pytest.mark.parametrize("name", ["cases", "indicators"])


class Wire:
    """In the place of the security server: what it would carry goes straight to the witness."""

    def __init__(self) -> None:
        self.partner = LogWitness()

    async def send(self, _: object, message: Rendered) -> Reply:
        answer = self.partner.take(message.body)
        return Reply(answer.status, {}, answer.body)


class Longer:
    """A log whose proofs are of another log: what exchange could make of it, and no more."""

    def __init__(self, log: RemoteLog) -> None:
        self.note = log.note

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        return [bytes(32)] * (old + new)


@pytest.fixture
async def log(house: Together, name: str) -> AsyncIterator[RemoteLog]:
    client = ServiceClient(
        base_url=f"http://{name}",
        audience=name,
        signer=ServiceSigner("exchange", keys.load_signing(house.folder, "exchange")),
        transport=httpx.ASGITransport(house.apps[name]),
    )
    yield RemoteLog(client, name)
    await client.aclose()


def witness(wire: Any) -> XRoadWitness:
    async def logged(record: Record, _: str) -> bytes:
        assert record.operation == SERVICE
        return b""

    service = ServiceId(ClientId.parse(WITNESS), SERVICE, None)
    return XRoadWitness(wire, service, address.of_service(service, PATH), logged)


async def signed(house: Together, name: str) -> None:
    """What the service's worker does; each look of ours has left rows to be signed."""
    state = house.apps[name].state
    await Sequencer(state.database, state.logbook.logs, *state.logbook.trees()).drain()


@SERVICES
async def test_a_service_s_log_is_witnessed_as_it_grows(house: Together, log: RemoteLog, name: str) -> None:
    wire = Wire()
    watch = Watch(witness(wire), [log])
    for _ in range(3):
        await signed(house, name)
        assert await watch.step() == 1
    (epoch,) = await house.rows(name, "select epoch from log_epoch")
    key = house.apps[name].state.logbook.key("audit", epoch["epoch"])
    seen = Witness.read(wire.partner.copy(key.name), key)
    assert len(seen.heads) == 3
    rows = await house.rows(name, "select actor, rule_id from audit where actor = 'worker:witness'")
    assert {row["rule_id"] for row in rows} == {"log-witness"}


@SERVICES
async def test_what_exchange_makes_of_it_is_not_taken(house: Together, log: RemoteLog, name: str) -> None:
    wire = Wire()
    brought = witness(wire)
    for _ in range(2):  # from an empty log anything may grow
        await signed(house, name)
        await Watch(brought, [log]).step()
    await signed(house, name)
    with pytest.raises(WitnessRefusesError):
        await Watch(brought, [Longer(log)]).step()
