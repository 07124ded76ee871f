"""Thousands of notices wait for a partner that is down; once it is back they arrive in order, and all."""

import os
from collections import defaultdict
from typing import Any
from uuid import uuid4

import pytest

NOTICES = 5000 if os.environ.get("TURVAVORK_SOAK") else 200
CASES = NOTICES // 25
POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"


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
        return (await counts()).get("delivered") == NOTICES + 1

    async def counts() -> dict[str, int]:
        rows = await world.rows("select state, count(*) as n from outbox group by state")
        return {row["state"]: row["n"] for row in rows}

    async with world.running(delivery_longest_wait=2.0):
        await world.until(waits, 500)
        assert [one["partner"] for one in await world.received()] == ["star"]
        await world.forgive()
        await world.until(delivered, 600)
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
