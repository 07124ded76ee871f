"""Proposals to refer a further incident again."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.repeats import Proposal, ProposalState
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page


class ProposalAnswerIn(Message):
    """Refer: with the referral that was made of the incident. Decline: with the reason why none is."""

    decision: Literal["refer", "decline"] = Field(examples=["decline"])
    referral_id: UUID | None = None
    reason: Code | None = Field(default=None, examples=["in-plan"])


class ProposalView(View):
    """An incident that would be a repeat, by the definition in force, and what became of it."""

    id: UUID = Field(description="The incident's.")
    case_id: UUID
    state: ProposalState
    definition: Annotated[str, FieldClass("risk")] = Field(examples=["safelives-current"])
    definition_version: Annotated[str, FieldClass("risk")]
    earlier_id: Annotated[UUID, FieldClass("risk")] = Field(description="The referral that it would repeat.")
    counted_from: Annotated[Day, FieldClass("risk")]
    until: Annotated[Day, FieldClass("risk")]
    referral_id: UUID | None
    reason: str | None
    decided_at: Instant | None
    decided_by: str | None
    version: int = Field(description="For If-Match, when it is answered.")

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        """The same in public words."""
        finding = proposal.finding
        return cls(
            id=proposal.id,
            case_id=proposal.case,
            state=proposal.state,
            definition=finding.definition,
            definition_version=finding.version,
            earlier_id=finding.earlier,
            counted_from=finding.counted_from,
            until=finding.until,
            referral_id=proposal.referral,
            reason=proposal.reason,
            decided_at=proposal.decided_at,
            decided_by=proposal.decided_by,
            version=proposal.version,
        )


class ProposalPage(View):
    """Proposals, the newest first."""

    items: list[ProposalView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Proposal]) -> Self:
        """The page as it is shown."""
        return cls(items=[ProposalView.of(each) for each in page.items], next=page.next)
