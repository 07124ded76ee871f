"""Our place in the case register's feed, and the events that made messages."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.kit.db import Work

_CURSOR: Final = "select cursor from feed_cursor where feed = $1"
_FIRST: Final = """
    insert into feed_cursor (feed, cursor, updated_at) values ($1, $2, $3) on conflict do nothing
    returning feed
"""
_MOVE: Final = """
    update feed_cursor set cursor = $2, updated_at = $3 where feed = $1 and cursor = $4 returning feed
"""
_APPLY: Final = """
    insert into applied_event (feed, event_id, applied_at)
    select $1::text, told.id, $2::timestamptz from unnest($3::uuid[]) as told (id) order by told.id
    on conflict do nothing returning event_id
"""


async def cursor(work: Work, feed: str) -> str | None:
    """Where we are; None at the beginning."""
    return next((str(row["cursor"]) for row in await work.fetch(_CURSOR, feed)), None)


async def move(work: Work, feed: str, *, expected: str | None, cursor: str) -> bool:
    """Goes on to ``cursor``; False when another worker has moved since ``expected`` was read."""
    if expected is None:
        return bool(await work.fetch(_FIRST, feed, cursor, work.now))
    return bool(await work.fetch(_MOVE, feed, cursor, work.now, expected))


async def apply(work: Work, feed: str, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Notes that events are applied in this transaction; those that were not before, in whatever epoch."""
    return frozenset(row["event_id"] for row in await work.fetch(_APPLY, feed, work.now, list(ids)))
