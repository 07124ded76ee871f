"""Incidents in a case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.monitoring import Incident
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey

_KEEP: Final = """
    insert into incident (id, case_id, kind, occurred_at, recorded_at, recorded_by, sealed)
    values ($1, $2, $3, $4, $5, $6, $7)
"""
_COLUMNS: Final = "id, case_id, kind, occurred_at, recorded_at, recorded_by, state, reason, version, sealed"
_ONE: Final = f"select {_COLUMNS} from incident where id = $1"  # noqa: S608 - constants
_LIST: Final = f"""
    select {_COLUMNS} from incident
    where case_id = $1
    and ($2::uuid is null or (occurred_at, id) < (select i.occurred_at, i.id from incident i where i.id = $2))
    order by occurred_at desc, id desc limit $3
"""  # noqa: S608 - constants
_RETRACT: Final = "update incident set state = 'retracted', reason = $2, version = version + 1 where id = $1"
_WHOSE: Final = "select case_id from incident where id = $1"


def _place(row: UUID) -> Aad:
    return Aad("incident", "sealed", row, contents.ONCE)


async def keep(  # noqa: PLR0913 - the facts of one incident
    work: Work, key: DataKey, case: CaseId, *, by: str, kind: str, occurred_at: datetime, description: str
) -> UUID:
    """Keeps an incident, as somebody or an X-Road client tells it; its id."""
    incident = new_id()
    sealed = contents.sealed(key, {"description": description}, _place(incident))
    await work.fetch(_KEEP, incident, case, kind, occurred_at, work.now, by, sealed)
    return incident


async def case_of(work: Work, incident: UUID) -> CaseId | None:
    """Whose incident it is; None for one that the caller may not see."""
    rows = await work.fetch(_WHOSE, incident)
    return CaseId(rows[0]["case_id"]) if rows else None


async def one(work: Work, key: DataKey, incident: UUID) -> Incident | None:
    """One incident of the case whose key it is."""
    rows = await work.fetch(_ONE, incident)
    return _incident(key, rows[0]) if rows else None


async def of_case(
    work: Work, key: DataKey, case: CaseId, after: Place | None, most: int
) -> Sequence[Incident]:
    """The incidents of a case from a place on, the newest first."""
    last = None if after is None else after.id
    return [_incident(key, row) for row in await work.fetch(_LIST, case, last, most)]


async def retract(work: Work, incident: UUID, reason: str) -> None:
    """An incident that was recorded in error stays readable, and says why it does not count."""
    await work.fetch(_RETRACT, incident, reason)


def _incident(key: DataKey, row: Row) -> Incident:
    return Incident(
        id=row["id"],
        case=CaseId(row["case_id"]),
        kind=row["kind"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        state=row["state"],
        reason=row["reason"],
        version=row["version"],
        description=contents.opened(key, row["sealed"], _place(row["id"]))["description"],
    )
