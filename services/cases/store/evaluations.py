"""Evaluations of finished cases."""

import json
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.monitoring import Evaluation
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey

_SUPERSEDE: Final = """
    update evaluation set state = 'superseded' where case_id = $1 and state = 'current' returning id
"""
_KEEP: Final = """
    insert into evaluation
        (id, case_id, evaluated_on, recorded_at, recorded_by, goals, victims_view, sealed)
    values ($1, $2, $3, $4, $5, cast($6::text as jsonb), $7, $8)
"""
_OF_CASE: Final = """
    select id, case_id, evaluated_on, recorded_at, recorded_by, state, cast(goals as text) as goals,
        victims_view, sealed
    from evaluation where case_id = $1 order by recorded_at desc, id
"""


def _place(row: UUID) -> Aad:
    return Aad("evaluation", "sealed", row, contents.ONCE)


async def supersede(work: Work, case: CaseId) -> UUID | None:
    """The evaluation that stood until now no longer does; its id."""
    rows = await work.fetch(_SUPERSEDE, case)
    return rows[0]["id"] if rows else None


async def keep(work: Work, key: DataKey, evaluation: Evaluation) -> None:
    """Keeps an evaluation, which is now the one that stands."""
    told = {"victimsWords": evaluation.victims_words, "feedback": evaluation.feedback}
    await work.fetch(
        _KEEP,
        evaluation.id,
        evaluation.case,
        evaluation.evaluated_on,
        evaluation.recorded_at,
        evaluation.evaluated_by,
        json.dumps(dict(evaluation.goals)),
        evaluation.victims_view,
        contents.sealed(key, told, _place(evaluation.id)),
    )


async def of_case(work: Work, key: DataKey, case: CaseId) -> Sequence[Evaluation]:
    """The evaluations of a case, the newest first."""
    return [_evaluation(key, row) for row in await work.fetch(_OF_CASE, case)]


def _evaluation(key: DataKey, row: Row) -> Evaluation:
    told = contents.opened(key, row["sealed"], _place(row["id"]))
    return Evaluation(
        id=row["id"],
        case=CaseId(row["case_id"]),
        evaluated_on=row["evaluated_on"],
        evaluated_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        state=row["state"],
        goals=json.loads(row["goals"]),
        victims_view=row["victims_view"],
        victims_words=told["victimsWords"],
        feedback=told["feedback"],
    )
