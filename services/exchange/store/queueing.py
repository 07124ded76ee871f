"""Putting messages at the end of their queues: numbers are given under the lock of the queue."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.exchange.model.outbox import Draft
from services.exchange.store.outbox import content
from services.kit.db import Work

#: Several queues are always locked in this order, so that no two transactions wait for each other.
_QUEUES: Final = """
    select told.partner, told.stream
    from unnest(cast(:partners as text[]), cast(:streams as uuid[])) as told (partner, stream)
    order by told.partner, told.stream
"""
_OPEN_QUEUES: Final = text(f"""
    insert into outbox_queue (partner, stream) {_QUEUES} on conflict do nothing
""")
_LOCK: Final = text(f"""
    select partner, stream, next_number from outbox_queue where (partner, stream) in ({_QUEUES})
    order by partner, stream for no key update
""")  # noqa: S608 - made of constants
_KNOWN: Final = text("select event_id, partner, kind from outbox where event_id = any(:events)")
_INSERT: Final = text("""
    insert into outbox (
        id, event_id, partner, stream, number, kind, reference, state, reason, created_at,
        protocol, method, target, content_type, digest, key_id, key_wrapped, body_sealed
    ) values (
        :id, :event_id, :partner, :stream, :number, :kind, :reference, :state, :reason, :created_at,
        :protocol, :method, :target, :content_type, :digest, :key_id, :key_wrapped, :body
    )
""")
_NUMBERED: Final = text("""
    update outbox_queue q set
        next_number = told.next_number,
        head = case when q.state = 'idle' then q.next_number else q.head end,
        state = case when q.state <> 'idle' then q.state when told.waiting then 'due' else 'blocked' end,
        due_at = case when q.state <> 'idle' then q.due_at when told.waiting then now() end
    from unnest(
        cast(:partners as text[]), cast(:streams as uuid[]), cast(:next_numbers as integer[]),
        cast(:waiting as boolean[])
    ) as told (partner, stream, next_number, waiting)
    where q.partner = told.partner and q.stream = told.stream
""")


async def enqueue(work: Work, drafts: Sequence[Draft]) -> frozenset[UUID]:
    """Puts messages at the end of their queues, under the next numbers, in this order.

    Those whose event made them before are left out; the ids of the others come back.
    """
    if not drafts:
        return frozenset()
    queues = list({(one.partner, one.stream) for one in drafts})
    names = {"partners": [partner for partner, _ in queues], "streams": [stream for _, stream in queues]}
    await work.conn.execute(_OPEN_QUEUES, names)
    numbers = {(row.partner, row.stream): row.next_number for row in await work.conn.execute(_LOCK, names)}
    known = await work.conn.execute(_KNOWN, {"events": list({one.event_id for one in drafts})})
    made = {tuple(row) for row in known}
    rows: dict[tuple[UUID, str, str], dict[str, Any]] = {}
    first: dict[tuple[str, UUID], bool] = {}
    for one in drafts:
        event, queue = (one.event_id, one.partner, one.kind), (one.partner, one.stream)
        if event in made or event in rows:
            continue
        rows[event] = _row(one, numbers[queue], work.now)
        first.setdefault(queue, one.envelope is not None)
        numbers[queue] += 1
    if rows:
        await work.conn.execute(_INSERT, list(rows.values()))
        await work.conn.execute(_NUMBERED, _numbered(first, numbers))
    return frozenset(row["id"] for row in rows.values())


def _row(draft: Draft, number: int, at: datetime) -> dict[str, Any]:
    return {
        **content(draft.envelope),
        "id": draft.id,
        "event_id": draft.event_id,
        "partner": draft.partner,
        "stream": draft.stream,
        "number": number,
        "kind": draft.kind,
        "reference": draft.reference,
        "state": "quarantined" if draft.envelope is None else "waiting",
        "reason": draft.reason,
        "created_at": at,
    }


def _numbered(
    first: Mapping[tuple[str, UUID], bool], numbers: Mapping[tuple[str, UUID], int]
) -> dict[str, Any]:
    """For each queue that grew: its next number, and whether the first that was added can be sent."""
    return {
        "partners": [partner for partner, _ in first],
        "streams": [stream for _, stream in first],
        "next_numbers": [numbers[queue] for queue in first],
        "waiting": list(first.values()),
    }
