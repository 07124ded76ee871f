"""Who stands by the victim of a case."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.support import Assignment
from services.cases.store.contents import opened
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.sealed import Aad, KeyRing

_ADD: Final = """
    insert into support_assignment (id, case_id, support_person_id, started_on) values ($1, $2, $3, $4)
"""
_OF_CASE: Final = """
    select a.id, a.case_id, a.support_person_id, a.state, a.started_on, a.ended_on, a.reason, a.version,
        s.sealed, s.version as person_version, s.key_id, k.wrapped
    from support_assignment a
    left join (support_person s join data_key k on k.id = s.key_id and k.wrapped is not null)
        on s.id = a.support_person_id
    where a.case_id = $1 order by a.started_on desc, a.id
"""
_WHOSE: Final = "select case_id from support_assignment where id = $1"
_END: Final = """
    update support_assignment set state = 'ended', ended_on = $2, reason = $3, version = version + 1
    where id = $1
"""


async def add(work: Work, case: CaseId, person: UUID, started_on: date) -> UUID:
    """Somebody stands by the victim from a day on; the id of the assignment."""
    assignment = new_id()
    await work.fetch(_ADD, assignment, case, person, started_on)
    return assignment


async def of_case(work: Work, ring: KeyRing, case: CaseId) -> Sequence[Assignment]:
    """The assignments of a case, the newest first."""
    return [_assignment(row, ring) for row in await work.fetch(_OF_CASE, case)]


async def case_of(work: Work, assignment: UUID) -> CaseId | None:
    """Whose assignment it is; None for one that the caller may not see."""
    rows = await work.fetch(_WHOSE, assignment)
    return CaseId(rows[0]["case_id"]) if rows else None


async def end(work: Work, assignment: UUID, ended_on: date, reason: str) -> None:
    """Nobody stands by the victim by this assignment any more."""
    await work.fetch(_END, assignment, ended_on, reason)


def _assignment(row: Row, ring: KeyRing) -> Assignment:
    return Assignment(
        id=row["id"],
        case=CaseId(row["case_id"]),
        support_person=row["support_person_id"],
        name=_name(row, ring),
        state=row["state"],
        started_on=row["started_on"],
        ended_on=row["ended_on"],
        reason=row["reason"],
        version=row["version"],
    )


def _name(row: Row, ring: KeyRing) -> str | None:
    """The name, to those who may see the pool."""
    if row["wrapped"] is None:
        return None
    key = ring.unwrap(row["key_id"], row["wrapped"])
    place = Aad("support_person", "sealed", row["support_person_id"], row["person_version"])
    return str(opened(key, row["sealed"], place)["name"])
