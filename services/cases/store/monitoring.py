"""Years of monitoring, and their checkpoints."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.monitoring import Checkpoint, Finding, Period
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.sealed import Aad, DataKey

_BEGIN: Final = """
    insert into monitoring (id, case_id, closed_on, until, reason, note_sealed, recorded_at, recorded_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_PLAN: Final = """
    insert into checkpoint (id, case_id, monitoring_id, code, due_on)
    select p.id, $1, $2, p.code, p.due_on
    from unnest($3::uuid[], $4::text[], $5::date[]) as p (id, code, due_on)
"""
_PERIODS: Final = """
    select id, case_id, closed_on, until, reason, note_sealed, ended_on, ended_by, end_reason
    from monitoring where case_id = $1 order by closed_on desc, recorded_at desc
"""
_CHECKPOINTS: Final = """
    select id, case_id, monitoring_id, code, due_on, state, held_on, situation, new_violence, reason,
        note_sealed, version
    from checkpoint where case_id = $1 order by due_on, id
"""
_WHOSE: Final = "select case_id from checkpoint where id = $1"
_SETTLE: Final = """
    update checkpoint set state = $2, held_on = $3, situation = $4, new_violence = $5, reason = $6,
        note_sealed = $7, version = version + 1
    where id = $1
"""
_CANCEL: Final = """
    update checkpoint set state = 'cancelled', version = version + 1 where id = any ($1::uuid[])
"""
_END: Final = """
    update monitoring set ended_on = $2, ended_by = $3, end_reason = $4, end_note_sealed = $5 where id = $1
"""


def _note(table: str, column: str, row: UUID) -> Aad:
    return Aad(table, column, row, contents.ONCE)


def _sealed(key: DataKey, text: str | None, place: Aad) -> bytes | None:
    return None if text is None else contents.sealed(key, contents.note(text), place)


def _opened(key: DataKey, value: bytes | None, place: Aad) -> str | None:
    return None if value is None else str(contents.opened(key, value, place)["note"])


async def begin(  # noqa: PLR0913 - the facts of one period
    work: Work,
    key: DataKey,
    case: CaseId,
    *,
    closed_on: date,
    until: date,
    reason: str,
    note: str | None,
    checkpoints: Sequence[tuple[str, date]],
) -> Mapping[UUID, str]:
    """Keeps a period and its checkpoints; the ids of the checkpoints with their codes."""
    period = new_id()
    sealed = _sealed(key, note, _note("monitoring", "note_sealed", period))
    by = work.permit.caller.subject
    await work.fetch(_BEGIN, period, case, closed_on, until, reason, sealed, work.now, by)
    ids = [new_id() for _ in checkpoints]
    codes, days = [code for code, _ in checkpoints], [day for _, day in checkpoints]
    await work.fetch(_PLAN, case, period, ids, codes, days)
    return dict(zip(ids, codes, strict=True))


async def periods(work: Work, key: DataKey, case: CaseId) -> Sequence[Period]:
    """The periods of a case, the newest first."""
    return [_period(key, row) for row in await work.fetch(_PERIODS, case)]


def _period(key: DataKey, row: Row) -> Period:
    return Period(
        id=row["id"],
        case=CaseId(row["case_id"]),
        closed_on=row["closed_on"],
        until=row["until"],
        reason=row["reason"],
        ended_on=row["ended_on"],
        ended_by=row["ended_by"],
        end_reason=row["end_reason"],
        note=_opened(key, row["note_sealed"], _note("monitoring", "note_sealed", row["id"])),
    )


async def checkpoints(work: Work, key: DataKey, case: CaseId) -> Sequence[Checkpoint]:
    """The checkpoints of all periods of a case, by the day on which they are due."""
    return [_checkpoint(key, row) for row in await work.fetch(_CHECKPOINTS, case)]


def _checkpoint(key: DataKey, row: Row) -> Checkpoint:
    note = _opened(key, row["note_sealed"], _note("checkpoint", "note_sealed", row["id"]))
    found = row["held_on"] is not None
    return Checkpoint(
        id=row["id"],
        case=CaseId(row["case_id"]),
        period=row["monitoring_id"],
        code=row["code"],
        due_on=row["due_on"],
        state=row["state"],
        finding=Finding(row["held_on"], row["situation"], row["new_violence"], note) if found else None,
        reason=row["reason"],
        version=row["version"],
    )


async def case_of(work: Work, checkpoint: UUID) -> CaseId | None:
    """Whose checkpoint it is; None for one that the caller may not see."""
    rows = await work.fetch(_WHOSE, checkpoint)
    return CaseId(rows[0]["case_id"]) if rows else None


async def hold(work: Work, key: DataKey, checkpoint: UUID, finding: Finding) -> None:
    """Keeps what a checkpoint found."""
    note = _sealed(key, finding.note, _note("checkpoint", "note_sealed", checkpoint))
    told = (finding.held_on, finding.situation, finding.is_new_violence)
    await work.fetch(_SETTLE, checkpoint, "held", *told, None, note)


async def skip(work: Work, key: DataKey, checkpoint: UUID, reason: str, note: str | None) -> None:
    """Keeps why a checkpoint was not held."""
    sealed = _sealed(key, note, _note("checkpoint", "note_sealed", checkpoint))
    await work.fetch(_SETTLE, checkpoint, "skipped", None, None, None, reason, sealed)


async def cancel(work: Work, those: Sequence[UUID]) -> None:
    """Checkpoints that fall away."""
    await work.fetch(_CANCEL, list(those))


async def end(  # noqa: PLR0913 - the facts of one end
    work: Work, key: DataKey, period: UUID, *, by: str, on: date, reason: str | None, note: str | None
) -> None:
    """Ends a period: by itself (``end``) or because the case was opened again (``reopen``)."""
    sealed = _sealed(key, note, _note("monitoring", "end_note_sealed", period))
    await work.fetch(_END, period, on, by, reason, sealed)
