"""Taking the feed: each event is applied once, in one transaction with the cursor that follows it."""

from typing import Final, Protocol, assert_never
from uuid import UUID, uuid4

from services.indicators import store
from services.indicators.model import Accepted, Ended, News, Other, Transferred, Unlinked
from services.indicators.outbound import Batch, EpochEndedError
from services.kit import log
from services.kit.db import Database, Work
from services.kit.policy import Permit

WAIT: Final = 20  # seconds of a long poll

_log = log.get_logger(__name__)


class EventFeed(Protocol):
    """Where events come from."""

    async def after(self, cursor: str | None, wait: int) -> Batch:
        """What follows a cursor; raises EpochEndedError."""
        ...


class Consumer:
    """Reads the feed step by step; several may run, and what one has applied the others leave."""

    def __init__(self, database: Database, feed: EventFeed, permit: Permit) -> None:
        self._database = database
        self._feed = feed
        self._permit = permit

    async def step(self) -> int:
        """One poll and what it brings; how many events it brought. No transaction is open while it waits."""
        async with self._database.work(self._permit, str(uuid4())) as work:
            before = await store.reading(work)
        cursor, complete = (None, False) if before is None else (before.cursor, before.complete)
        try:
            batch = await self._feed.after(cursor, WAIT if complete else 0)
        except EpochEndedError:
            await self._begin_anew(cursor)
            return 0
        return await self._apply(batch, cursor)

    async def _apply(self, batch: Batch, expected: str | None) -> int:
        async with self._database.work(self._permit, str(uuid4())) as work:
            now_read = await store.own_reading(work)
            if now_read.cursor != expected:
                return 0  # somebody else was faster
            changed = [stream for news in batch.news if (stream := await _apply_one(work, news))]
            if changed:
                work.audit("update", list(dict.fromkeys(changed)), ["statistics"])
            await store.save_reading(work, batch.cursor, complete=now_read.complete or batch.whole)
        return len(batch.news)

    async def _begin_anew(self, expected: str | None) -> None:
        """The feed was restored: all facts are forgotten and read again from zero."""
        async with self._database.work(self._permit, str(uuid4())) as work:
            if (await store.own_reading(work)).cursor != expected:
                return
            await store.clear(work)
            await store.save_reading(work, None, complete=False)
            work.audit("delete", [store.FEED], ["statistics"])
        _log.warning("feed-begun-anew")


async def _apply_one(work: Work, news: News) -> UUID | None:
    """The case whose facts changed; None when no figure depends on this, or a later event was applied."""
    match news:
        case Accepted(fact):
            return fact.stream if await store.put_case(work, fact) else None
        case Ended(stream):
            return stream if await store.end_case(work, news) else None
        case Unlinked(stream):
            return stream if await store.unlink(work, news) else None
        case Transferred(fact):
            return fact.stream if await store.put_transfer(work, fact) else None
        case Other():
            return None
        case _:
            assert_never(news)
