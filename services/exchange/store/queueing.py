"""Putting messages at the end of their queues: numbers are given under the lock of the queue."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import text

from services.exchange.model.feed import ChildNumber
from services.exchange.model.outbox import Draft, OutState
from services.exchange.rules import queue
from services.exchange.rules.delivery import Reason
from services.exchange.store import standings
from services.exchange.store.outbox import content
from services.kit.db import Work

_Key: TypeAlias = tuple[str, str, UUID, int]
#: In the order in which queues are locked.
_OPEN_QUEUES: Final = text("""
    insert into outbox_queue (partner, stream)
    select told.partner, told.stream
    from unnest(cast(:partners as text[]), cast(:streams as uuid[])) as told (partner, stream)
    order by told.partner, told.stream
    on conflict do nothing
""")
_KNOWN: Final = text("select event_id, partner, kind from outbox where event_id = any(:events)")
_KNOWN_CHILDREN: Final = text("""
    select id, partner, stream, kind, notice, notice_version from outbox where notice = any(:notices)
""")
_LOCATED: Final = text("""
    update outbox set state = 'waiting', reason = null, version = version + 1
    where id = any(:ids) and state = 'quarantined' and reason = :reason
    returning partner, stream
""")
_INSERT: Final = text("""
    insert into outbox (
        id, event_id, partner, stream, number, kind, reference, state, reason, created_at,
        protocol, method, target, content_type, digest, key_id, key_wrapped, body_sealed, notice,
        notice_version
    ) values (
        :id, :event_id, :partner, :stream, :number, :kind, :reference, :state, :reason, :created_at,
        :protocol, :method, :target, :content_type, :digest, :key_id, :key_wrapped, :body, :notice,
        :notice_version
    )
""")


async def enqueue(work: Work, drafts: Sequence[Draft]) -> frozenset[UUID]:
    """Puts messages at the end of their queues, under the next numbers, in this order.

    Those whose event made them before are left out, and notices about children that are here by number and
    version; the ids of the others come back.
    """
    if not drafts:
        return frozenset()
    queues = list({(one.partner, one.stream) for one in drafts})
    names = {"partners": [partner for partner, _ in queues], "streams": [stream for _, stream in queues]}
    await work.conn.execute(_OPEN_QUEUES, names)
    found = await standings.lock(work, queues)
    made = await _made(work, drafts)
    rows: dict[_Key, dict[str, Any]] = {}
    added: dict[standings.Key, list[OutState]] = defaultdict(list)
    for one in drafts:
        key, states = _key(one), added[one.partner, one.stream]
        if key in made or key in rows:
            continue
        number = found[one.partner, one.stream].standing.next_number + len(states)
        rows[key] = _row(one, number, work.now)
        states.append(OutState(rows[key]["state"]))
    if rows:
        await work.conn.execute(_INSERT, list(rows.values()))
    longer = {
        key: queue.appended(found[key].standing, states[0], len(states), found[key].now)
        for key, states in added.items()
        if states
    }
    await standings.write(work, longer)
    return frozenset(row["id"] for row in rows.values())


async def located(work: Work, notices: Sequence[ChildNumber]) -> int:
    """Has notices sent that waited for somebody to say where the child lives; how many they are."""
    values = {"notices": [one.number for one in notices]}
    known = (await work.conn.execute(_KNOWN_CHILDREN, values)).all()
    await standings.lock(work, list({(row.partner, row.stream) for row in known}))
    wanted = {(one.number, one.version) for one in notices}
    ids = [row.id for row in known if (row.notice, row.notice_version) in wanted]
    moved = await work.conn.execute(_LOCATED, {"ids": ids, "reason": Reason.RESIDENCE_UNKNOWN.value})
    found = moved.all()
    await standings.advance(work, list({(row.partner, row.stream) for row in found}))
    return len(found)


async def _made(work: Work, drafts: Sequence[Draft]) -> set[_Key]:
    """The keys of those that are here already."""
    events = await work.conn.execute(_KNOWN, {"events": list({one.event_id for one in drafts})})
    made: set[_Key] = {(row.partner, row.kind, row.event_id, 0) for row in events}
    numbers = {one.about.number for one in drafts if one.about is not None}
    if numbers:
        children = await work.conn.execute(_KNOWN_CHILDREN, {"notices": list(numbers)})
        made |= {(row.partner, row.kind, row.notice, row.notice_version) for row in children}
    return made


def _key(draft: Draft) -> _Key:
    """What makes a message the same one: the event, or number and version of a notice about a child."""
    if draft.about is None:
        return draft.partner, draft.kind, draft.event_id, 0
    return draft.partner, draft.kind, draft.about.number, draft.about.version


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
        "state": "waiting" if draft.reason is None else "quarantined",
        "reason": draft.reason,
        "created_at": at,
        "notice": draft.about and draft.about.number,
        "notice_version": draft.about and draft.about.version,
    }
