"""The outbox: a queue per partner and case, of which only the head is sent, by whoever holds its lease.

When a try is due and how long a lease lasts is the database's time; a result is written down only while the
lease lasts and its fence is the last one. Times that people read are the transaction's.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.exchange.model.feed import ChildNumber
from services.exchange.model.outbox import Envelope, Head, Lease, Sealed
from services.kit.db import Work
from services.kit.driver import Row

#: What is due is chosen once, beside the update: a subquery of it may be asked again for each row, and then
#: gives the next ones, beyond the limit.
_CLAIM: Final = """
    with chosen as (
        select partner, stream from outbox_queue
        where partner = $1 and state = 'due' and due_at <= now()
          and coalesce(lease_until, now()) <= now()
          and not exists (
            select from partner_pause where partner_pause.partner = $1 and resumed_at is null
          )
        order by due_at limit $2 for no key update skip locked
    ), taken as (
        update outbox_queue q set fence = q.fence + 1, lease_until = now() + $3::interval
        from chosen where q.partner = chosen.partner and q.stream = chosen.stream
        returning q.partner, q.stream, q.head, q.fence, q.tries, q.unknown_tries
    )
    select taken.*, o.id, o.event_id, o.kind, o.reference, o.protocol, o.method, o.target, o.content_type,
        o.digest, o.key_id, o.key_wrapped, o.body_sealed, o.notice, o.notice_version
    from taken join outbox o
      on o.partner = taken.partner and o.stream = taken.stream and o.number = taken.head
"""
#: Several queues are always locked in this order, so that no two transactions wait for each other.
_HOLD: Final = """
    select q.partner, q.stream, q.fence
    from outbox_queue q
    join unnest($1::text[], $2::uuid[], $3::bigint[]) as told (partner, stream, fence)
      on q.partner = told.partner and q.stream = told.stream and q.fence = told.fence
    where q.lease_until > now() order by q.partner, q.stream for no key update of q
"""
_RENEW: Final = f"""
    with held as ({_HOLD})
    update outbox_queue q set lease_until = now() + $4::interval
    from held where q.partner = held.partner and q.stream = held.stream
    returning q.stream
"""  # noqa: S608 - made of constants
_RELEASE: Final = """
    update outbox_queue set lease_until = null
    where partner = $1 and stream = $2 and fence = $3 and state = 'due'
"""
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
_CONTENT: Final = """
    update outbox o set protocol = told.protocol, method = told.method, target = told.target,
        content_type = told.content_type, digest = told.digest, key_id = told.key_id,
        key_wrapped = told.key_wrapped, body_sealed = told.body
    from unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::uuid[], $8::bytea[],
        $9::bytea[]
    ) as told (id, protocol, method, target, content_type, digest, key_id, key_wrapped, body)
    where o.id = told.id and o.digest is null
"""


async def claim(work: Work, partner: str, *, limit: int, lease: timedelta) -> Sequence[Head]:
    """Takes heads of queues of one partner that are due and nobody else's, for the time of the lease."""
    return [_head(row) for row in await work.fetch(_CLAIM, partner, limit, lease)]


async def hold(work: Work, leases: Sequence[Lease]) -> Sequence[bool]:
    """Which leases still hold: those keep others from their queues until the transaction ends."""
    held = {(row["partner"], row["stream"], row["fence"]) for row in await work.fetch(_HOLD, *_names(leases))}
    return [(one.partner, one.stream, one.fence) in held for one in leases]


async def renew(work: Work, held: Sequence[Lease], *, lease: timedelta) -> frozenset[UUID]:
    """Prolongs the leases that still hold; the streams of those."""
    rows = await work.fetch(_RENEW, *_names(held), lease)
    return frozenset(row["stream"] for row in rows)


async def release(work: Work, lease: Lease) -> None:
    """Gives a lease back before its end, without a result."""
    await work.fetch(_RELEASE, lease.partner, lease.stream, lease.fence)


async def bring_forward(
    work: Work, partner: str, *, most: int | None, spread: timedelta = timedelta(seconds=0.5)
) -> int:
    """Queues that wait for a further try are due within ``spread``; how many. None: all that wait."""
    values = {"partner": partner, "most": most, "spread": spread}
    return int((await work.conn.execute(_FORWARD, values)).rowcount)


async def keep_content(work: Work, made: Sequence[tuple[Head, Envelope]]) -> Sequence[bool]:
    """Gives messages that had none their bytes, once; False for each whose lease was lost."""
    kept = await hold(work, [head.lease for head, _ in made])
    rows = [{"id": head.id, **content(one)} for (head, one), holds in zip(made, kept, strict=True) if holds]
    if rows:
        await work.fetch(_CONTENT, *([row[name] for row in rows] for name in rows[0]))
    return kept


def _names(leases: Sequence[Lease]) -> Sequence[Sequence[object]]:
    return [[getattr(one, name) for one in leases] for name in ("partner", "stream", "fence")]


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
        "body_sealed": sealed and sealed.body,
    }


def _head(row: Row) -> Head:
    lease = Lease(row["partner"], row["stream"], row["fence"], row["tries"], row["unknown_tries"])
    envelope = None
    if row["body_sealed"] is not None:
        sealed = Sealed(row["key_id"], row["key_wrapped"], row["digest"], row["body_sealed"])
        envelope = Envelope(row["protocol"], row["method"], row["target"], row["content_type"], sealed)
    about = None if row["notice"] is None else ChildNumber(row["notice"], row["notice_version"])
    return Head(lease, row["id"], row["event_id"], row["kind"], row["reference"], envelope, about)
