"""What became of a finished case."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.monitoring import Evaluation
from services.cases.rules.monitoring import share_reached
from services.cases.schemas.assessments import ChangedRiskView
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant


class EvaluationIn(Message):
    """Every published goal has an outcome; the victim's own words, and what the network says of its work."""

    evaluated_on: Day = Field(examples=["2018-03-02"])
    goals: dict[Code, Code] = Field(max_length=40, examples=[{"victim-safe": "reached"}])
    victims_view: Code = Field(examples=["better"])
    victims_words: FreeText | None = None
    feedback: FreeText | None = None


class EvaluationView(View):
    """An evaluation; the one that stands is ``current``."""

    id: UUID
    evaluated_on: Day
    evaluated_by: str
    recorded_at: Instant
    state: str
    goals: Annotated[dict[str, str], FieldClass("risk")]
    goals_reached: Annotated[int, FieldClass("risk")]
    goals_applying: Annotated[int, FieldClass("risk")]
    changed_risk: Annotated[ChangedRiskView | None, FieldClass("risk")] = Field(
        description="From the first to the last assessment at that time; null where there are not two."
    )
    victims_view: Annotated[str, FieldClass("risk")]
    victims_words: Annotated[str | None, FieldClass("narrative")]
    feedback: Annotated[str | None, FieldClass("narrative")]


class EvaluationsView(View):
    """The evaluations of a case, the newest first."""

    case_id: UUID
    items: list[EvaluationView]

    @classmethod
    def of(cls, case: UUID, evaluations: Sequence[Evaluation]) -> Self:
        """The same in public words."""
        return cls(case_id=case, items=[_view(each) for each in evaluations])


def _view(evaluation: Evaluation) -> EvaluationView:
    reached, applying = share_reached(evaluation)
    return EvaluationView(
        id=evaluation.id,
        evaluated_on=evaluation.evaluated_on,
        evaluated_by=evaluation.evaluated_by,
        recorded_at=evaluation.recorded_at,
        state=evaluation.state,
        goals=dict(evaluation.goals),
        goals_reached=reached,
        goals_applying=applying,
        changed_risk=None if evaluation.risk is None else ChangedRiskView.of(evaluation.risk),
        victims_view=evaluation.victims_view,
        victims_words=evaluation.victims_words,
        feedback=evaluation.feedback,
    )
