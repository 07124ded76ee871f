"""Finding messages in and out, by what an operator knows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import TextClause, text

from services.kit.db import Work

Direction: TypeAlias = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message without its content; ``due_at``: when it is tried next, if that is known."""

    id: UUID
    direction: Direction
    partner: str
    message_id: str
    xroad_request_id: str | None
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
    """What to look for; None: whatever it is.

    ``sought`` is an id: ours, the client's of its message, or the security server's of its request. The time
    is that at which a message came in or was put into the queue; ``until`` is after the last.
    """

    direction: Direction | None = None
    state: str | None = None
    partner: str | None = None
    reference: str | None = None
    sought: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


OUT: Final = """
    select o.id, 'out' as direction, o.partner, cast(o.id as text) as message_id,
        cast(null as text) as xroad_request_id, o.protocol, o.kind, o.reference, o.stream, o.number, o.state,
        o.reason, o.code, o.tries, o.created_at as at, o.settled_at,
        case when q.head = o.number then q.due_at end as due_at
    from outbox o join outbox_queue q on q.partner = o.partner and q.stream = o.stream
"""
IN: Final = """
    select id, 'in' as direction, client as partner, message_id, xroad_request_id, protocol,
        operation as kind,
        coalesce(same_as, reference) as reference, cast(null as uuid) as stream,
        cast(null as integer) as number, state, reason, cast(null as text) as code, attempts as tries,
        received_at as at, settled_at, next_attempt_at as due_at
    from inbox
"""
#: Only what is asked for stands in the statement: so each search finds its index.
_OUT_WHERE: Final = {
    "state": "o.state = :state",
    "partner": "o.partner = :partner",
    "reference": "o.reference = :reference",
    "sought": "o.id = cast(:sought_id as uuid)",
    "reason": "o.reason = :reason",
    "since": "o.created_at >= :since",
    "until": "o.created_at < :until",
    "at": "(o.created_at, o.id) < (:at, :id)",
}
_IN_WHERE: Final = {
    "state": "state = :state",
    "partner": "client = :partner",
    "reference": "(reference = :reference or same_as = :reference)",
    "sought": """id in (
        select id from inbox where message_id = :sought
        union all select id from inbox where xroad_request_id = :sought
        union all select id from inbox where id = cast(:sought_id as uuid)
    )""",
    "reason": "reason = :reason",
    "since": "received_at >= :since",
    "until": "received_at < :until",
    "at": "(received_at, id) < (:at, :id)",
}


async def page(
    work: Work, wanted: Filter, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Message]:
    """The newest messages first, from a place on."""
    at, row_id = after or (None, None)
    values = _values(wanted) | {"at": at, "id": row_id, "limit": limit}
    rows = await work.conn.execute(_page(*_asked(wanted), *(["at"] if after else [])), values)
    return [Message(**row) for row in rows.mappings()]


async def count(work: Work, wanted: Filter) -> int:
    """How many messages there are."""
    found = await work.conn.execute(_count(*_asked(wanted)), _values(wanted))
    return int(found.scalar_one())


async def oldest(work: Work, wanted: Filter, *, limit: int) -> Sequence[Message]:
    """The oldest messages first."""
    rows = await work.conn.execute(_oldest(*_asked(wanted)), _values(wanted) | {"limit": limit})
    return [Message(**row) for row in rows.mappings()]


def _values(wanted: Filter) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(wanted, name) for name in wanted.__slots__}
    return values | {"sought_id": _uuid(wanted.sought)}


def _asked(wanted: Filter) -> list[str]:
    """The words of the filter that say something; the direction is one of them, by its value."""
    told = [name for name in _OUT_WHERE if getattr(wanted, name, None) is not None]
    return told if wanted.direction is None else [*told, wanted.direction]


@lru_cache(maxsize=256)
def _page(*asked: str) -> TextClause:
    """The statement of a page, for what is asked; made of constants."""
    return text(f"select * from ({_sides(asked, 'desc')}) as message order by at desc, id desc limit :limit")  # noqa: S608 - constants


@lru_cache(maxsize=256)
def _oldest(*asked: str) -> TextClause:
    return text(f"select * from ({_sides(asked, 'asc')}) as message order by at, id limit :limit")  # noqa: S608 - constants


@lru_cache(maxsize=256)
def _count(*asked: str) -> TextClause:
    return text(f"select count(*) from ({_sides(asked, None)}) as message")  # noqa: S608 - constants


def _sides(asked: Sequence[str], order: str | None) -> str:
    sides = []
    for direction, select, where, at in (
        ("out", OUT, _OUT_WHERE, "o.created_at {0}, o.id {0}"),
        ("in", IN, _IN_WHERE, "received_at {0}, id {0}"),
    ):
        if ({"in", "out"} - {direction}) & set(asked):
            continue
        conditions = " and ".join(where[name] for name in asked if name in where) or "true"
        last = "" if order is None else f"order by {at.format(order)} limit :limit"
        sides.append(f"({select} where {conditions} {last})")
    return " union all ".join(sides)


def _uuid(sought: str | None) -> UUID | None:
    try:
        return None if sought is None else UUID(sought)
    except ValueError:
        return None
