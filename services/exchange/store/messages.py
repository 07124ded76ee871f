"""Messages in and out as an operator sees them: what waits, what was put aside and why, and the way on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.exchange.store import inbox, search, standings
from services.exchange.store.search import IN, OUT, Filter, Message
from services.kit.db import Work

QUARANTINED: Final = "quarantined"


@dataclass(frozen=True, slots=True)
class Tried:
    """One try to deliver a message."""

    number: int
    ended_at: datetime
    duration_ms: int
    outcome: str
    origin: str | None
    code: str | None
    status: int | None


_ONE: Final = text(f"{OUT} where o.id = :id union all {IN} where id = :id")
_LOCK: Final = text("""
    select 1 from outbox_queue
    where (partner, stream) = (select partner, stream from outbox where id = :id)
    for no key update
""")
_TRIES: Final = text("""
    select number, ended_at, duration_ms, outcome, origin, code, status
    from outbox_try where message_id = :id order by number desc limit 100
""")
_REDRIVEN: Final = text("""
    update outbox set state = 'waiting', reason = null, version = version + 1
    where id = any(:ids) and state = 'quarantined' returning id
""")
_SKIPPED: Final = text("""
    update outbox set state = 'skipped', reason = :reason, settled_at = :now, version = version + 1
    where id = :id and state = 'quarantined'
""")


async def find(work: Work, row_id: UUID) -> Message | None:
    """One message."""
    row = (await work.conn.execute(_ONE, {"id": row_id})).mappings().first()
    return None if row is None else Message(**row)


async def lock(work: Work, row_id: UUID) -> Message | None:
    """One message, to be changed in this transaction: its queue is locked first, as workers do."""
    await work.conn.execute(_LOCK, {"id": row_id})
    return await find(work, row_id)


async def tries(work: Work, row_id: UUID) -> Sequence[Tried]:
    """The last tries to deliver a message, the latest first."""
    return [Tried(**row) for row in (await work.conn.execute(_TRIES, {"id": row_id})).mappings()]


async def redrive(work: Work, message: Message) -> bool:
    """A message that was put aside waits for its turn again; False when it was not put aside."""
    if message.stream is None:
        return await inbox.redrive(work, message.id)
    changed = bool((await work.conn.execute(_REDRIVEN, {"ids": [message.id]})).first())
    await standings.advance(work, [(message.partner, message.stream)])
    return changed


async def redrive_oldest(work: Work, wanted: Filter, *, limit: int) -> Sequence[UUID]:
    """Those that were put aside wait for their turn again, the oldest first; the ids of those that do."""
    rows = await search.oldest(work, replace(wanted, state=QUARANTINED), limit=limit)
    queues = list({(row.partner, row.stream) for row in rows if row.stream is not None})
    await standings.lock(work, queues)
    moved = (
        (await work.conn.execute(_REDRIVEN, {"ids": [row.id for row in rows if row.stream is not None]}))
        .scalars()
        .all()
    )
    await standings.advance(work, queues)
    return [*moved, *await inbox.redrive_all(work, [row.id for row in rows if row.stream is None])]


async def skip(work: Work, message: Message, reason: str) -> bool:
    """A message that was put aside is never sent, its queue goes on; False when there is nothing to skip."""
    if message.stream is None:
        return False
    values = {"id": message.id, "reason": reason, "now": work.now}
    changed = bool((await work.conn.execute(_SKIPPED, values)).rowcount == 1)
    await standings.advance(work, [(message.partner, message.stream)])
    return changed
