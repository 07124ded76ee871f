import asyncio
from collections.abc import Callable
from typing import Any

from services.cases.worker import Worker
from services.kit.sequencer import Sequencer

Build = Callable[..., Any]


async def test_the_worker_scores_what_waits_and_gives_events_their_place(
    world: Any, a_referral: Build
) -> None:
    world.scorer.mode = "away"
    await world.take(a_referral())
    world.scorer.mode = "ok"
    worker = Worker(
        world.database,
        Sequencer(world.database, ("audit", "event")),
        world.rescorer,
        world.riskscore,
        world.database.open,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(10):
        while not await _told(world):  # noqa: ASYNC110 - what is waited for is in a database
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(running, 5)
    positions = await world.rows("select position from event_position order by position")
    assert [row[0] for row in positions] == list(range(len(positions)))


async def _told(world: Any) -> bool:
    rows = await world.rows(
        "select from event_position p join event e on e.id = p.event_id where e.type = 'referral.scored'"
    )
    return bool(rows)


async def test_the_worker_asks_the_police_and_pauses_between(world: Any, a_referral: Build) -> None:
    for number in range(3):
        await world.take(a_referral(), sender_reference=f"s-{number}")
    worker = Worker(
        world.database,
        Sequencer(world.database, ("audit", "event")),
        world.rescorer,
        world.riskscore,
        world.database.open,
        asker=world.asker,
        asked_at_once=1,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(10):
        while not world.exchange.asked:  # noqa: ASYNC110 - what is waited for happens in another task
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert len(world.exchange.asked) == 1
