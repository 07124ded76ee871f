"""The inbox: one row per message of a client, found by its id, by our reference, by the sender's.

Times at which something is due are the database's; times that people read are the transaction's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from services.exchange.model.inbox import (
    Declined,
    Due,
    HandedOver,
    Known,
    Message,
    Progress,
    Quarantined,
    Refused,
    State,
    Status,
    Taken,
    Waiting,
)
from services.kit.db import Work
from services.kit.problem import FieldError

_Row = Row[Any]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A row to be written, values sealed.

    ``acknowledged``: its sender is told of a success whatever happens next; the worker leaves the row alone
    for ``hold``.
    """

    id: UUID
    request_id: UUID
    acknowledged: bool
    hold: timedelta
    client: str
    message_id: str
    protocol: str
    operation: str
    digest: bytes
    reference: str
    sender_reference: str
    sender_version: int
    xroad_request_id: str | None
    key_id: UUID
    key_wrapped: bytes = field(repr=False)
    message_sealed: bytes = field(repr=False)
    referral_sealed: bytes = field(repr=False)
    about: str | None = None


#: The columns of new rows, with their types.
_NEW: Final = {
    "id": "uuid",
    "client": "text",
    "message_id": "text",
    "protocol": "text",
    "operation": "text",
    "digest": "bytea",
    "reference": "text",
    "about": "text",
    "sender_reference": "text",
    "sender_version": "integer",
    "request_id": "uuid",
    "xroad_request_id": "text",
    "acknowledged": "boolean",
    "hold": "interval",
    "key_id": "uuid",
    "key_wrapped": "bytea",
    "message_sealed": "bytea",
    "referral_sealed": "bytea",
}
_INSERT: Final = f"""
    insert into inbox (
        id, client, message_id, protocol, operation, digest, reference, about, sender_reference,
        sender_version, request_id, xroad_request_id, received_at, state, acknowledged_at,
        key_id, key_wrapped, message_sealed, referral_sealed, next_attempt_at
    )
    select id, client, message_id, protocol, operation, digest, reference, about, sender_reference,
        sender_version, request_id, xroad_request_id, $1::timestamptz, 'received',
        case when acknowledged then $1::timestamptz end,
        key_id, key_wrapped, message_sealed, referral_sealed, now() + hold
    from unnest({", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_NEW.values(), 2))})
        as message ({", ".join(_NEW)})
    order by message_id  -- two groups that share messages wait for each other in one order
    on conflict (client, message_id) where state <> 'refused' do nothing
    returning id
"""  # noqa: S608 - made of constants
_COLUMNS: Final = """
    id, digest, coalesce(same_as, about, reference) as reference, received_at, state, status, status_at,
    reason, errors
"""


def _sql(statement: str) -> TextClause:
    """A statement that gives a message; a constant, but for the names of the columns."""
    return text(statement.replace("{columns}", _COLUMNS))


_BY_ID: Final = _sql("select {columns} from inbox where id = :id")
_BY_MESSAGE: Final = _sql("""
    select {columns} from inbox
    where client = :client and message_id = :message_id and state <> 'refused'
      and (:any or operation <> 'report_incident')
""")
_BY_REFERENCE: Final = _sql("""
    select {columns} from inbox
    where client = :client and (reference = :reference or same_as = :reference) and about is null
      and state <> 'refused' and operation <> 'report_incident'
    order by received_at desc limit 1
""")
_BY_SENDER: Final = _sql("""
    select {columns} from inbox
    where client = :client and sender_reference = :sender_reference and state <> 'refused'
      and operation not in ('withdraw_referral', 'report_incident')
      and (cast(:version as integer) is null and about is null or sender_version = :version)
    order by sender_version desc, received_at desc limit 1
""")
#: Rows are locked in one order: the request and the worker may both come with several of the same.
_HANDED_OVER: Final = _sql("""
    with mine as (
        select id as row from inbox where id = any(cast(:row as uuid[])) order by id for update
    )
    update inbox set state = 'handed-over', same_as = nullif(said, reference), status = told,
        status_at = cast(:at as timestamptz), settled_at = cast(:at as timestamptz), referral_sealed = null,
        next_attempt_at = null, lease_until = null
    from unnest(cast(:row as uuid[]), cast(:said as text[]), cast(:told as text[]), cast(:held as integer[]))
        as taken (row, said, told, held) join mine using (row)
    where id = taken.row and state = 'received' and fence = coalesce(held, fence)
    returning {columns}
""")
_DECLINED: Final = _sql("""
    update inbox set state = case when acknowledged_at is null then 'refused' else 'quarantined' end,
        reason = :reason, errors = cast(:errors as jsonb), settled_at = :at,
        next_attempt_at = null, lease_until = null,
        key_wrapped = case when acknowledged_at is not null then key_wrapped end,
        message_sealed = case when acknowledged_at is not null then message_sealed end,
        referral_sealed = case when acknowledged_at is not null then referral_sealed end
    where id = :id and state = 'received'
    returning {columns}
""")
_PUT_ASIDE: Final = _sql("""
    update inbox set state = 'quarantined', acknowledged_at = coalesce(acknowledged_at, :at),
        reason = :reason, errors = cast(:errors as jsonb), settled_at = :at,
        next_attempt_at = null, lease_until = null
    where id = :id and state = 'received' and fence = :fence
    returning {columns}
""")
_ACKNOWLEDGED: Final = _sql("""
    update inbox set acknowledged_at = coalesce(acknowledged_at, :at),
        next_attempt_at = case when acknowledged_at is null then now() + :wait else next_attempt_at end
    where id = :id and state = 'received'
    returning {columns}
""")
_POSTPONED: Final = text("""
    update inbox set next_attempt_at = now() + :wait, lease_until = null
    where id = :id and state = 'received' and fence = :fence
""")
_REDRIVEN: Final = text("""
    update inbox set state = 'received', reason = null, errors = null, settled_at = null, attempts = 0,
        next_attempt_at = now()
    where id = any(:ids) and state = 'quarantined' returning id
""")
#: What is due is chosen once, beside the update: a subquery of it may be asked again for each row, and then
#: gives the next ones, beyond the limit. What a message is about goes first.
_CLAIM: Final = text("""
    with chosen as (
        select id from inbox
        where state = 'received' and next_attempt_at <= now() and coalesce(lease_until, now()) <= now()
          and (about is null or not exists (
              select from inbox e
              where e.client = inbox.client and e.sender_reference = inbox.sender_reference
                and e.state = 'received' and e.operation <> 'report_incident'
                and (e.sender_version, e.operation = 'withdraw_referral', e.received_at, e.id)
                  < (inbox.sender_version, inbox.operation = 'withdraw_referral', inbox.received_at, inbox.id)
          ))
        order by next_attempt_at limit :limit for update skip locked
    )
    update inbox i set fence = i.fence + 1, attempts = i.attempts + 1, lease_until = now() + :lease
    from chosen where i.id = chosen.id
    returning i.id, i.client, i.operation, i.sender_reference, i.sender_version, i.reference, i.about,
        i.fence, i.attempts, i.key_id, i.key_wrapped, i.referral_sealed
""")
_KNOWN: Final = text("""
    select (
        select coalesce(same_as, reference) from inbox
        where client = :client and sender_reference = :sender_reference and about is null
          and state <> 'refused' and operation <> 'report_incident'
        order by received_at, sender_version limit 1
    ) as reference, max(sender_version) as version, bool_or(message_id = :message_id) as repeated,
        bool_or(state in ('received', 'quarantined')) as unsettled
    from inbox where client = :client and sender_reference = :sender_reference and state <> 'refused'
      and operation <> 'report_incident'
""")
_REPORTED: Final = text("""
    select exists (
        select from inbox where client = :client and sender_reference = :sender_reference
          and operation = 'report_incident' and message_id <> :message_id and state <> 'refused'
    )
""")
_STATUS: Final = text("""
    update inbox set status = :status, status_at = :status_at
    where id = :id and state = 'handed-over' and status_at <= :status_at
""")


async def insert(work: Work, messages: Sequence[NewMessage]) -> frozenset[UUID]:
    """Stores messages; the ids of those that are stored. The others' message ids are taken."""
    columns = ([getattr(one, name) for one in messages] for name in _NEW)
    return frozenset(row["id"] for row in await work.fetch(_INSERT, work.now, *columns))


async def by_id(work: Work, row_id: UUID) -> Message:
    """The message, which must be there."""
    return _message((await work.conn.execute(_BY_ID, {"id": row_id})).one())


async def by_message(
    work: Work, client: str, message_id: str, *, of_referral: bool = False
) -> Message | None:
    """The client's message under its own id, unless it was refused; whatever it brought, or a referral's."""
    values = {"client": client, "message_id": message_id, "any": not of_referral}
    found = await work.conn.execute(_BY_MESSAGE, values)
    return _optional(found.first())


async def by_reference(work: Work, client: str, reference: str) -> Message | None:
    """The client's message under our reference."""
    found = await work.conn.execute(_BY_REFERENCE, {"client": client, "reference": reference})
    return _optional(found.first())


async def by_sender_reference(work: Work, client: str, reference: str, version: int | None) -> Message | None:
    """The client's message under its own reference, in a version or the latest."""
    values = {"client": client, "sender_reference": reference, "version": version}
    return _optional((await work.conn.execute(_BY_SENDER, values)).first())


async def known(work: Work, client: str, sender_reference: str, message_id: str) -> Known | None:
    """What is here of a referral of the client."""
    values = {"client": client, "sender_reference": sender_reference, "message_id": message_id}
    row = (await work.conn.execute(_KNOWN, values)).one()
    return None if row.reference is None else Known(row.reference, row.version, row.unsettled, row.repeated)


async def reported(work: Work, client: str, sender_reference: str, message_id: str) -> bool:
    """Whether the client has reported an incident under this reference in another message."""
    values = {"client": client, "sender_reference": sender_reference, "message_id": message_id}
    return bool((await work.conn.execute(_REPORTED, values)).scalar_one())


async def hand_over(work: Work, taken: Sequence[tuple[UUID, Taken, int | None]]) -> Mapping[UUID, Message]:
    """The case register has them: rows, what it told of each, and the fence; those that it changed, by id.

    A row that was settled before, or whose fence is another's, stays as it is. Without a fence it is the
    request itself, which holds no lease: the register says the same to both.
    """
    if not taken:
        return {}
    columns = {
        "row": [row for row, _, _ in taken],
        "said": [told.reference for _, told, _ in taken],
        "told": [told.status.value for _, told, _ in taken],
        "held": [fence for _, _, fence in taken],
    }
    found = await work.conn.execute(_HANDED_OVER, {**columns, "at": work.now})
    return {row.id: _message(row) for row in found}


async def decline(work: Work, row_id: UUID, declined: Declined) -> Message | None:
    """The case register will not have it: released and erased, or put aside if acknowledged before.

    None when the row was settled before.
    """
    values = {"id": row_id, "at": work.now, **_refusal(declined)}
    return _optional((await work.conn.execute(_DECLINED, values)).first())


async def put_aside(work: Work, due: Due, declined: Declined) -> Message | None:
    """A person must look at it: its sender may have been told of a success, so it is never released.

    None when the row was settled before, or the fence is another's.
    """
    values = {"id": due.id, "fence": due.fence, "at": work.now, **_refusal(declined)}
    return _optional((await work.conn.execute(_PUT_ASIDE, values)).first())


async def acknowledge(work: Work, row_id: UUID, *, wait: timedelta) -> Message | None:
    """A success answer is about to be given before the hand-over; the worker comes after ``wait``.

    If it was given before, the worker comes when it was to come. None when the row was settled before.
    """
    values = {"id": row_id, "at": work.now, "wait": wait}
    return _optional((await work.conn.execute(_ACKNOWLEDGED, values)).first())


async def postpone(work: Work, due: Due, *, wait: timedelta) -> bool:
    """A try failed: the next one comes after ``wait``; False when the row is no longer this claim's."""
    return await _changed(work, _POSTPONED, {"id": due.id, "fence": due.fence, "wait": wait})


async def redrive(work: Work, row_id: UUID) -> bool:
    """A person has it tried again; False when it does not wait for a person."""
    return bool(await redrive_all(work, [row_id]))


async def redrive_all(work: Work, ids: Sequence[UUID]) -> Sequence[UUID]:
    """The same of several; the ids of those that waited for a person."""
    return (await work.conn.execute(_REDRIVEN, {"ids": list(ids)})).scalars().all()


async def remember_status(work: Work, row_id: UUID, status: HandedOver) -> bool:
    """Keeps a newer status, for when the register cannot be asked."""
    values = {"id": row_id, "status": status.status.value, "status_at": status.status_at}
    return await _changed(work, _STATUS, values)


async def claim(work: Work, *, limit: int, lease: timedelta) -> Sequence[Due]:
    """Takes rows that are due and nobody else's, for the time of the lease."""
    rows = (await work.conn.execute(_CLAIM, {"limit": limit, "lease": lease})).mappings()
    return [Due(**row) for row in rows]


def _refusal(declined: Declined) -> dict[str, str]:
    errors = [{"pointer": e.pointer, "code": e.code, "reason": e.reason} for e in declined.errors]
    return {"reason": declined.reason, "errors": json.dumps(errors)}


async def _changed(work: Work, statement: TextClause, values: dict[str, Any]) -> bool:
    return (await work.conn.execute(statement, values)).rowcount == 1


def _optional(row: _Row | None) -> Message | None:
    return None if row is None else _message(row)


def _message(row: _Row) -> Message:
    return Message(row.id, row.digest, row.reference, row.received_at, _progress(row))


def _progress(row: _Row) -> Progress:
    match State(row.state):
        case State.RECEIVED:
            return Waiting()
        case State.HANDED_OVER:
            return HandedOver(Status(row.status), row.status_at)
        case State.REFUSED:
            return Refused(row.reason, tuple(FieldError(**error) for error in row.errors))
        case State.QUARANTINED:
            return Quarantined(row.reason)
