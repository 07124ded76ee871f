"""Thousands of notices wait for a partner that was down for a day; once it is back they arrive in order."""

import os
import time
from collections import defaultdict
from typing import Any
from uuid import uuid4

import pytest

NOTICES = 5000 if os.environ.get("TURVAVORK_SOAK") else 200
CASES = NOTICES // 25
POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
#: As they stand after a day in which the partner was down: tried ever since, at the longest waits.
A_DAY_LATER = (
    "update outbox set created_at = created_at - interval '24 hours' where partner = $1",
    """
    update outbox_queue set tries = 295, due_at = now() + random() * interval '5 minutes', lease_until = null
    where partner = $1 and state = 'due'
    """,
)


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_what_waits_for_a_partner_arrives_in_order_when_it_is_back(world: Any) -> None:
    """INV-10: sent until the partner has it."""
    streams = [uuid4() for _ in range(CASES)]
    for number in range(NOTICES):
        world.register.happen(stream=streams[number % CASES])
    world.register.happen(sender=STAR)
    await world.tell("down")

    async def waits() -> bool:
        return await counts() == {"waiting": NOTICES, "delivered": 1}

    async def delivered() -> bool:
        return (await counts()).get("delivered") == NOTICES + 2

    async def counts() -> dict[str, int]:
        rows = await world.rows("select state, count(*) as n from outbox group by state")
        return {row["state"]: row["n"] for row in rows}

    async with world.running(delivery_longest_wait=300.0):
        await world.until(waits, 500)
        assert [one["partner"] for one in await world.received()] == ["star"]
        for statement in A_DAY_LATER:
            await world.rows(statement, POLIS)
        await world.forgive()
        world.register.happen()  # life goes on, and the first that is taken starts all that waits
        began, used = time.monotonic(), time.process_time()
        await world.until(delivered, 600)
    wall, cpu = time.monotonic() - began, time.process_time() - used
    print(f"{NOTICES} notices drained in {wall:.1f} s, {cpu:.1f} s of CPU of worker, partner and test")  # noqa: T201 - pytest -s shows it
    numbers = {str(row["id"]): row for row in await world.rows("select id, stream, number from outbox")}
    received = await world.received()
    effects = [one["id"] for one in received if not one["duplicate"]]
    assert sorted(effects) == sorted(numbers)
    assert all(one["sameBytes"] for one in received)
    seen = defaultdict(list)
    for one in effects:
        seen[numbers[one]["stream"]].append(numbers[one]["number"])
    assert all(each == sorted(each) for each in seen.values())
    assert await world.rows("select 1 from outbox_try where outcome = 'quarantined'") == []
