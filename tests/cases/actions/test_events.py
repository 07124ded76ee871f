import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.cases.actions.events import Feed
from services.cases.model.problems import EpochEnded
from services.cases.store.events import Arrivals, Told
from services.kit.sequencer import Cursor

Build = Callable[..., Any]


@pytest.fixture
def read(world: Any) -> Build:
    arrivals = Arrivals(world.database)
    feed = Feed(world.database, arrivals, time.monotonic)
    permit = world.permit("list_events", "statistics", "service:indicators", "indicators")

    async def run(
        cursor: Cursor | None = None, most: int = 100, wait: float = 0
    ) -> tuple[str, Sequence[Told]]:
        async def answer(work: object, epoch: str, found: Sequence[Told]) -> tuple[str, Sequence[Told]]:
            return epoch, found

        return await feed.after(permit, str(uuid4()), cursor=cursor, most=most, wait=wait, answer=answer)

    run.arrivals = arrivals  # type: ignore[attr-defined] # for the test that listens
    return run


async def test_the_feed_is_dense_and_in_order(world: Any, a_referral: Build, read: Build) -> None:
    for _ in range(5):
        await world.take(a_referral())
    await world.sequence()
    epoch, found = await read()
    assert [told.position for told in found] == list(range(15))
    _, rest = await read(Cursor(epoch, 6))
    assert [told.position for told in rest] == [7, 8, 9, 10, 11, 12, 13, 14]
    _, first = await read(most=3)
    assert [told.position for told in first] == [0, 1, 2]


async def test_within_a_stream_versions_are_dense(world: Any, a_referral: Build, read: Build) -> None:
    for _ in range(4):
        await world.take(a_referral())
    await world.sequence()
    _, found = await read()
    streams: dict[object, list[int]] = {}
    for told in found:
        streams.setdefault(told.event.stream, []).append(told.event.stream_version)
    assert list(streams.values()) == [[1, 2, 3]] * 4


async def test_a_cursor_of_another_epoch_has_ended(read: Build) -> None:
    with pytest.raises(EpochEnded):
        await read(Cursor("0" * 12, 3))


async def test_who_waits_is_answered_when_something_comes(world: Any, a_referral: Build, read: Build) -> None:
    listening = asyncio.create_task(read.arrivals.run())
    try:
        waiting = asyncio.create_task(read(wait=10))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await world.take(a_referral())
        began = time.monotonic()
        await world.sequence()
        _, found = await waiting
        assert time.monotonic() - began < 0.8
        assert found
    finally:
        listening.cancel()


async def test_who_waits_in_vain_is_answered_with_nothing(read: Build) -> None:
    began = time.monotonic()
    _, found = await read(wait=0.3)
    assert not found
    assert 0.3 <= time.monotonic() - began < 1


async def test_who_waits_holds_no_connection(world: Any, read: Build) -> None:
    waiting = [asyncio.create_task(read(wait=4)) for _ in range(30)]
    least = 30
    while not any(task.done() for task in waiting):
        await asyncio.sleep(0.1)
        (busy,) = await world.rows(
            """select count(*) from pg_stat_activity
               where datname = current_database() and state like 'idle in%'"""
        )
        least = min(least, busy[0])
    assert least == 0
    await asyncio.gather(*waiting)


async def test_events_never_say_who_it_is(world: Any, a_referral: Build) -> None:
    facts = a_referral()
    await world.take(facts)
    data = "\n".join(row[0] for row in await world.rows("select data::text from event"))
    for person in facts.persons:
        for secret in (
            person.personal_code,
            person.given_name,
            person.family_name,
            person.address,
            person.phone,
        ):
            assert secret not in data
    for text in (facts.occurrence.description, facts.victim_wishes, facts.referrer.name):
        assert text not in data


class _Torn:
    """A connection whose server dies before it could listen."""

    def add_termination_listener(self, callback: Callable[..., None]) -> None:
        """Nobody is told: it was lost before."""

    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    def terminate(self) -> None:
        """There is nothing to end."""


async def test_who_listens_goes_on_after_a_server_that_died_before_the_first_word(
    world: Any, a_referral: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    dedicated, torn = world.database.dedicated, iter([_Torn()])

    async def first_torn() -> Any:
        return next(torn, None) or await dedicated()

    monkeypatch.setattr(world.database, "dedicated", first_torn)
    monkeypatch.setattr("services.cases.store.events._PAUSE", 0.01)
    arrivals = Arrivals(world.database)
    listening = asyncio.create_task(arrivals.run())
    try:
        await asyncio.sleep(0.3)
        assert not listening.done()
        news = arrivals.next()
        await world.take(a_referral())
        await world.sequence()
        await asyncio.wait_for(news.wait(30), 5)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
