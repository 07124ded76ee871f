"""The outbox: a queue per partner and case, of which only the head is sent, by whoever holds its lease.

When a try is due and how long a lease lasts is the database's time; a result is written down only while the
lease lasts and its fence is the last one. Times that people read are the transaction's.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from services.exchange.model.feed import ChildNumber
from services.exchange.model.outbox import STOPPED, Envelope, Head, Lease, Sealed, Try
from services.kit.db import Work

#: Moves the head to the first message that still waits, for its turn or for a person. A head that is still to
#: be sent stays as it is, lease and all.
_ADVANCE: Final = text("""
    update outbox_queue q set
        head = coalesce(o.number, q.next_number),
        state = case o.state when 'waiting' then 'due' when 'quarantined' then 'blocked' else 'idle' end,
        due_at = case o.state when 'waiting' then now() end,
        tries = 0, unknown_tries = 0, asked = false, lease_until = null
    from (select 1) as one left join lateral (
        select number, state from outbox
        where partner = :partner and stream = :stream and state in ('waiting', 'quarantined')
        order by number limit 1
    ) o on true
    where q.partner = :partner and q.stream = :stream and not (q.state = 'due' and exists (
        select from outbox h
        where h.partner = q.partner and h.stream = q.stream and h.number = q.head and h.state = 'waiting'
    ))
""")
#: What is due is chosen once, beside the update: a subquery of it may be asked again for each row, and then
#: gives the next ones, beyond the limit.
_CLAIM: Final = text("""
    with chosen as (
        select partner, stream from outbox_queue
        where partner = :partner and state = 'due' and due_at <= now()
          and coalesce(lease_until, now()) <= now()
          and not exists (
            select from partner_pause where partner_pause.partner = :partner and resumed_at is null
          )
        order by due_at limit :limit for no key update skip locked
    ), taken as (
        update outbox_queue q set fence = q.fence + 1, lease_until = now() + :lease
        from chosen where q.partner = chosen.partner and q.stream = chosen.stream
        returning q.partner, q.stream, q.head, q.fence, q.tries, q.unknown_tries
    )
    select taken.*, o.id, o.event_id, o.kind, o.reference, o.protocol, o.method, o.target, o.content_type,
        o.digest, o.key_id, o.key_wrapped, o.body_sealed, o.notice, o.notice_version
    from taken join outbox o
      on o.partner = taken.partner and o.stream = taken.stream and o.number = taken.head
""")
_RENEW: Final = text("""
    with held as (
        select q.partner, q.stream
        from outbox_queue q
        join unnest(cast(:streams as uuid[]), cast(:fences as bigint[])) as told (stream, fence)
          on q.partner = :partner and q.stream = told.stream and q.fence = told.fence
        where q.lease_until > now() order by q.partner, q.stream for no key update of q
    )
    update outbox_queue q set lease_until = now() + :lease
    from held where q.partner = held.partner and q.stream = held.stream
    returning q.stream
""")
_HOLD: Final = text("""
    select 1 from outbox_queue
    where partner = :partner and stream = :stream and fence = :fence and lease_until > now()
    for no key update
""")
_RELEASE: Final = text("""
    update outbox_queue set lease_until = null
    where partner = :partner and stream = :stream and fence = :fence and state = 'due'
""")
_DELIVERED: Final = text("""
    update outbox set state = 'delivered', settled_at = :now, tries = tries + 1, version = version + 1
    where id = :id and state = 'waiting' returning tries
""")
_STOPPED: Final = text("""
    update outbox set state = 'skipped', reason = :reason, settled_at = :now, version = version + 1
    where id = :id and state = 'waiting'
""")
_FAILED: Final = text("""
    update outbox set tries = tries + 1, code = :code where id = :id and state = 'waiting' returning tries
""")
_QUARANTINED: Final = text("""
    update outbox set state = 'quarantined', reason = :reason, code = :code, tries = tries + 1,
        version = version + 1
    where id = :id and state = 'waiting' returning tries
""")
_AGAIN: Final = text("""
    update outbox_queue set due_at = now() + :wait, tries = tries + 1,
        unknown_tries = unknown_tries + :unknown, asked = :asked, lease_until = null
    where partner = :partner and stream = :stream
""")
#: Queues whose last try failed for reasons that the partner's return has mended; all, if a person said so.
_FORWARD: Final = text("""
    with chosen as (
        select partner, stream from outbox_queue
        where partner = :partner and state = 'due' and due_at > now() + cast(:spread as interval)
          and coalesce(lease_until, now()) <= now()
          and (cast(:most as integer) is null or (unknown_tries = 0 and not asked))
        order by due_at limit cast(:most as integer) for no key update skip locked
    )
    update outbox_queue q set due_at = now() + random() * cast(:spread as interval)
    from chosen where q.partner = chosen.partner and q.stream = chosen.stream
""")
_TRIED: Final = text("""
    insert into outbox_try (message_id, number, ended_at, duration_ms, outcome, origin, code, status, fence)
    values (:id, :number, :now, :duration_ms, :outcome, :origin, :code, :status, :fence)
""")
_CONTENT: Final = text("""
    update outbox set protocol = :protocol, method = :method, target = :target,
        content_type = :content_type, digest = :digest, key_id = :key_id, key_wrapped = :key_wrapped,
        body_sealed = :body
    where id = :id and digest is null
""")


async def claim(work: Work, partner: str, *, limit: int, lease: timedelta) -> Sequence[Head]:
    """Takes heads of queues of one partner that are due and nobody else's, for the time of the lease."""
    rows = await work.conn.execute(_CLAIM, {"partner": partner, "limit": limit, "lease": lease})
    return [_head(row) for row in rows]


async def renew(work: Work, partner: str, held: Sequence[Lease], *, lease: timedelta) -> frozenset[UUID]:
    """Prolongs the leases that still hold; the streams of those."""
    values = {
        "partner": partner,
        "streams": [one.stream for one in held],
        "fences": [one.fence for one in held],
        "lease": lease,
    }
    return frozenset((await work.conn.execute(_RENEW, values)).scalars())


async def release(work: Work, lease: Lease) -> None:
    """Gives a lease back before its end, without a result."""
    await work.conn.execute(_RELEASE, _of(lease))


async def delivered(work: Work, head: Head, tried: Try) -> bool:
    """The partner has it; the next one is due. False, and nothing is written, when the lease was lost."""
    return await _settle(work, head, tried, _DELIVERED, {"now": work.now})


async def quarantine(work: Work, head: Head, tried: Try, reason: str) -> bool:
    """It waits for a person, and its queue with it; False when the lease was lost."""
    return await _settle(work, head, tried, _QUARANTINED, {"reason": reason, "code": tried.code})


async def stopped(work: Work, head: Head) -> bool:
    """It is never sent, since a person has stopped it; the next one is due. False when the lease was lost."""
    if (await work.conn.execute(_HOLD, _of(head.lease))).first() is None:
        return False
    await work.conn.execute(_STOPPED, {"id": head.id, "reason": STOPPED, "now": work.now})
    await advance(work, head.lease.partner, head.lease.stream)
    return True


async def again(  # noqa: PLR0913 - what is written down
    work: Work, head: Head, tried: Try, *, wait: timedelta, unknown: bool, asked: bool = False
) -> bool:
    """The same is tried again after ``wait``; ``unknown`` counts the failure as one; False as above.

    ``asked``: the partner named the time.
    """
    if not await _written(work, head, tried, _FAILED, {"code": tried.code}):
        return False
    await work.conn.execute(
        _AGAIN, {**_of(head.lease), "wait": wait, "unknown": int(unknown), "asked": asked}
    )
    return True


async def bring_forward(
    work: Work, partner: str, *, most: int | None, spread: timedelta = timedelta(seconds=0.5)
) -> int:
    """Queues that wait for a further try are due within ``spread``; how many. None: all that wait."""
    values = {"partner": partner, "most": most, "spread": spread}
    return int((await work.conn.execute(_FORWARD, values)).rowcount)


async def keep_content(work: Work, head: Head, envelope: Envelope) -> bool:
    """Gives a message that had none its bytes, once; False when the lease was lost."""
    if (await work.conn.execute(_HOLD, _of(head.lease))).first() is None:
        return False
    await work.conn.execute(_CONTENT, {"id": head.id, **content(envelope)})
    return True


async def advance(work: Work, partner: str, stream: UUID) -> None:
    """Makes the first message that still waits the head of its queue, unless its head is still to be sent."""
    await work.conn.execute(_ADVANCE, {"partner": partner, "stream": stream})


async def advance_all(work: Work, queues: Sequence[tuple[str, UUID]]) -> None:
    """The same for several queues."""
    if queues:
        rows = [{"partner": partner, "stream": stream} for partner, stream in queues]
        await work.conn.execute(_ADVANCE, rows)


async def _settle(work: Work, head: Head, tried: Try, statement: Any, values: dict[str, Any]) -> bool:  # noqa: ANN401 - text()
    if not await _written(work, head, tried, statement, values):
        return False
    await advance(work, head.lease.partner, head.lease.stream)
    return True


async def _written(work: Work, head: Head, tried: Try, statement: Any, values: dict[str, Any]) -> bool:  # noqa: ANN401 - text()
    """Changes the message and writes the try down, while the lease holds."""
    if (await work.conn.execute(_HOLD, _of(head.lease))).first() is None:
        return False
    number = (await work.conn.execute(statement, {"id": head.id, **values})).scalar_one()
    row = {
        "id": head.id,
        "number": number,
        "now": work.now,
        "duration_ms": tried.duration_ms,
        "outcome": tried.outcome,
        "origin": tried.origin,
        "code": tried.code,
        "status": tried.status,
        "fence": head.lease.fence,
    }
    await work.conn.execute(_TRIED, row)
    return True


def _of(lease: Lease) -> dict[str, Any]:
    return {"partner": lease.partner, "stream": lease.stream, "fence": lease.fence}


def content(envelope: Envelope | None) -> dict[str, Any]:
    """The columns that hold how a message is sent, and its bytes."""
    sealed = None if envelope is None else envelope.sealed
    return {
        "protocol": envelope and envelope.protocol,
        "method": envelope and envelope.method,
        "target": envelope and envelope.target,
        "content_type": envelope and envelope.content_type,
        "digest": sealed and sealed.digest,
        "key_id": sealed and sealed.key_id,
        "key_wrapped": sealed and sealed.key_wrapped,
        "body": sealed and sealed.body,
    }


def _head(row: Row[Any]) -> Head:
    lease = Lease(row.partner, row.stream, row.fence, row.tries, row.unknown_tries)
    envelope = None
    if row.body_sealed is not None:
        sealed = Sealed(row.key_id, row.key_wrapped, row.digest, row.body_sealed)
        envelope = Envelope(row.protocol, row.method, row.target, row.content_type, sealed)
    about = None if row.notice is None else ChildNumber(row.notice, row.notice_version)
    return Head(lease, row.id, row.event_id, row.kind, row.reference, envelope, about)
