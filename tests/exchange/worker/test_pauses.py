"""Partners that are paused, and partners that are back."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from services.exchange.worker import Line

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
LineOf = Callable[..., Line]
OPEN = """insert into partner_pause (id, partner, reason, paused_at, paused_by)
          values ($1, $2, 'our-maintenance', now(), 'op')"""
CLOSE = "update partner_pause set resumed_at = now(), resumed_by = 'op' where id = $1"


async def test_a_paused_partner_is_sent_nothing_and_its_queue_fills(world: Any) -> None:
    """Others go on; after the pause all that waits goes, in its order."""
    pause, stream = uuid4(), uuid4()
    await world.rows(OPEN, pause, POLIS)
    async with world.running():
        for type_ in ("referral.accepted", "referral.declined"):
            world.register.happen(type_, stream=stream)
        world.register.happen(sender=STAR)

        async def star_has_it() -> bool:
            return len(await world.received()) == 1 and len(await world.states()) == 3

        await world.until(star_has_it)
        await asyncio.sleep(1.2)  # two looks of the worker's
        assert [got["partner"] for got in await world.received()] == ["star"]
        tries = await world.rows("select partner, tries from outbox where partner = $1", POLIS)
        assert [row["tries"] for row in tries] == [0, 0]
        await world.rows(CLOSE, pause)

        async def all_have_it() -> bool:
            return len(await world.received()) == 3

        await world.until(all_have_it)
    told = [got["status"] for got in await world.received() if got["partner"] == "polis"]
    assert told == ["ACCEPTED", "DECLINED"]


async def test_from_the_pause_on_no_try_begins(world: Any, line: LineOf) -> None:
    for _ in range(3):
        world.register.happen()
    async with world.opened() as worker:
        await worker._follower.step(0)
        courier = line(worker)._courier
        (head,) = await courier.claim(POLIS, 1)
        pause = uuid4()
        await world.rows(OPEN, pause, POLIS)
        assert await courier.claim(POLIS, 10) == []
        await courier.deliver(head)  # one that was under way ends
        assert len(await world.received()) == 1
        await world.rows(CLOSE, pause)
        assert len(await courier.claim(POLIS, 10)) == 2


async def test_when_a_partner_is_back_what_waits_goes_without_its_long_waits(world: Any) -> None:
    """Twenty queues would wait for an hour; one more message that is taken starts them all."""
    await world.tell("down")
    async with world.running(delivery_first_wait=3600, delivery_longest_wait=3600):
        for _ in range(20):
            world.register.happen()

        async def all_failed() -> bool:
            rows = await world.rows("select count(*) as failed from outbox where tries = 1")
            return bool(rows[0]["failed"] == 20)

        await world.until(all_failed)
        await world.forgive()
        world.register.happen()

        async def all_taken() -> bool:
            return len(await world.received()) == 21

        await world.until(all_taken, 15)


async def test_a_partner_that_is_half_dead_is_not_flooded(world: Any, line: LineOf) -> None:
    """One success of many brings two forward, not all; when they fail, nothing more follows."""
    await world.tell("down")
    async with world.opened(delivery_first_wait=3600, delivery_longest_wait=3600) as worker:
        courier = line(worker)._courier
        for _ in range(10):
            world.register.happen()
        await worker._follower.step(0)
        for head in await courier.claim(POLIS, 10):
            await courier.deliver(head)
        await world.forgive()
        world.register.happen()
        await worker._follower.step(0)
        (head,) = await courier.claim(POLIS, 10)
        await courier.deliver(head)
        await world.tell("down")
        tried = 0
        for _ in range(12):
            heads = await courier.claim(POLIS, 10)
            tried += len(heads)
            await asyncio.gather(*(courier.deliver(head) for head in heads))
            await asyncio.sleep(0.1)
    assert tried == 2


async def test_a_partner_that_named_a_time_is_not_asked_earlier(world: Any, line: LineOf) -> None:
    await world.tell("down")
    async with world.opened(delivery_first_wait=3600, delivery_longest_wait=3600) as worker:
        courier = line(worker)._courier
        for _ in range(2):
            world.register.happen()
        await worker._follower.step(0)
        for head in await courier.claim(POLIS, 10):
            await courier.deliver(head)
        await world.rows("update outbox_queue set asked = true")
        await world.forgive()
        world.register.happen()
        await worker._follower.step(0)
        (head,) = await courier.claim(POLIS, 10)
        await courier.deliver(head)
        await courier.claim(POLIS, 10)
    soon = "select 1 from outbox_queue where state = 'due' and due_at < now() + interval '1 min'"
    assert await world.rows(soon) == []
