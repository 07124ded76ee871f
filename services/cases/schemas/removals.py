"""KKS in public words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.clocks import Confidence
from services.cases.model.ids import PersonId, ReferralId
from services.cases.model.removals import (
    Measure,
    NewRemoval,
    RemovalRules,
    RemovalState,
    RemovalWords,
    Span,
    WholeRemoval,
)
from services.cases.schemas.duties import LabelView
from services.cases.schemas.plan import Words
from services.cases.schemas.referral import Message
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class MostView(View):
    """How long a measure may last at most."""

    unit: Span
    amount: int


class MeasureView(View):
    """A published measure."""

    code: str = Field(examples=["staying-ban"])
    label: LabelView
    most: MostView | None = Field(description="Null: not checked.")
    source: str
    confidence: Confidence

    @classmethod
    def of(cls, measure: Measure) -> Self:
        """The same in public words."""
        most = None if measure.most is None else MostView(unit=measure.most[0], amount=measure.most[1])
        return cls(
            code=measure.code,
            label=LabelView.model_validate(measure.label),
            most=most,
            source=measure.source,
            confidence=measure.confidence,
        )


class MeasuresView(View):
    """All of them."""

    items: list[MeasureView]

    @classmethod
    def of(cls, rules: RemovalRules) -> Self:
        """The same in public words."""
        return cls(items=[MeasureView.of(one) for one in rules.measures.values()])


class RemovalIn(Message):
    """The threatening person is kept away."""

    person_id: UUID = Field(examples=[_EXAMPLE])
    measure: Code = Field(examples=["staying-ban"])
    ordered_at: Instant
    ends_at: Instant | None = Field(
        default=None, description="Where the term is counted in hours and nothing is said: the longest."
    )
    referral_id: UUID | None = Field(default=None, description="The referral in which it was told.")
    reference: Words | None = Field(default=None, description="The number of the decision or proceedings.")
    note: Words | None = None

    def new(self) -> NewRemoval:
        """The same in the words of the model."""
        return NewRemoval(
            person=PersonId(self.person_id),
            measure=self.measure,
            ordered_at=self.ordered_at,
            ends_at=self.ends_at,
            referral=None if self.referral_id is None else ReferralId(self.referral_id),
            words=RemovalWords(self.reference, self.note),
        )


class ExtensionIn(Message):
    """Until when it lasts now."""

    ends_at: Instant


class RemovalEndIn(Message):
    """Since when it is over, and why."""

    on: Day
    reason: Code = Field(examples=["term-over"])


class VictimContactIn(Message):
    """Somebody called the victim, or tried to."""

    contacted_at: Instant
    outcome: Code = Field(examples=["reached"])


class VictimContactView(View):
    """A call to the victim."""

    id: UUID
    contacted_at: Instant
    outcome: str
    recorded_by: str
    recorded_at: Instant


class OfferedWorkView(View):
    """A service that the threatening person was offered since."""

    offer_id: UUID
    service: str
    state: str


class RemovalView(View):
    """A measure, the calls to the victim, and the work with the threatening person."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    person_id: UUID
    referral_id: UUID | None
    state: RemovalState
    keeps_away: bool = Field(description="In force, and its time is not over.")
    ordered_at: Instant
    ends_at: Instant | None
    ended_on: Day | None
    extended: int = Field(description="How many times.")
    measure: Annotated[str, FieldClass("criminal")]
    reason: Annotated[str | None, FieldClass("criminal")]
    reference: Annotated[str | None, FieldClass("criminal")]
    note: Annotated[str | None, FieldClass("criminal")]
    contacts: list[VictimContactView]
    work: list[OfferedWorkView]
    recorded_by: str
    recorded_at: Instant
    version: int

    @classmethod
    def of(cls, whole: WholeRemoval, now: datetime) -> Self:
        """The same in public words."""
        removal = whole.removal
        lasts = removal.ends_at is None or now < removal.ends_at
        return cls(
            id=removal.id,
            case_id=removal.case,
            person_id=removal.person,
            referral_id=removal.referral,
            state=removal.state,
            keeps_away=removal.state is RemovalState.IN_FORCE and lasts,
            ordered_at=removal.ordered_at,
            ends_at=removal.ends_at,
            ended_on=removal.ended_on,
            extended=removal.extended,
            measure=removal.measure,
            reason=removal.reason,
            reference=whole.words.reference,
            note=whole.words.note,
            contacts=[VictimContactView.model_validate(one) for one in whole.contacts],
            work=[
                OfferedWorkView(offer_id=one.offer, service=one.service, state=one.state)
                for one in whole.work
            ],
            recorded_by=removal.recorded_by,
            recorded_at=removal.recorded_at,
            version=removal.version,
        )


class RemovalsView(View):
    """The measures of a case, the newest first."""

    case_id: UUID
    items: list[RemovalView]

    @classmethod
    def of(cls, case: UUID, removals: Sequence[WholeRemoval], now: datetime) -> Self:
        """The same in public words."""
        return cls(case_id=case, items=[RemovalView.of(one, now) for one in removals])
