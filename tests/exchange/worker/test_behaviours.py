"""Each behaviour of ``behaviours``, once, three times and for ever, to three cases of one partner at once.

Whatever it is, nothing is lost, each case arrives in its order, the other partner has its message meanwhile,
and a person is asked only where a further try cannot help.
"""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.exchange.app import create_worker
from services.exchange.outbound import securityserver
from services.exchange.worker import Line
from services.kit.ids import new_reference
from system.ports import free_port
from tests.exchange.worker.behaviours import BEHAVIOURS, FINE, PASSING, REFUSED, UNKNOWN
from tests.exchange.worker.faultproxy import FaultProxy, Rule
from tests.exchange.worker.test_storm import served

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
READ, WHOLE = 0.8, 1.2  # seconds that a try waits here
TIMES = {"once": 1, "many": 3, "for ever": 1_000_000}
ENOUGH = 6  # tries: more than an unknown error gets
MESSAGES = 2


class Cases:
    """Three cases of one partner, each with two messages, and one of the other partner."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.streams: dict[str, UUID] = {name: uuid4() for name in TIMES}
        self.references = {name: new_reference() for name in TIMES}
        for name, stream in self.streams.items():
            for type_ in ("referral.accepted", "referral.declined")[:MESSAGES]:
                world.register.happen(type_, stream=stream, reference=self.references[name])
        world.register.happen(sender=STAR)

    async def states(self, name: str) -> list[str]:
        query = "select state from outbox where stream = $1 order by number"
        return [row["state"] for row in await self.world.rows(query, self.streams[name])]

    async def tried(self, name: str) -> Counter[str]:
        query = """
            select case when t.origin = 'transport' and t.status is null then 'network'
                else 'answer' end as who, count(*) as n from outbox_try t
            join outbox o on o.id = t.message_id where o.stream = $1 and o.number = 1 group by who
        """
        return Counter({row["who"]: row["n"] for row in await self.world.rows(query, self.streams[name])})


async def drive(line: Line) -> int:
    """What is due is tried once; how many there were."""
    heads = await line._courier.claim(line._partner, 10)
    await asyncio.gather(*(line._courier.deliver(head) for head in heads))
    return len(heads)


async def rest(cases: Cases, line: Line, nature: str) -> None:
    """Until nothing more can change while the behaviour lasts."""
    for _ in range(400):
        await drive(line)
        forever, others = (
            await cases.states("for ever"),
            await cases.states("once") + await cases.states("many"),
        )
        settled = not {"waiting"} & set(others) or nature == REFUSED
        enough = forever[0] != "waiting" or sum((await cases.tried("for ever")).values()) >= ENOUGH
        if settled and enough and (nature != FINE or "waiting" not in forever):
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not come to rest")


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_whatever_a_partner_does_nothing_is_lost_or_out_of_order(
    world: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(securityserver, "READ_SECONDS", READ)
    monkeypatch.setattr(securityserver, "TRY_SECONDS", WHOLE)
    nature, behaviour = BEHAVIOURS[name]
    cases = Cases(world)
    async with served(world.server_transport.app) as url:
        proxy, port = FaultProxy(int(url.rpartition(":")[2])), free_port()
        proxy.rules = {
            cases.references[each].encode(): Rule(behaviour, times) for each, times in TIMES.items()
        }
        server = await proxy.serve(port)
        settings = world.settings.model_copy(
            update={
                "security_server_url": f"http://127.0.0.1:{port}",
                "delivery_first_wait": 0.01,
                "delivery_longest_wait": 0.05,
            }
        )
        try:
            await scenario(cases, proxy, settings, nature)
        finally:
            server.close()
            await proxy.close()
    await arrived(cases)


async def scenario(cases: Cases, proxy: FaultProxy, settings: Any, nature: str) -> None:
    register = httpx.MockTransport(cases.world.register.answer)
    worker = create_worker(settings, cases_transport=register)
    await worker._opened()
    try:
        await worker._follower.step(0)
        lines = {line._partner: line for line in worker._lines}
        await drive(lines[STAR])
        assert [one["id"] for one in await cases.world.received(partner="star")]
        await rest(cases, lines[POLIS], nature)
        await judge(cases, nature)
        proxy.rules.clear()
        await redrive(cases)
        for _ in range(200):
            await drive(lines[POLIS])
            if not await cases.world.rows("select 1 from outbox where state <> 'delivered'"):
                break
            await asyncio.sleep(0.02)
        await asyncio.gather(*proxy.later, return_exceptions=True)
    finally:
        await worker._closed()


async def judge(cases: Cases, nature: str) -> None:
    """Who is where while the behaviour lasts."""
    for name in TIMES:
        states = await cases.states(name)
        if nature == FINE or (name != "for ever" and nature != REFUSED):
            assert states == ["delivered"] * MESSAGES, name
        else:
            first = "waiting" if nature == PASSING else "quarantined"
            assert states == [first] + ["waiting"] * (MESSAGES - 1), name
    tried = await cases.tried("for ever")
    if nature == UNKNOWN:
        assert tried["answer"] == 5
    if nature == REFUSED:
        assert tried["answer"] == 1


async def redrive(cases: Cases) -> None:
    """What an operator's decision does to the rows."""
    await cases.world.rows("update outbox set state = 'waiting', reason = null where state = 'quarantined'")
    await cases.world.rows("update outbox_queue set state = 'due', due_at = now() where state = 'blocked'")


async def arrived(cases: Cases) -> None:
    """Every message has had its one effect, with the same bytes in every try, each case in its order."""
    rows = {
        str(row["id"]): row for row in await cases.world.rows("select id, stream, number, state from outbox")
    }
    assert {row["state"] for row in rows.values()} == {"delivered"}
    received = await cases.world.received()
    effects = [one["id"] for one in received if not one["duplicate"]]
    assert all(one["sameBytes"] for one in received)
    assert sorted(effects) == sorted(rows)
    for stream in cases.streams.values():
        numbers = [rows[one]["number"] for one in effects if rows[one]["stream"] == stream]
        assert numbers == list(range(1, MESSAGES + 1))


def test_there_are_thirty_behaviours_of_every_nature() -> None:
    natures = Counter(nature for nature, _ in BEHAVIOURS.values())
    assert sum(natures.values()) >= 30
    assert set(natures) == {FINE, PASSING, UNKNOWN, REFUSED}
