"""The outbox as an operator sees it: what waits, what was put aside and why, and the way on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from services.exchange.model.outbox import OutState
from services.exchange.store import outbox
from services.kit.db import Work


@dataclass(frozen=True, slots=True)
class Tried:
    """One try of a message."""

    number: int
    ended_at: datetime
    duration_ms: int
    outcome: str
    origin: str | None
    code: str | None
    status: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the outbox without its content; ``due_at`` is known of the head of a queue alone."""

    id: UUID
    partner: str
    stream: UUID
    number: int
    kind: str
    reference: str
    state: OutState
    reason: str | None
    code: str | None
    tries: int
    version: int
    created_at: datetime
    settled_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; None: whatever it is."""

    state: OutState | None = None
    partner: str | None = None
    reference: str | None = None


_COLUMNS: Final = """
    select o.id, o.partner, o.stream, o.number, o.kind, o.reference, o.state, o.reason, o.code, o.tries,
        o.version, o.created_at, o.settled_at, case when q.head = o.number then q.due_at end as due_at
    from outbox o join outbox_queue q on q.partner = o.partner and q.stream = o.stream
"""
_PAGE: Final = text(f"""{_COLUMNS}
    where (cast(:state as text) is null or o.state = :state)
      and (cast(:partner as text) is null or o.partner = :partner)
      and (cast(:reference as text) is null or o.reference = :reference)
      and (cast(:at as timestamptz) is null or (o.created_at, o.id) < (:at, :id))
    order by o.created_at desc, o.id desc limit :limit
""")
_ONE: Final = text(f"{_COLUMNS} where o.id = :id")
_LOCK: Final = text("""
    select 1 from outbox_queue
    where (partner, stream) = (select partner, stream from outbox where id = :id) for update
""")
_TRIES: Final = text("""
    select number, ended_at, duration_ms, outcome, origin, code, status
    from outbox_try where message_id = :id order by number desc limit 100
""")
_REDRIVEN: Final = text("""
    update outbox set state = 'waiting', reason = null, version = version + 1 where id = :id
""")
_SKIPPED: Final = text("""
    update outbox set state = 'skipped', reason = :reason, settled_at = :now, version = version + 1
    where id = :id
""")


async def page(
    work: Work, wanted: Filter, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Message]:
    """The newest messages first, from a place on."""
    at, row_id = after or (None, None)
    values = {
        "state": wanted.state,
        "partner": wanted.partner,
        "reference": wanted.reference,
        "at": at,
        "id": row_id,
        "limit": limit,
    }
    return [_message(row) for row in await work.conn.execute(_PAGE, values)]


async def find(work: Work, row_id: UUID) -> Message | None:
    """One message."""
    row = (await work.conn.execute(_ONE, {"id": row_id})).first()
    return None if row is None else _message(row)


async def lock(work: Work, row_id: UUID) -> Message | None:
    """One message, to be changed in this transaction: its queue is locked first, as workers do."""
    await work.conn.execute(_LOCK, {"id": row_id})
    return await find(work, row_id)


async def tries(work: Work, row_id: UUID) -> Sequence[Tried]:
    """The last tries of a message, the latest first."""
    return [Tried(**row) for row in (await work.conn.execute(_TRIES, {"id": row_id})).mappings()]


async def redrive(work: Work, message: Message) -> None:
    """A message that was put aside waits for its turn again; its queue goes on with it."""
    await work.conn.execute(_REDRIVEN, {"id": message.id})
    await outbox.advance(work, message.partner, message.stream)


async def skip(work: Work, message: Message, reason: str) -> None:
    """A message that was put aside is never sent; its queue goes on without it."""
    await work.conn.execute(_SKIPPED, {"id": message.id, "reason": reason, "now": work.now})
    await outbox.advance(work, message.partner, message.stream)


def _message(row: Row[Any]) -> Message:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Message(**values | {"state": OutState(row.state)})
