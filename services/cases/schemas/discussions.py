"""Records of discussions, as they are told and shown."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.agenda import Outcome
from services.cases.model.discussions import Discussion, DiscussionState, Fact, Risks, Said
from services.cases.schemas.referral import Message
from services.cases.schemas.screening import Code
from services.cases.schemas.views import View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant

_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class FactIn(Message):
    """What an agency said."""

    agency: Code = Field(examples=["police"])
    text: FreeText


class RisksIn(Message):
    """What danger there is, and for whom."""

    victim: FreeText | None = None
    children: FreeText | None = None
    staff: FreeText | None = None
    others: FreeText | None = None


class DiscussionIn(Message):
    """The record of a case: the victim's wishes, what agencies know, the risks, and what was decided."""

    wishes: FreeText | None
    facts: list[FactIn] = Field(max_length=40)
    risks: RisksIn
    decisions: FreeText | None

    def said(self) -> Said:
        """The same in the words of the model."""
        risks = self.risks
        return Said(
            self.wishes,
            [Fact(fact.agency, fact.text) for fact in self.facts],
            Risks(risks.victim, risks.children, risks.staff, risks.others),
            self.decisions,
        )


class CloseIn(Message):
    """What follows: the case comes back, by a day where one is said, or need not."""

    outcome: Outcome
    review_on: Day | None = None


class ReopenIn(Message):
    """Why a record is to be corrected."""

    reason: Code = Field(examples=["mistake"])


class FactView(View):
    """What an agency said."""

    agency: str
    text: str


class RisksView(View):
    """What danger there is, and for whom."""

    victim: str | None
    children: str | None
    staff: str | None
    others: str | None


class DiscussionView(View):
    """The record of a case at a meeting, in one of its versions."""

    agenda_item_id: UUID = Field(examples=[_ID])
    case_id: UUID
    meeting_id: UUID
    state: DiscussionState
    version: int
    last_version: int
    written_at: Instant
    closed_at: Instant | None
    wishes: Annotated[str | None, FieldClass("narrative")]
    facts: Annotated[list[FactView], FieldClass("narrative")]
    risks: Annotated[RisksView, FieldClass("risk")]
    decisions: Annotated[str | None, FieldClass("narrative")]

    @classmethod
    def of(cls, found: Discussion) -> Self:
        """The same in public words."""
        return cls(
            agenda_item_id=found.item,
            case_id=found.case,
            meeting_id=found.meeting,
            state=found.state,
            version=found.version,
            last_version=found.last,
            written_at=found.written_at,
            closed_at=found.closed_at,
            wishes=found.said.wishes,
            facts=[FactView.model_validate(fact) for fact in found.said.facts],
            risks=RisksView.model_validate(found.said.risks),
            decisions=found.said.decisions,
        )
