"""Messages in and out as an operator sees them: what waits, what was put aside and why, and the way on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import text

from services.exchange.store import inbox, outbox
from services.kit.db import Work

Direction: TypeAlias = Literal["in", "out"]
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


@dataclass(frozen=True, slots=True)
class Message:
    """A message without its content; ``due_at``: when it is tried next, if that is known."""

    id: UUID
    direction: Direction
    partner: str
    protocol: str | None
    kind: str
    reference: str
    stream: UUID | None
    number: int | None
    state: str
    reason: str | None
    code: str | None
    tries: int
    at: datetime
    settled_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; None: whatever it is."""

    direction: Direction | None = None
    state: str | None = None
    partner: str | None = None
    reference: str | None = None


_OUT: Final = """
    select o.id, 'out' as direction, o.partner, o.protocol, o.kind, o.reference, o.stream, o.number, o.state,
        o.reason, o.code, o.tries, o.created_at as at, o.settled_at,
        case when q.head = o.number then q.due_at end as due_at
    from outbox o join outbox_queue q on q.partner = o.partner and q.stream = o.stream
"""
_IN: Final = """
    select id, 'in' as direction, client as partner, protocol, operation as kind,
        coalesce(same_as, reference) as reference, cast(null as uuid) as stream,
        cast(null as integer) as number, state, reason, cast(null as text) as code, attempts as tries,
        received_at as at, settled_at, next_attempt_at as due_at
    from inbox
"""
_PAGE: Final = text(f"""
    select * from (
        ({_OUT} where cast(:direction as text) is distinct from 'in'
            and (cast(:state as text) is null or o.state = :state)
            and (cast(:partner as text) is null or o.partner = :partner)
            and (cast(:reference as text) is null or o.reference = :reference)
            and (cast(:at as timestamptz) is null or (o.created_at, o.id) < (:at, :id))
          order by o.created_at desc, o.id desc limit :limit)
        union all
        ({_IN} where cast(:direction as text) is distinct from 'out'
            and (cast(:state as text) is null or state = :state)
            and (cast(:partner as text) is null or client = :partner)
            and (cast(:reference as text) is null or reference = :reference or same_as = :reference)
            and (cast(:at as timestamptz) is null or (received_at, id) < (:at, :id))
          order by received_at desc, id desc limit :limit)
    ) as message order by at desc, id desc limit :limit
""")  # noqa: S608 - made of constants
_ONE: Final = text(f"{_OUT} where o.id = :id union all {_IN} where id = :id")
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
    where id = :id and state = 'quarantined'
""")
_SKIPPED: Final = text("""
    update outbox set state = 'skipped', reason = :reason, settled_at = :now, version = version + 1
    where id = :id and state = 'quarantined'
""")


async def page(
    work: Work, wanted: Filter, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Message]:
    """The newest messages first, from a place on."""
    at, row_id = after or (None, None)
    values = {name: getattr(wanted, name) for name in wanted.__slots__}
    rows = await work.conn.execute(_PAGE, {**values, "at": at, "id": row_id, "limit": limit})
    return [Message(**row) for row in rows.mappings()]


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
    changed = bool((await work.conn.execute(_REDRIVEN, {"id": message.id})).rowcount == 1)
    await outbox.advance(work, message.partner, message.stream)
    return changed


async def skip(work: Work, message: Message, reason: str) -> bool:
    """A message that was put aside is never sent, its queue goes on; False when there is nothing to skip."""
    if message.stream is None:
        return False
    values = {"id": message.id, "reason": reason, "now": work.now}
    changed = bool((await work.conn.execute(_SKIPPED, values)).rowcount == 1)
    await outbox.advance(work, message.partner, message.stream)
    return changed
