"""Absences: for their days a deputy holds the office as well."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.members import Absence, Deed
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id

_COLUMNS: Final = """
    select s.id, s.appointment_id, d.subject as deputy, s.absent_from, s.absent_to, s.named_by, s.named_at,
        s.ended_by, s.ended_at, s.version
    from absence s join member d on d.id = s.deputy_id
"""
_OF: Final = f"{_COLUMNS} where s.appointment_id = any ($1::uuid[]) order by s.absent_from desc, s.id desc"
_LOCKED: Final = f"{_COLUMNS} where s.id = $1 for update of s"
_NAME: Final = """
    insert into absence (id, appointment_id, deputy_id, absent_from, absent_to, named_by, named_at, version)
    select $1::uuid, $2::uuid, d.id, $4::date, $5::date, $6::text, $7::timestamptz, 1
    from member d where d.subject = $3 and not exists (
        select from absence s where s.appointment_id = $2 and s.absent_from < $5 and s.absent_to > $4
    )
    returning id
"""
_END: Final = """
    update absence set absent_to = $2, ended_by = $3, ended_at = $4, version = version + 1 where id = $1
"""


async def of(work: Work, appointments: Sequence[UUID]) -> dict[UUID, list[Absence]]:
    """The absences of some appointments, the latest first."""
    found: dict[UUID, list[Absence]] = {one: [] for one in appointments}
    for row in await work.fetch(_OF, list(appointments)):
        found[row["appointment_id"]].append(_absence(row))
    return found


async def locked(work: Work, absence: UUID) -> tuple[UUID, Absence] | None:
    """An absence to write to, with its appointment."""
    rows = await work.fetch(_LOCKED, absence)
    return (rows[0]["appointment_id"], _absence(rows[0])) if rows else None


async def name(work: Work, appointment: UUID, deputy: str, start: date, end: date) -> UUID | None:
    """Names a deputy; None when there is one on one of these days, or no such member."""
    made = await work.fetch(
        _NAME, new_id(), appointment, deputy, start, end, work.permit.caller.subject, work.now
    )
    return made[0]["id"] if made else None


async def end(work: Work, absence: UUID, last: date) -> None:
    """The absence ends on a day (exclusive)."""
    await work.fetch(_END, absence, last, work.permit.caller.subject, work.now)


def _absence(row: Row) -> Absence:
    ended = None if row["ended_by"] is None else Deed(row["ended_by"], row["ended_at"])
    return Absence(
        id=row["id"],
        deputy=row["deputy"],
        absent_from=row["absent_from"],
        absent_to=row["absent_to"],
        named=Deed(row["named_by"], row["named_at"]),
        ended=ended,
        version=row["version"],
    )
