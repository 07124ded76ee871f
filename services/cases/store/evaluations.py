"""Evaluations of finished cases."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.cases.model.assessments import Change, ChangedRisk, Direction
from services.cases.model.codes import Band
from services.cases.model.ids import CaseId
from services.cases.model.monitoring import Evaluation
from services.cases.store import contents
from services.kit.calendar import parse_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey

_SUPERSEDE: Final = """
    update evaluation set state = 'superseded' where case_id = $1 and state = 'current' returning id
"""
_KEEP: Final = """
    insert into evaluation
        (id, case_id, evaluated_on, recorded_at, recorded_by, goals, victims_view, sealed, risk)
    values ($1, $2, $3, $4, $5, cast($6::text as jsonb), $7, $8, cast($9::text as jsonb))
"""
_OF_CASE: Final = """
    select id, case_id, evaluated_on, recorded_at, recorded_by, state, cast(goals as text) as goals,
        cast(risk as text) as risk, victims_view, sealed
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
        None if evaluation.risk is None else json.dumps(_told(evaluation.risk)),
    )


async def of_case(work: Work, key: DataKey, case: CaseId) -> Sequence[Evaluation]:
    """The evaluations of a case, the newest first."""
    return [_evaluation(key, row) for row in await work.fetch(_OF_CASE, case)]


def _told(risk: ChangedRisk) -> dict[str, object]:
    return {
        "first": str(risk.first),
        "last": str(risk.last),
        "firstOn": risk.first_on.isoformat(),
        "lastOn": risk.last_on.isoformat(),
        "firstBand": risk.first_band.value,
        "lastBand": risk.last_band.value,
        "firstScore": risk.first_score,
        "lastScore": risk.last_score,
        "direction": risk.change.direction.value,
        "score": risk.change.score,
    }


def _risk(told: dict[str, Any]) -> ChangedRisk:
    return ChangedRisk(
        first=UUID(told["first"]),
        last=UUID(told["last"]),
        first_on=parse_date(told["firstOn"]),
        last_on=parse_date(told["lastOn"]),
        first_band=Band(told["firstBand"]),
        last_band=Band(told["lastBand"]),
        first_score=told["firstScore"],
        last_score=told["lastScore"],
        change=Change(Direction(told["direction"]), told["score"]),
    )


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
        risk=None if row["risk"] is None else _risk(json.loads(row["risk"])),
        victims_view=row["victims_view"],
        victims_words=told["victimsWords"],
        feedback=told["feedback"],
    )
