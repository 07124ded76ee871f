"""Our place in the case register's feed, and the events that made messages."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.kit.db import Work

_CURSOR: Final = text("select cursor from feed_cursor where feed = :feed")
_FIRST: Final = text("""
    insert into feed_cursor (feed, cursor, updated_at) values (:feed, :cursor, :now) on conflict do nothing
""")
_MOVE: Final = text("""
    update feed_cursor set cursor = :cursor, updated_at = :now where feed = :feed and cursor = :expected
""")
_APPLY: Final = text("""
    insert into applied_event (feed, event_id, applied_at)
    select :feed, told.id, :now from unnest(cast(:ids as uuid[])) as told (id) order by told.id
    on conflict do nothing returning event_id
""")


async def cursor(work: Work, feed: str) -> str | None:
    """Where we are; None at the beginning."""
    place: str | None = (await work.conn.execute(_CURSOR, {"feed": feed})).scalar_one_or_none()
    return place


async def move(work: Work, feed: str, *, expected: str | None, cursor: str) -> bool:
    """Goes on to ``cursor``; False when another worker has moved since ``expected`` was read."""
    values = {"feed": feed, "cursor": cursor, "now": work.now}
    statement = _FIRST if expected is None else _MOVE
    if expected is not None:
        values["expected"] = expected
    return bool((await work.conn.execute(statement, values)).rowcount == 1)


async def apply(work: Work, feed: str, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Notes that events are applied in this transaction; those that were not before, in whatever epoch."""
    values = {"feed": feed, "ids": list(ids), "now": work.now}
    return frozenset((await work.conn.execute(_APPLY, values)).scalars())
