"""Putting messages at the end of their queues: numbers are given under the lock of the queue."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from services.exchange.model.outbox import Draft, OutState
from services.exchange.rules import queue
from services.exchange.rules.delivery import Reason
from services.exchange.store import standings
from services.exchange.store.outbox import content
from services.kit.db import Work
from services.kit.driver import Row

_Key: TypeAlias = tuple[str, str, UUID, int]
#: In the order in which queues are locked.
_OPEN_QUEUES: Final = """
    insert into outbox_queue (partner, stream)
    select told.partner, told.stream
    from unnest($1::text[], $2::uuid[]) as told (partner, stream)
    order by told.partner, told.stream
    on conflict do nothing
"""
_KNOWN: Final = "select event_id, partner, kind from outbox where event_id = any($1)"
#: By all columns with which the index of them begins: it is never read whole.
_KNOWN_CHILDREN: Final = """
    select o.id, partner, o.stream, kind, notice, o.notice_version
    from unnest($1::text[], $2::text[], $3::uuid[]) as told (partner, kind, notice)
    join outbox o using (partner, kind, notice)
"""
_LOCATED: Final = """
    update outbox set state = 'waiting', reason = null, version = version + 1
    where id = any($1) and state = 'quarantined' and reason = $2
    returning partner, stream
"""
#: The columns of new rows, with their types.
_NEW: Final = {
    "id": "uuid",
    "event_id": "uuid",
    "partner": "text",
    "stream": "uuid",
    "number": "integer",
    "kind": "text",
    "reference": "text",
    "state": "text",
    "reason": "text",
    "created_at": "timestamptz",
    "protocol": "text",
    "method": "text",
    "target": "text",
    "content_type": "text",
    "digest": "bytea",
    "key_id": "uuid",
    "key_wrapped": "bytea",
    "body_sealed": "bytea",
    "notice": "uuid",
    "notice_version": "integer",
}
_TOLD: Final = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_NEW.values(), 1))
_INSERT: Final = f"insert into outbox ({', '.join(_NEW)}) select * from unnest({_TOLD})"  # noqa: S608 - constants


async def enqueue(work: Work, drafts: Sequence[Draft]) -> frozenset[UUID]:
    """Puts messages at the end of their queues, under the next numbers, in this order.

    Those whose event made them before are left out, and notices about children that are here by number and
    version; the ids of the others come back.
    """
    if not drafts:
        return frozenset()
    queues = list({(one.partner, one.stream) for one in drafts})
    await work.fetch(_OPEN_QUEUES, [partner for partner, _ in queues], [stream for _, stream in queues])
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
        await work.fetch(_INSERT, *([row[name] for row in rows.values()] for name in _NEW))
    longer = {
        key: queue.appended(found[key].standing, states[0], len(states), found[key].now)
        for key, states in added.items()
        if states
    }
    await standings.write(work, longer)
    return frozenset(row["id"] for row in rows.values())


async def located(work: Work, drafts: Sequence[Draft]) -> int:
    """Has notices sent that waited for somebody to say where the child lives; how many they are."""
    known = await _known_children(work, drafts)
    await standings.lock(work, list({(row["partner"], row["stream"]) for row in known}))
    wanted = {(one.about.number, one.about.version) for one in drafts if one.about is not None}
    ids = [row["id"] for row in known if (row["notice"], row["notice_version"]) in wanted]
    found = await work.fetch(_LOCATED, ids, Reason.RESIDENCE_UNKNOWN.value)
    await standings.advance(work, list({(row["partner"], row["stream"]) for row in found}))
    return len(found)


async def _made(work: Work, drafts: Sequence[Draft]) -> set[_Key]:
    """The keys of those that are here already."""
    events = await work.fetch(_KNOWN, list({one.event_id for one in drafts}))
    made: set[_Key] = {(row["partner"], row["kind"], row["event_id"], 0) for row in events}
    children = await _known_children(work, drafts)
    return made | {(row["partner"], row["kind"], row["notice"], row["notice_version"]) for row in children}


async def _known_children(work: Work, drafts: Sequence[Draft]) -> Sequence[Row]:
    """What is here about the children of whom these tell, in whatever version."""
    told = list({(one.partner, one.kind, one.about.number) for one in drafts if one.about is not None})
    return await work.fetch(_KNOWN_CHILDREN, *zip(*told, strict=True)) if told else []


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
