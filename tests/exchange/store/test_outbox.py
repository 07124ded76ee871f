"""The queue's promises are the tables' and the statements': shown on a real PostgreSQL."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.exchange.model.outbox import Draft, Envelope, Head, OutState, Sealed, Try
from services.exchange.rules import queue
from services.exchange.store import messages, outbox, queueing, results
from services.kit.clock import SystemClock
from services.kit.db import Database, Work
from services.kit.policy import Caller, Policy

LEASE = timedelta(seconds=30)
TAKEN = Try(5, "delivered")
FAILED = Try(5, "failed", "transport", "timeout")
REFUSED = Try(5, "quarantined", "business", "NO")
PERMIT = Policy.load("services.exchange").permit(
    Caller.system("worker:delivery", "exchange"), "deliver_message", "delivery"
)


@pytest.fixture(scope="module")
async def store(service_database: Callable[[str], Any]) -> AsyncIterator[tuple[Database, str]]:
    made = service_database("exchange")
    database = Database(made.url, service="exchange", clock=SystemClock(), audit_key=bytes(32))
    await database.open()
    yield database, made.owner_url
    await database.close()


@pytest.fixture
def database(store: tuple[Database, str]) -> Database:
    return store[0]


@pytest.fixture
def partner() -> str:
    return f"ee-dev/GOV/1/{uuid4().hex[:8]}"


@asynccontextmanager
async def working(database: Database) -> AsyncIterator[Work]:
    async with database.work(PERMIT, str(uuid4())) as work:
        yield work


def draft(partner: str, stream: UUID, **changes: Any) -> Draft:
    sealed = Sealed(uuid4(), b"wrapped", os.urandom(32), b"bytes")
    values: dict[str, Any] = {
        "id": uuid4(),
        "event_id": uuid4(),
        "partner": partner,
        "stream": stream,
        "kind": "caseNotice",
        "reference": "TV-0123-4567-89AB-CDEF-0",
        "envelope": Envelope("soap", "POST", "/", "text/xml", sealed),
    }
    return Draft(**values | changes)


async def put(database: Database, *drafts: Draft) -> list[bool]:
    async with working(database) as work:
        made = await queueing.enqueue(work, drafts)
        return [one.id in made for one in drafts]


async def take(database: Database, partner: str, limit: int = 10, lease: timedelta = LEASE) -> list[Head]:
    async with working(database) as work:
        return list(await outbox.claim(work, partner, limit=limit, lease=lease))


async def end(work: Work, head: Head, verdict: queue.Verdict, tried: Try) -> bool:
    (kept,) = await results.write(work, [results.Result(head, verdict, tried)])
    return kept


async def deliver(database: Database, head: Head) -> bool:
    async with working(database) as work:
        return await end(work, head, queue.Settle(OutState.DELIVERED), TAKEN)


async def put_aside(database: Database, head: Head) -> bool:
    async with working(database) as work:
        return await end(work, head, queue.Settle(OutState.QUARANTINED, "partner-refused"), REFUSED)


async def state(database: Database, message: UUID) -> messages.Message:
    async with working(database) as work:
        found = await messages.find(work, message)
        assert found is not None
        return found


async def expire(store: tuple[Database, str], partner: str) -> None:
    """Lets the leases of a partner run out, as time would."""
    connection = await asyncpg.connect(store[1])
    try:
        await connection.execute(
            "set row_security = off; alter table outbox_queue no force row level security"
        )
        await connection.execute(
            "update outbox_queue set lease_until = now() - interval '1 second' where partner = $1", partner
        )
        await connection.execute("alter table outbox_queue force row level security")
    finally:
        await connection.close()


async def test_only_the_head_of_a_queue_is_taken_and_the_next_after_it_is_settled(
    database: Database, partner: str
) -> None:
    stream = uuid4()
    first, second, third = (draft(partner, stream) for _ in range(3))
    assert await put(database, first, second, third) == [True, True, True]
    for expected in (first, second, third):
        (head,) = await take(database, partner)
        assert head.id == expected.id
        assert head.envelope == expected.envelope
        assert await take(database, partner) == []
        assert await deliver(database, head)
    assert await take(database, partner) == []
    assert [(await state(database, one.id)).number for one in (first, second, third)] == [1, 2, 3]


async def test_an_event_makes_a_message_once(database: Database, partner: str) -> None:
    one = draft(partner, uuid4())
    again = draft(partner, one.stream, event_id=one.event_id)
    assert await put(database, one, again) == [True, False]
    assert await put(database, again) == [False]
    (head,) = await take(database, partner)
    await deliver(database, head)
    assert await take(database, partner) == []


async def test_numbers_are_dense_under_concurrent_writers(database: Database, partner: str) -> None:
    stream = uuid4()
    drafts = [draft(partner, stream) for _ in range(20)]
    await asyncio.gather(*(put(database, one) for one in drafts))
    assert sorted([(await state(database, one.id)).number for one in drafts]) == list(range(1, 21))


async def test_two_writers_of_one_event_make_one_message(database: Database, partner: str) -> None:
    event, stream = uuid4(), uuid4()
    drafts = [draft(partner, stream, event_id=event) for _ in range(8)]
    made = await asyncio.gather(*(put(database, one) for one in drafts))
    assert sum(one for (one,) in made) == 1


async def test_two_workers_never_hold_the_same_queue(database: Database, partner: str) -> None:
    await put(database, *(draft(partner, uuid4()) for _ in range(12)))
    taken = await asyncio.gather(*(take(database, partner, limit=4) for _ in range(5)))
    ids = [head.id for heads in taken for head in heads]
    assert len(ids) == len(set(ids)) == 12


async def test_a_failed_try_comes_again_after_the_wait_and_not_before(
    database: Database, partner: str
) -> None:
    one = draft(partner, uuid4())
    await put(database, one)
    (head,) = await take(database, partner)
    async with working(database) as work:
        assert await end(work, head, queue.Postpone(timedelta(seconds=0.2), unknown=True), FAILED)
    assert await take(database, partner) == []
    await asyncio.sleep(0.25)
    (second,) = await take(database, partner)
    assert (second.id, second.envelope) == (head.id, head.envelope)
    assert (second.lease.tries, second.lease.unknown_tries) == (1, 1)
    assert second.lease.fence > head.lease.fence
    async with working(database) as work:
        (tried,) = await messages.tries(work, one.id)
    assert (tried.number, tried.outcome, tried.origin, tried.code) == (1, "failed", "transport", "timeout")


async def test_a_worker_that_wakes_up_after_its_lease_writes_nothing(
    store: tuple[Database, str], partner: str
) -> None:
    database = store[0]
    one = draft(partner, uuid4())
    await put(database, one)
    (sleeper,) = await take(database, partner)
    await expire(store, partner)
    assert not await deliver(database, sleeper)  # nobody else has it yet, and still it is too late
    assert not await put_aside(database, sleeper)
    async with working(database) as work:
        assert not await end(work, sleeper, queue.Postpone(LEASE, unknown=False), FAILED)
        assert await outbox.renew(work, [sleeper.lease], lease=LEASE) == frozenset()
        assert await messages.tries(work, one.id) == []
    (other,) = await take(database, partner)
    assert other.id == sleeper.id
    assert not await deliver(database, sleeper)
    assert (await state(database, one.id)).state == OutState.WAITING
    assert await deliver(database, other)
    assert (await state(database, one.id)).state == OutState.DELIVERED


async def test_a_lease_is_prolonged_by_its_holder_alone(store: tuple[Database, str], partner: str) -> None:
    database = store[0]
    await put(database, draft(partner, uuid4()), draft(partner, uuid4()))
    held, lost = await take(database, partner)
    forged = Head(lost.lease.__class__(partner, lost.lease.stream, lost.lease.fence - 1, 0, 0), *_rest(lost))
    async with working(database) as work:
        kept = await outbox.renew(work, [held.lease, forged.lease], lease=LEASE)
        assert kept == {held.lease.stream}


def _rest(head: Head) -> tuple[Any, ...]:
    return head.id, head.event_id, head.kind, head.reference, head.envelope


async def test_a_released_lease_can_be_taken_at_once(database: Database, partner: str) -> None:
    await put(database, draft(partner, uuid4()))
    (head,) = await take(database, partner)
    async with working(database) as work:
        await outbox.release(work, head.lease)
    (again,) = await take(database, partner)
    assert again.id == head.id


async def test_a_message_that_was_put_aside_blocks_its_own_queue_only(
    database: Database, partner: str
) -> None:
    stream, other = uuid4(), uuid4()
    poison, waits, free = draft(partner, stream), draft(partner, stream), draft(partner, other)
    await put(database, poison, waits, free)
    heads = {head.id: head for head in await take(database, partner)}
    assert await put_aside(database, heads[poison.id])
    assert await deliver(database, heads[free.id])
    assert await take(database, partner) == []
    found = await state(database, poison.id)
    assert (found.state, found.reason, found.code, found.tries) == (
        OutState.QUARANTINED,
        "partner-refused",
        "NO",
        1,
    )


async def decide(database: Database, message: UUID, *, skip: bool) -> None:
    async with working(database) as work:
        found = await messages.lock(work, message)
        assert found is not None
        if skip:
            await messages.skip(work, found, "no-longer-needed")
        else:
            await messages.redrive(work, found)


async def test_a_redriven_message_goes_before_those_behind_it(database: Database, partner: str) -> None:
    stream = uuid4()
    poison, waits = draft(partner, stream), draft(partner, stream)
    await put(database, poison, waits)
    (head,) = await take(database, partner)
    await put_aside(database, head)
    await decide(database, poison.id, skip=False)
    (again,) = await take(database, partner)
    assert again.id == poison.id
    assert (again.lease.tries, again.lease.unknown_tries) == (0, 0)
    assert again.envelope == poison.envelope
    await deliver(database, again)
    (after,) = await take(database, partner)
    assert after.id == waits.id


async def test_a_skipped_message_is_never_sent_and_frees_its_queue(database: Database, partner: str) -> None:
    stream = uuid4()
    poison, waits = draft(partner, stream), draft(partner, stream)
    await put(database, poison, waits)
    (head,) = await take(database, partner)
    await put_aside(database, head)
    await decide(database, poison.id, skip=True)
    (after,) = await take(database, partner)
    assert after.id == waits.id
    assert (await state(database, poison.id)).state == OutState.SKIPPED


async def test_a_message_without_content_waits_for_a_person_in_its_place(
    database: Database, partner: str
) -> None:
    stream = uuid4()
    first, empty, last = (
        draft(partner, stream),
        draft(partner, stream, envelope=None, reason="notice-unavailable"),
        draft(partner, stream),
    )
    await put(database, first, empty, last)
    (head,) = await take(database, partner)
    await deliver(database, head)
    assert await take(database, partner) == []
    await decide(database, empty.id, skip=False)
    (head,) = await take(database, partner)
    assert (head.id, head.envelope) == (empty.id, None)
    envelope = draft(partner, stream).envelope
    assert envelope is not None
    async with working(database) as work:
        assert await outbox.keep_content(work, [(head, envelope)]) == [True]
        await outbox.release(work, head.lease)
    (head,) = await take(database, partner)
    assert head.envelope == envelope


async def test_skipping_behind_the_head_leaves_the_worker_its_lease(database: Database, partner: str) -> None:
    stream = uuid4()
    first, empty = draft(partner, stream), draft(partner, stream, envelope=None, reason="notice-invalid")
    await put(database, first, empty)
    (head,) = await take(database, partner)
    await decide(database, empty.id, skip=True)
    assert await take(database, partner) == []
    assert await deliver(database, head)
    assert await take(database, partner) == []


async def test_a_first_message_without_content_blocks_at_once(database: Database, partner: str) -> None:
    stream = uuid4()
    empty = draft(partner, stream, envelope=None, reason="notice-invalid")
    await put(database, empty, draft(partner, stream))
    assert await take(database, partner) == []
    assert (await state(database, empty.id)).state == OutState.QUARANTINED


async def test_a_queue_of_another_partner_is_another_queue(database: Database, partner: str) -> None:
    stream, other = uuid4(), f"{partner}x"
    await put(database, draft(partner, stream), draft(other, stream))
    assert len(await take(database, partner)) == 1
    assert len(await take(database, other)) == 1


async def test_the_content_of_a_message_is_written_once(database: Database, partner: str) -> None:
    """Two tries must not carry different bytes, whatever a worker does."""
    one = draft(partner, uuid4())
    await put(database, one)
    (head,) = await take(database, partner)
    other = draft(partner, uuid4()).envelope
    assert other is not None
    async with working(database) as work:
        await outbox.keep_content(work, [(head, other)])
        await outbox.release(work, head.lease)
    (again,) = await take(database, partner)
    assert again.envelope == one.envelope


async def test_without_a_permit_nothing_is_seen(store: tuple[Database, str], partner: str) -> None:
    """Row-level security, the second layer: the application's role without the facts of a permit."""
    database = store[0]
    await put(database, draft(partner, uuid4()))
    connection = await database.dedicated()
    try:
        for table in ("outbox", "outbox_queue", "outbox_try"):
            found = await connection.fetchval(f"select count(*) from {table}")  # noqa: S608 - constants
            assert found == 0
    finally:
        await connection.close()
