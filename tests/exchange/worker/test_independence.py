"""What is stuck is stuck alone: cases, partners, and how much of us one partner may have."""

from collections import Counter
from typing import Any
from uuid import uuid4

import httpx

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
REFERENCES = ("TV-0123-4567-89AB-CDEF-0", "TV-7K3M-9Q2X-4D8R-W6HF-5")
PLACES = 4


class Counting(httpx.AsyncBaseTransport):
    """Counts what is under way to each partner: SOAP to the police, REST to child protection."""

    def __init__(self, beneath: httpx.AsyncBaseTransport) -> None:
        self._beneath = beneath
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        partner = "star" if request.url.path.startswith("/r1/") else "polis"
        self.under_way[partner] += 1
        self.most[partner] = max(self.most[partner], self.under_way[partner])
        try:
            return await self._beneath.handle_async_request(request)
        finally:
            self.under_way[partner] -= 1


async def delivered(world: Any) -> Counter[str]:
    rows = await world.rows("select partner from outbox where state = 'delivered'")
    return Counter(row["partner"] for row in rows)


async def test_inv_12_a_stuck_case_and_a_stuck_partner_at_once_delay_no_other(world: Any) -> None:
    """INV-12: one partner hangs, one case of the other was refused; all other cases are told meanwhile."""
    stream = uuid4()
    await world.tell("delay", milliseconds=30_000)
    await world.tell("business", "star", code="NO", reference=REFERENCES[0])
    for number in range(20):
        world.register.happen()
        if number < 5:
            world.register.happen(sender=STAR)
    world.register.happen(sender=STAR, stream=stream, reference=REFERENCES[0])
    world.register.happen("referral.declined", sender=STAR, stream=stream, reference=REFERENCES[1])

    async def others_have_it() -> bool:
        states = await world.rows("select state from outbox where stream = $1 order by number", stream)
        stuck = [row["state"] for row in states] == ["quarantined", "waiting"]
        return stuck and await delivered(world) == {STAR: 5}

    async with world.running():
        await world.until(others_have_it, 25)  # earlier than the partner that hangs says anything
        assert await world.received(partner="polis") == []
        world.register.happen(sender=STAR)  # what comes later, too

        async def the_later_one() -> bool:
            return await delivered(world) == {STAR: 6}

        await world.until(the_later_one, 25)
        await world.forgive()


async def test_inv_18_a_partner_has_its_own_places_however_much_waits_for_it(world: Any) -> None:
    """INV-18, outward: a flood for a slow partner takes its own places and no more."""
    world.server_transport = counting = Counting(world.server_transport)
    await world.tell("delay", milliseconds=30_000)
    for _ in range(60):
        world.register.happen()
    async with world.running(delivery_places=PLACES):

        async def full() -> bool:
            return counting.under_way["polis"] == PLACES

        await world.until(full, 25)
        for _ in range(3 * PLACES):
            world.register.happen(sender=STAR)

        async def others_have_it() -> bool:
            return await delivered(world) == {STAR: 3 * PLACES}

        await world.until(others_have_it, 25)
        assert counting.most["polis"] == counting.under_way["polis"] == PLACES
        assert counting.most["star"] <= PLACES
        await world.forgive()
