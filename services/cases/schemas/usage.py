"""What a person may see in the Data Tracker: decisions as they are told and shown."""

from typing import Self
from uuid import UUID

from pydantic import Field

from services.cases.model.usage import UsageAction, UsageDecision, UsageState
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fields import Instant
from services.kit.paging import Page

_PERSON = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


class UsageDecisionIn(Message):
    """What is decided about one person of the case, and why."""

    person_id: UUID = Field(examples=[_PERSON])
    decision: UsageAction
    reason: Code = Field(examples=["no-danger"])


class UsageDecisionView(View):
    """A decision: what the person sees from then on, of what has left the case until then."""

    id: UUID
    case_id: UUID
    person_id: UUID = Field(examples=[_PERSON])
    state: UsageState
    reason: str = Field(examples=["no-danger"])
    decided_at: Instant
    decided_by: str

    @classmethod
    def of(cls, decision: UsageDecision) -> Self:
        """The same in public words."""
        return cls(
            id=decision.id,
            case_id=decision.case,
            person_id=decision.person,
            state=decision.state,
            reason=decision.reason,
            decided_at=decision.decided_at,
            decided_by=decision.decided_by,
        )


class UsageDecisionPage(View):
    """Decisions, the newest first."""

    items: list[UsageDecisionView]
    next: str | None

    @classmethod
    def of(cls, page: Page[UsageDecision]) -> Self:
        """The same in public words."""
        return cls(items=[UsageDecisionView.of(one) for one in page.items], next=page.next)
