"""The assessments of a case."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.assessments import Assessment, Change, ChangedRisk, Direction
from services.cases.model.codes import Band
from services.cases.model.referral import AssessmentFacts
from services.cases.rules import assessments as rules
from services.cases.schemas.referral import AssessmentIn, Message, View
from services.cases.schemas.screening import Code
from services.cases.schemas.views import ScoreView
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant


class ReassessmentIn(AssessmentIn):
    """A completed instrument; with a reason where the worker's judgement is that the risk is high."""

    judgement_reason: FreeText | None = None

    def facts(self) -> AssessmentFacts:
        """The answers in the words of the model."""
        return AssessmentFacts(self.instrument, self.completed_on, dict(self.answers))


class AssessmentRetractionIn(Message):
    """Why it does not count: a published reason."""

    reason: Code = Field(examples=["twice"])


class ChangeView(View):
    """Against the assessment before; the score where the same version of an instrument asked."""

    direction: Direction
    score: int | None

    @classmethod
    def of(cls, change: Change) -> Self:
        """The same in public words."""
        return cls(direction=change.direction, score=change.score)


class ChangedRiskView(View):
    """From the first to the last assessment; computed from them alone."""

    first_id: UUID
    first_on: Day
    first_score: int
    first_band: Band
    last_id: UUID
    last_on: Day
    last_score: int
    last_band: Band
    direction: Direction
    score: int | None

    @classmethod
    def of(cls, changed: ChangedRisk) -> Self:
        """The same in public words."""
        return cls(
            first_id=changed.first,
            first_on=changed.first_on,
            first_score=changed.first_score,
            first_band=changed.first_band,
            last_id=changed.last,
            last_on=changed.last_on,
            last_score=changed.last_score,
            last_band=changed.last_band,
            direction=changed.change.direction,
            score=changed.change.score,
        )


class AssessmentView(View):
    """An assessment with its score, explained; one of the referral has nobody who recorded it here."""

    id: UUID
    source: Literal["referral", "case"]
    completed_on: Day
    recorded_at: Instant
    recorded_by: str | None
    state: str
    reason: str | None
    result: Annotated[ScoreView, FieldClass("risk")]
    change: Annotated[ChangeView | None, FieldClass("risk")]
    judgement_reason: Annotated[str | None, FieldClass("narrative")]
    version: int = Field(description="For If-Match, when it is retracted.")


class AssessmentsView(View):
    """The assessments of a case, in the order of their days, and what has changed from first to last."""

    case_id: UUID
    items: list[AssessmentView]
    changed_risk: Annotated[ChangedRiskView | None, FieldClass("risk")]

    @classmethod
    def of(cls, case: UUID, assessments: Sequence[Assessment]) -> Self:
        """The same in public words."""
        changes, changed = rules.changes(assessments), rules.changed_risk(assessments)
        return cls(
            case_id=case,
            items=[_view(each, changes.get(each.id)) for each in assessments],
            changed_risk=None if changed is None else ChangedRiskView.of(changed),
        )


def _view(assessment: Assessment, change: Change | None) -> AssessmentView:
    return AssessmentView(
        id=assessment.id,
        source=assessment.source,
        completed_on=assessment.completed_on,
        recorded_at=assessment.recorded_at,
        recorded_by=assessment.recorded_by,
        state=assessment.state,
        reason=assessment.reason,
        result=ScoreView.of(assessment.explained),
        change=None if change is None else ChangeView.of(change),
        judgement_reason=assessment.note,
        version=assessment.version,
    )
