"""Results of many tries written at once: each queue comes out as it would alone, as the machine says."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.exchange.model.outbox import Draft, Envelope, Head, OutState, Sealed, Try
from services.exchange.rules.queue import Postpone, QueueState, Settle, Verdict
from services.exchange.store import messages, outbox, queueing, results
from services.exchange.store.results import NotWaitingError, Result
from services.kit.clock import SystemClock
from services.kit.db import Database
from services.kit.policy import Caller, Policy
from tests.simulation import queues as models

PERMIT = Policy.load("services.exchange").permit(
    Caller.system("worker:delivery", "exchange"), "deliver_message", "delivery"
)
LEASE = timedelta(seconds=30)
ENVELOPE = Envelope("soap", "POST", "/", "text/xml", Sealed(uuid4(), b"wrapped", bytes(32), b"bytes"))
VERDICTS: list[tuple[Verdict, Try | None]] = [
    (Settle(OutState.DELIVERED), Try(1, "delivered")),
    (Settle(OutState.QUARANTINED, "partner-refused"), Try(2, "quarantined", "business", "NO", 500)),
    (Settle(OutState.SKIPPED, "stopped-by-person"), None),
    (Postpone(timedelta(seconds=9), unknown=True), Try(3, "failed", "answer", "not-understood", 200)),
    (Postpone(timedelta(seconds=7), unknown=False, asked=True), Try(4, "failed", "transport", "cut")),
]


@pytest.fixture(scope="module")
async def database(service_database: Callable[[str], Any]) -> AsyncIterator[Database]:
    url = service_database("exchange").url
    made = Database(url, service="exchange", clock=SystemClock(), audit_key=bytes(32))
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def partner() -> str:
    return f"ee-dev/GOV/1/{uuid4().hex[:8]}"


def draft(partner: str, stream: UUID, *, waits: bool) -> Draft:
    return Draft(
        id=uuid4(),
        event_id=uuid4(),
        partner=partner,
        stream=stream,
        kind="caseNotice",
        reference="TV-0123-4567-89AB-CDEF-0",
        envelope=ENVELOPE if waits else None,
        reason=None if waits else "notice-unavailable",
    )


def machine(states: list[bool], now: Any) -> models.Queue:
    told = [OutState.WAITING if one else OutState.QUARANTINED for one in states]
    held = models.claimed(models.appended(models.Queue(), told, now), now, LEASE)
    assert held is not None
    return held


async def row_of(work: Any, stream: UUID) -> models.Queue:
    items = await work.fetch("select * from outbox where stream = $1 order by number", stream)
    (row,) = await work.fetch("select * from outbox_queue where stream = $1", stream)
    names = ("next_number", "head", "due_at", "tries", "unknown_tries", "asked", "lease_until", "fence")
    held = tuple(models.Item(OutState(one["state"]), one["tries"]) for one in items)
    return models.Queue(items=held, state=QueueState(row["state"]), **{name: row[name] for name in names})


async def claimed(database: Database, partner: str) -> list[Head]:
    async with database.work(PERMIT, str(uuid4())) as work:
        return list(await outbox.claim(work, partner, limit=100, lease=LEASE))


@pytest.mark.parametrize("seed", range(4))
async def test_each_queue_of_many_comes_out_as_the_machine_says(
    database: Database, partner: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    behind = {uuid4(): [True, *chance.choices([True, False], k=chance.randrange(3))] for _ in range(30)}
    async with database.work(PERMIT, str(uuid4())) as work:
        new = [draft(partner, stream, waits=one) for stream, told in behind.items() for one in told]
        await queueing.enqueue(work, new)
    heads = await claimed(database, partner)
    assert {head.lease.stream for head in heads} == set(behind)
    told = [Result(head, *chance.choice(VERDICTS)) for head in heads]
    async with database.work(PERMIT, str(uuid4())) as work:
        (row,) = await work.fetch("select now() as now")
        assert await results.write(work, told) == [True] * len(told)
        for one in told:
            stream = one.head.lease.stream
            held = machine(behind[stream], row["now"])
            assert await row_of(work, stream) == models.tried(held, 1, one.verdict, row["now"])
            message = await messages.find(work, one.head.id)
            assert message is not None
            assert message.reason == getattr(one.verdict, "reason", None)
            tries = await messages.tries(work, one.head.id)
            assert [(each.outcome, each.code) for each in tries] == (
                [] if one.tried is None else [(one.tried.outcome, one.tried.code)]
            )


async def test_the_one_whose_lease_was_lost_writes_nothing_and_spoils_no_other(
    database: Database, partner: str
) -> None:
    first, lost, last = (draft(partner, uuid4(), waits=True) for _ in range(3))
    async with database.work(PERMIT, str(uuid4())) as work:
        await queueing.enqueue(work, [first, lost, last])
    heads = {head.id: head for head in await claimed(database, partner)}
    stale = replace(heads[lost.id], lease=replace(heads[lost.id].lease, fence=0))
    told = [Result(head, *VERDICTS[0]) for head in (heads[first.id], stale, heads[last.id])]
    async with database.work(PERMIT, str(uuid4())) as work:
        assert await results.write(work, told) == [True, False, True]
        states = [await messages.find(work, one.id) for one in (first, lost, last)]
        assert [one and one.state for one in states] == ["delivered", "waiting", "delivered"]
        assert await messages.tries(work, lost.id) == []
        assert await results.write(work, [Result(heads[lost.id], *VERDICTS[0])]) == [True]


async def test_what_is_put_behind_a_head_while_its_result_waits_is_the_next_head(
    database: Database, partner: str
) -> None:
    """Who enqueues holds the queue's row: the result is written upon what he has committed."""
    stream = uuid4()
    first, behind = draft(partner, stream, waits=True), draft(partner, stream, waits=True)
    async with database.work(PERMIT, str(uuid4())) as work:
        await queueing.enqueue(work, [first])
    (head,) = await claimed(database, partner)

    async def end() -> None:
        async with database.work(PERMIT, str(uuid4())) as work:
            assert await results.write(work, [Result(head, *VERDICTS[0])]) == [True]

    async with database.work(PERMIT, str(uuid4())) as work:
        await queueing.enqueue(work, [behind])
        ending = asyncio.create_task(end())
        await asyncio.sleep(0.2)
        assert not ending.done()
    await ending
    assert [one.id for one in await claimed(database, partner)] == [behind.id]


async def test_rows_that_contradict_are_an_error_and_nothing_is_written(
    database: Database, partner: str
) -> None:
    one = draft(partner, uuid4(), waits=True)
    async with database.work(PERMIT, str(uuid4())) as work:
        await queueing.enqueue(work, [one])
    (head,) = await claimed(database, partner)
    async with database.work(PERMIT, str(uuid4())) as work:
        assert await results.write(work, [Result(head, *VERDICTS[0])]) == [True]
        await work.fetch(
            "update outbox_queue set head = 1, state = 'due', due_at = now(), "
            "lease_until = now() + $1::interval where stream = $2",
            LEASE,
            head.lease.stream,
        )
    with pytest.raises(NotWaitingError):
        async with database.work(PERMIT, str(uuid4())) as work:
            await results.write(work, [Result(head, *VERDICTS[0])])
