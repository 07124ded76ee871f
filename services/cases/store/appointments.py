"""Appointments as people read and decide them; what holds today is read by ``store.members``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, column, literal, or_, select, table, tuple_

from services.cases.model.members import AppointmentRecord, AppointmentState, Deed, Office
from services.cases.store.contents import ONCE, opened, sealed
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.policy import Columns
from services.kit.sealed import Aad, KeyRing

_NAMES: Final = (
    *("id", "member_id", "role", "region", "agency", "valid_from", "valid_to", "state", "version"),
    *("author", "created_at", "decided_by", "decided_at", "refusal", "ended_by", "ended_at", "end_reason"),
    *("key_id", "name_sealed"),
)
_A = table("appointment", *(column(name) for name in _NAMES))
_M = table("member", column("id"), column("subject"))
_K = table("data_key", column("id"), column("wrapped"))
_COLUMNS: Final[Columns] = {"region": _A.c.region.in_, "member": _M.c.subject.in_}
_ALL = select(
    *(_A.c[name] for name in _NAMES if name != "member_id"), _M.c.subject, _K.c.wrapped
).select_from(_A.join(_M, _M.c.id == _A.c.member_id).outerjoin(_K, _K.c.id == _A.c.key_id))
_ONE: Final = f"""
    select {", ".join(f"a.{name}" for name in _NAMES if name != "member_id")}, m.subject, k.wrapped
    from appointment a join member m on m.id = a.member_id left join data_key k on k.id = a.key_id
    where a.id = $1
"""  # noqa: S608 - constants
_LOCKED: Final = f"{_ONE} for update of a"
_MEMBER: Final = """
    insert into member (id, subject, created_at) values ($1, $2, $3) on conflict (subject) do nothing
"""
# two proposals to one member follow each other
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('appointment ' || $1, 0))"
_WHO: Final = "select id from member where subject = $1"
_KEY: Final = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_PROPOSE: Final = """
    insert into appointment (id, member_id, role, region, agency, valid_from, valid_to, author, created_at,
        state, version, key_id, name_sealed)
    select $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::date, $7::date, $8::text, $9::timestamptz,
        'proposed', 1, $10::uuid, $11::bytea
    where not exists (
        select from appointment a where a.member_id = $2 and a.role = $3
        and a.region is not distinct from $4 and a.agency is not distinct from $5
        and a.state in ('proposed', 'approved', 'ended')
        and (a.valid_to is null or a.valid_to > $6) and a.valid_from < $7
    )
    returning id
"""
_DECIDE: Final = """
    update appointment set state = $2, decided_by = $3, decided_at = $4, refusal = $5, version = version + 1
    where id = $1
"""
_END: Final = """
    update appointment set state = $2, ended_by = $3, ended_at = $4, end_reason = $5, valid_to = $6,
        version = version + 1
    where id = $1
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is asked for; None asks for everything. ``on``: in force on that day."""

    region: str | None = None
    role: str | None = None
    state: AppointmentState | None = None
    member: str | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An office about to be proposed to a member, whose name is told."""

    member: str
    name: str = field(repr=False)
    office: Office
    valid_from: date
    valid_to: date | None


async def page(
    work: Work, ring: KeyRing, filters: Filters, after: Place | None, most: int
) -> Sequence[AppointmentRecord]:
    """The first appointments behind a place that the permit covers, the latest first day first."""
    query = _ALL.where(work.permit.sql(_COLUMNS), *_asked(filters))
    query = _behind(query, after).limit(most)
    return [_record(row, ring) for row in (await work.conn.execute(query)).mappings()]


def _behind(query: Select[Any], after: Place | None) -> Select[Any]:
    if after is not None:
        query = query.where(tuple_(_A.c.valid_from, _A.c.id) < tuple_(literal(after.day), literal(after.id)))
    return query.order_by(_A.c.valid_from.desc(), _A.c.id.desc())


def _asked(filters: Filters) -> list[ColumnElement[bool]]:
    wanted = [
        (_A.c.region, filters.region),
        (_A.c.role, filters.role),
        (_A.c.state, None if filters.state is None else filters.state.value),
        (_M.c.subject, filters.member),
    ]
    bounds: list[ColumnElement[bool]] = [name == value for name, value in wanted if value is not None]
    if filters.on is not None:
        holds = or_(_A.c.valid_to.is_(None), _A.c.valid_to > filters.on)
        bounds += [_A.c.state.in_(["approved", "ended"]), _A.c.valid_from <= filters.on, holds]
    return bounds


async def one(work: Work, ring: KeyRing, appointment: UUID) -> AppointmentRecord | None:
    """An appointment; row-level security has its say."""
    return next((_record(row, ring) for row in await work.fetch(_ONE, appointment)), None)


async def locked(work: Work, ring: KeyRing, appointment: UUID) -> AppointmentRecord | None:
    """The same to write to: nobody else decides about it until the transaction ends."""
    return next((_record(row, ring) for row in await work.fetch(_LOCKED, appointment)), None)


async def propose(work: Work, ring: KeyRing, new: Proposal) -> UUID | None:
    """Writes a proposal; None when the office is proposed to the member, or held, on one of these days."""
    await work.fetch(_MEMBER, new_id(), new.member, work.now)
    await work.fetch(_LOCK, new.member)
    [member] = await work.fetch(_WHO, new.member)
    row, key = new_id(), ring.new_data_key(work.now)
    await work.fetch(_KEY, key.id, ring.active, key.wrapped, key.made_at)
    made = await work.fetch(
        _PROPOSE,
        row,
        member["id"],
        new.office.role,
        new.office.region,
        new.office.agency,
        new.valid_from,
        new.valid_to,
        work.permit.caller.subject,
        work.now,
        key.id,
        sealed(key, {"name": new.name}, _place(row)),
    )
    return row if made else None


async def decide(work: Work, appointment: UUID, state: AppointmentState, reason: str | None) -> None:
    """Writes what became of a proposal, and who said so."""
    await work.fetch(_DECIDE, appointment, state.value, work.permit.caller.subject, work.now, reason)


async def end(work: Work, appointment: UUID, state: AppointmentState, last: date, reason: str) -> None:
    """Writes the end of an office: the day (exclusive), why, and who said so."""
    await work.fetch(_END, appointment, state.value, work.permit.caller.subject, work.now, reason, last)


def _place(row: UUID) -> Aad:
    return Aad("appointment", "name_sealed", row, ONCE)


def _record(row: Row, ring: KeyRing) -> AppointmentRecord:
    name = None
    if row["wrapped"] is not None and row["name_sealed"] is not None:
        key = ring.unwrap(row["key_id"], row["wrapped"])
        name = opened(key, row["name_sealed"], _place(row["id"]))["name"]
    return AppointmentRecord(
        id=row["id"],
        member=row["subject"],
        name=name,
        office=Office(row["role"], row["region"], row["agency"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        state=AppointmentState(row["state"]),
        proposed=Deed(row["author"], row["created_at"]),
        decided=_deed(row, "decided", "refusal"),
        ended=_deed(row, "ended", "end_reason"),
        version=row["version"],
    )


def _deed(row: Row, what: str, reason: str) -> Deed | None:
    by = row[f"{what}_by"]
    return None if by is None else Deed(by, row[f"{what}_at"], row[reason])
