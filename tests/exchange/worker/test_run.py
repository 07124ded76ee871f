"""The worker as a whole: tasks that survive what they need, lines that do not wait for each other."""

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.exchange.app import create_app
from services.exchange.worker import Line, Pace, repeat
from services.kit.problem import UpstreamUnavailable

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
SECRET = "a-gateway-secret-of-tests"
LineOf = Callable[..., Line]


def delivered(world: Any, count: int) -> Callable[[], Any]:
    async def reached() -> bool:
        rows = await world.rows("select count(*) as n from outbox where state = 'delivered'")
        return bool(rows[0]["n"] >= count)

    return reached


async def test_what_happens_reaches_the_partners(world: Any) -> None:
    async with world.running():
        for sender in (POLIS, STAR, POLIS):
            world.register.happen(sender=sender)
        await world.until(delivered(world, 3))
    assert sorted(one["partner"] for one in await world.received()) == ["polis", "polis", "star"]


async def test_two_workers_keep_the_order_of_each_case_and_one_effect_each(world: Any) -> None:
    streams = [uuid4() for _ in range(6)]
    kinds = ("referral.accepted", "referral.declined", "referral.redirected")
    for type_ in kinds:
        for number, stream in enumerate(streams):
            world.register.happen(type_, stream=stream, sender=(POLIS, STAR)[number % 2])
    await world.tell("cut-after", times=3)
    await world.tell("fault", "star", code="server.serverproxy.io_error", times=3)
    async with world.running(), world.running():
        await world.until(delivered(world, 18), 20)
    effects = [one for one in await world.received() if not one["duplicate"]]
    assert len(effects) == 18
    by_id = {str(row["id"]): row for row in await world.rows("select id, stream, number from outbox")}
    for stream in streams:
        numbers = [by_id[one["id"]]["number"] for one in effects if by_id[one["id"]]["stream"] == stream]
        assert numbers == [1, 2, 3]
    assert all(one["sameBytes"] for one in await world.received())


async def test_a_dead_partner_delays_no_other(world: Any) -> None:
    """Its messages wait, not lost and not given up, and go when it is back."""
    await world.server.put("/control/partners/polis", json={"up": False})
    for _ in range(20):
        world.register.happen()
    for _ in range(5):
        world.register.happen(sender=STAR)
    async with world.running():
        await world.until(delivered(world, 5))
        rows = await world.rows("select partner, state, count(*) as n from outbox group by 1, 2 order by 1")
        assert [(row["partner"], row["state"], row["n"]) for row in rows] == [
            (POLIS, "waiting", 20),
            (STAR, "delivered", 5),
        ]
        await world.server.put("/control/partners/polis", json={"up": True})
        await world.until(delivered(world, 25))
    assert len(await world.received(partner="polis")) == 20


async def test_a_partner_that_hangs_delays_no_other(world: Any) -> None:
    await world.tell("delay", milliseconds=8000)
    for _ in range(30):
        world.register.happen()
    for _ in range(5):
        world.register.happen(sender=STAR)
    async with world.running():
        began = time.monotonic()
        await world.until(delivered(world, 5), 7)
        assert time.monotonic() - began < 7
        assert await world.received(partner="polis") == []
        await world.forgive()


async def test_a_lease_lasts_as_long_as_its_try(world: Any) -> None:
    """A partner slower than the lease gets the message once: the lease is prolonged meanwhile."""
    await world.tell("delay", milliseconds=2500, times=1)
    world.register.happen()
    async with world.running(delivery_lease=1.0), world.running(delivery_lease=1.0):
        await world.until(delivered(world, 1))
    assert len(await world.received()) == 1


async def test_a_try_whose_lease_is_lost_is_broken_off(world: Any, line: LineOf) -> None:
    await world.tell("delay", milliseconds=5000, times=1)
    world.register.happen()
    async with world.opened(delivery_lease=3.0) as worker:
        await worker._follower.step(0)
        mine = line(worker)
        await mine.step()
        (errand,) = mine._errands.values()
        await world.rows("update outbox_queue set fence = fence + 1")
        await mine.renew()
        await asyncio.wait({errand.task}, timeout=1)
        assert errand.task.done()
    assert await world.received() == []


async def test_a_try_ends_with_its_lease_when_the_database_is_gone(world: Any, line: LineOf) -> None:
    await world.tell("delay", milliseconds=5000, times=1)
    world.register.happen()
    async with world.opened(delivery_lease=1.0) as worker:
        await worker._follower.step(0)
        mine = line(worker)
        await mine.step()
        (errand,) = mine._errands.values()
        await asyncio.wait({errand.task}, timeout=2)
        assert errand.task.done()
        assert mine._errands == {}
    assert await world.received() == []


async def test_it_stops_in_time_and_gives_back_what_it_holds(world: Any) -> None:
    await world.tell("delay", milliseconds=30_000)
    world.register.happen()
    world.register.happen(sender=STAR)

    async def held() -> bool:
        statement = "select count(*) as n from outbox_queue where partner = $1 and lease_until > now()"
        rows = await world.rows(statement, POLIS)
        return bool(rows[0]["n"]) and bool(await world.received(partner="star"))

    async with world.running(delivery_lease=60.0):
        await world.until(held)
    rows = await world.rows("select state, lease_until from outbox_queue where partner = $1", POLIS)
    assert rows == [{"state": "due", "lease_until": None}]


async def test_it_goes_on_when_the_database_comes_back(world: Any) -> None:
    async with world.running():
        world.register.happen()
        await world.until(delivered(world, 1))
        await world.rows("""
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
        """)
        for sender in (POLIS, STAR):
            world.register.happen(sender=sender)
        await world.until(delivered(world, 3), 20)
    assert {one["duplicate"] for one in await world.received()} <= {False, True}
    assert sum(not one["duplicate"] for one in await world.received()) == 3


async def test_it_goes_on_when_the_register_comes_back(world: Any) -> None:
    world.register.mode = "down"
    async with world.running():
        await asyncio.sleep(0.3)
        world.register.happen()
        world.register.mode = "ok"
        await world.until(delivered(world, 1))


async def test_an_acknowledged_referral_is_handed_over_when_the_register_is_back(
    world: Any, golden: Callable[[str], bytes]
) -> None:
    """INV-6: nothing is left half way."""

    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    own = world.settings.model_copy(update={"gateway_secret": SECRET})
    app = create_app(own, cases_transport=httpx.MockTransport(down))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://exchange") as http:
            headers = {"content-type": "text/xml; charset=utf-8", "x-turvavork-gateway": SECRET}
            answer = await http.post(
                "/xroad/soap", content=golden("submitReferral.request.xml"), headers=headers
            )
    assert "<status>RECEIVED</status>" in answer.text

    async def handed_over() -> bool:
        rows = await world.rows("select state from inbox")
        return bool(rows == [{"state": "handed-over"}])

    async with world.running():
        await world.until(handed_over, 15)
    ((reference, body),) = world.register.taken.items()
    assert reference in answer.text
    assert body["sender"]["client"] == POLIS


async def test_a_task_waits_longer_after_each_failure_and_never_gives_up() -> None:
    stop, calls = asyncio.Event(), []

    async def step() -> int:
        calls.append(asyncio.get_running_loop().time())
        if len(calls) == 6:
            stop.set()
        raise UpstreamUnavailable if len(calls) % 2 else RuntimeError("a mistake of ours")

    await asyncio.wait_for(repeat("feed", step, stop, Pace(0.01, 0.02, 0.1)), 5)
    waits = [later - earlier for earlier, later in pairwise(calls)]
    assert waits == sorted(waits) or max(waits) < 0.5
    assert waits[0] >= 0.02
    assert waits[-1] >= 0.1


async def test_a_task_without_work_does_not_spin() -> None:
    stop, calls = asyncio.Event(), 0

    async def step() -> int:
        nonlocal calls
        calls += 1
        return 0

    task = asyncio.create_task(repeat("feed", step, stop, Pace(pause=0.05)))
    await asyncio.sleep(0.4)
    stop.set()
    await task
    assert calls <= 9


async def test_a_line_without_work_does_not_spin(
    world: Any, line: LineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.opened() as worker:
        mine, claims = line(worker), 0
        real = mine._courier.claim

        async def counting(*given: Any) -> Any:
            nonlocal claims
            claims += 1
            return await real(*given)

        monkeypatch.setattr(mine._courier, "claim", counting)
        stop = asyncio.Event()
        task = asyncio.create_task(repeat("delivery", mine.step, stop, Pace()))
        await asyncio.sleep(1.2)
        stop.set()
        await task
    assert claims <= 4
