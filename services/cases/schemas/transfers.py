"""Transfers of cases between networks."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.transfers import Move, Outline, Seen, TransferState
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant
from services.kit.paging import Page


class TransferIn(Message):
    """To which network, and what is known of the move."""

    to: Code = Field(examples=["rakvere"], description="The region that is asked to take the case.")
    kind: Code = Field(examples=["permanent"])
    reason: Code = Field(examples=["moved"])
    moves_on: Day | None = Field(default=None, examples=["2018-03-02"])
    note: FreeText = Field(
        examples=["Kolis lastega sugulaste juurde; tugiisik jätkab kuni üleandmiseni."],
        description="What the other network must know to decide. It names nobody and no address.",
    )
    address: FreeText | None = Field(
        default=None,
        examples=["Kreutzwaldi 1, Rakvere"],
        description="Where she lives now; only the network that has taken the case reads it.",
    )

    def as_move(self) -> Move:
        """The same in the words of the model."""
        return Move(self.to, self.kind, self.reason, self.moves_on, self.note, self.address)


class AcceptanceIn(Message):
    """Which agencies of the new network take part from now on."""

    agencies: list[Code] = Field(default_factory=list, max_length=20, examples=[["police", "victim-support"]])


class TransferReasonIn(Message):
    """Why it is refused, or taken back: a published reason."""

    reason: Code = Field(examples=["more-information"])


class OutlineView(View):
    """The case when the transfer was proposed: what a decision needs, and nobody's name."""

    opened_on: Day
    case_state: str
    band: Annotated[str | None, FieldClass("risk")]
    grounds: Annotated[list[str], FieldClass("risk")]
    children: int
    open_actions: int
    discussions: int
    agencies: list[str]

    @classmethod
    def of(cls, outline: Outline) -> Self:
        """The same in public words."""
        return cls(
            opened_on=outline.opened_on,
            case_state=outline.case_state,
            band=outline.band,
            grounds=list(outline.grounds),
            children=outline.children,
            open_actions=outline.open_actions,
            discussions=outline.discussions,
            agencies=list(outline.agencies),
        )


class TransferView(View):
    """A transfer; note and address are null for the side that has no need of them."""

    id: UUID
    case_id: UUID
    from_region: str
    to_region: str
    state: TransferState
    kind: str
    reason: str
    moves_on: Day | None
    proposed_on: Day
    proposed_at: Instant
    proposed_by: str
    outline: OutlineView
    note: Annotated[str | None, FieldClass("narrative")]
    address: Annotated[str | None, FieldClass("contact")]
    decided_on: Day | None
    decided_at: Instant | None
    decided_by: str | None
    decision_reason: str | None
    version: int = Field(description="For If-Match, when it is answered.")

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """The same in public words."""
        transfer, move, decided = seen.transfer, seen.transfer.move, seen.transfer.decided
        return cls(
            id=transfer.id,
            case_id=transfer.case,
            from_region=transfer.region,
            to_region=move.to,
            state=transfer.state,
            kind=move.kind,
            reason=move.reason,
            moves_on=move.moves_on,
            proposed_on=transfer.proposed_on,
            proposed_at=transfer.proposed_at,
            proposed_by=transfer.proposed_by,
            outline=OutlineView.of(transfer.outline),
            note=move.note if seen.knows_note else None,
            address=move.address if seen.knows_address else None,
            decided_on=decided.on if decided else None,
            decided_at=decided.at if decided else None,
            decided_by=decided.by if decided else None,
            decision_reason=decided.reason if decided else None,
            version=transfer.version,
        )


class TransferPage(View):
    """Transfers, the newest first."""

    items: list[TransferView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Seen]) -> Self:
        """The same in public words."""
        return cls(items=[TransferView.of(each) for each in page.items], next=page.next)
