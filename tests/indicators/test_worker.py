import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from services.indicators import store
from services.indicators.actions.consuming import Consumer
from services.indicators.worker import Worker
from services.kit.db import Database
from services.kit.policy import Permit
from services.kit.problem import UpstreamUnavailable
from services.kit.sequencer import Sequencer

REQUEST = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"
Events = list[dict[str, Any]]


@pytest.fixture
def a_worker(database: Database, permit_of: Callable[..., Permit]) -> Callable[[Any], Worker]:
    async def nothing() -> None:
        pass

    def make(feed: Any) -> Worker:
        consumer = Consumer(database, feed, permit_of("worker:feed", "apply_events"))
        return Worker(consumer, Sequencer(database), nothing, nothing)

    return make


async def _until(database: Database, permit: Permit, cursor: str) -> None:
    async with asyncio.timeout(20):
        while True:
            async with database.work(permit, REQUEST) as work:
                found = await store.reading(work)
            if found is not None and found.cursor == cursor:
                return
            await asyncio.sleep(0.02)


async def test_it_goes_on_after_a_failure_and_stops_at_once_while_it_waits(
    a_worker: Callable[[Any], Worker],
    a_feed: Any,
    sample_events: Events,
    database: Database,
    permit_of: Callable[..., Permit],
) -> None:
    class Feed(a_feed):  # type: ignore[misc] # a fixture gives the class
        async def after(self, cursor: str | None, wait: int) -> Any:
            batch = await super().after(cursor, wait)
            if len(self.asked) == 1:
                raise UpstreamUnavailable
            if not batch.news:
                await asyncio.sleep(3600)
            return batch

    stop = asyncio.Event()
    running = asyncio.create_task(a_worker(Feed(sample_events)).run(stop))
    await _until(database, permit_of("worker:feed", "apply_events"), "0123456789ab.86")
    stop.set()
    async with asyncio.timeout(5):
        await running


async def test_what_it_changed_gets_its_place_in_the_log(
    a_worker: Callable[[Any], Worker],
    a_feed: Any,
    sample_events: Events,
    database: Database,
) -> None:
    class Feed(a_feed):  # type: ignore[misc] # a fixture gives the class
        async def after(self, cursor: str | None, wait: int) -> Any:
            batch = await super().after(cursor, wait)
            await asyncio.sleep(0 if batch.news else 3600)
            return batch

    stop = asyncio.Event()
    running = asyncio.create_task(a_worker(Feed(sample_events)).run(stop))
    connection = await database.dedicated()
    async with asyncio.timeout(20):
        while not await connection.fetchval("select count(*) from audit_position"):  # noqa: ASYNC110 - a table
            await asyncio.sleep(0.02)
    await connection.close()
    stop.set()
    await running


async def test_a_programmers_error_ends_it(a_worker: Callable[[Any], Worker], a_feed: Any) -> None:
    class Feed(a_feed):  # type: ignore[misc] # a fixture gives the class
        async def after(self, cursor: str | None, wait: int) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        async with asyncio.timeout(20):
            await a_worker(Feed()).run(asyncio.Event())
