"""Assessments of a case: the referral's, and those made anew; answers and explanation sealed."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.cases.model.assessments import Assessment
from services.cases.model.dossiers import Explained
from services.cases.model.ids import CaseId
from services.cases.model.referral import AssessmentFacts
from services.cases.model.states import Score
from services.cases.store import contents
from services.cases.store.opening import explained_of
from services.cases.store.referrals import score_of
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey

_COLUMNS: Final = """
    instrument, version as instrument_version, content_hash, engine, score, band, grounds as score_grounds,
    scored_at, result_sealed
"""
_OF_CASE: Final = f"""
    select a.id, 'referral' as source, a.completed_on, r.received_at as recorded_at,
        null::text as recorded_by, 'recorded' as state, null::text as reason, 1 as row_version,
        null::bytea as note_sealed, {", ".join(f"a.{each.strip()}" for each in _COLUMNS.split(","))}
    from assessment a join referral r on r.id = a.referral_id
    where r.case_id = $1 and a.replaced_in is null and a.score is not null
    union all
    select id, 'case', completed_on, recorded_at, recorded_by, state, reason, row_version, note_sealed,
        {_COLUMNS}
    from reassessment where case_id = $1
    order by completed_on, recorded_at, id
"""  # noqa: S608 - constants
_KEEP: Final = """
    insert into reassessment (id, case_id, instrument, completed_on, recorded_at, recorded_by, version,
        content_hash, engine, score, band, grounds, scored_at, answers_sealed, result_sealed, note_sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
_CASE_OF: Final = "select case_id from reassessment where id = $1"
_RETRACT: Final = """
    update reassessment set state = 'retracted', reason = $2, row_version = row_version + 1 where id = $1
"""


async def of_case(work: Work, key: DataKey, case: CaseId) -> Sequence[Assessment]:
    """All of them, in the order of their days; also those that were retracted."""
    return [_assessment(row, key, case) for row in await work.fetch(_OF_CASE, case)]


async def case_of(work: Work, assessment: UUID) -> UUID:
    """The case of one that was made anew; an id of no case for any other."""
    rows = await work.fetch(_CASE_OF, assessment)
    return rows[0]["case_id"] if rows else UUID(int=0)


async def keep(  # noqa: PLR0913, PLR0917 - what an assessment is made of
    work: Work,
    key: DataKey,
    case: CaseId,
    row: UUID,
    facts: AssessmentFacts,
    score: Score,
    result: dict[str, Any],
    note: str | None,
) -> None:
    """Writes an assessment with its score, without which there is none."""
    await work.fetch(
        _KEEP,
        row,
        case,
        score.instrument,
        facts.completed_on,
        work.now,
        work.permit.caller.subject,
        score.version,
        score.content_hash,
        score.engine,
        score.value,
        score.band.value,
        [ground.value for ground in score.grounds],
        score.scored_at,
        contents.sealed(key, contents.answers(facts), _place(row, "answers_sealed")),
        contents.sealed(key, result, _place(row, "result_sealed")),
        None if note is None else contents.sealed(key, {"note": note}, _place(row, "note_sealed")),
    )


async def retract(work: Work, assessment: UUID, reason: str) -> None:
    """It was recorded in error: it stays readable, and no longer counts."""
    await work.fetch(_RETRACT, assessment, reason)


def _place(row: UUID, column: str) -> Aad:
    return Aad("reassessment", column, row, contents.ONCE)


def _assessment(row: Row, key: DataKey, case: CaseId) -> Assessment:
    note = row["note_sealed"]
    return Assessment(
        id=row["id"],
        case=case,
        source=row["source"],
        completed_on=row["completed_on"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        state=row["state"],
        reason=row["reason"],
        version=row["row_version"],
        explained=_explained(row, key),
        note=None if note is None else contents.opened(key, note, _place(row["id"], "note_sealed"))["note"],
    )


def _explained(row: Row, key: DataKey) -> Explained:
    score, first = score_of(row), row["source"] == "referral"
    if score is None:
        raise AssertionError("only what is scored is read")
    place = contents.result_place(row["id"]) if first else _place(row["id"], "result_sealed")
    told: dict[str, Any] = contents.opened(key, row["result_sealed"], place)
    return explained_of(score, told)
