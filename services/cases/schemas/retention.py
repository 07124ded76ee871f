"""Terms, holds and erasures as people write and read them."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.retention import Because, Erasure, Hold, Retention
from services.cases.schemas.exclusions import Reason
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

ErasureState = Literal["proposed", "agreed", "approved", "refused", "erased", "certified"]


class HoldIn(Message):
    """Why the case is kept beyond its term."""

    ground: Code = Field(description="A code of the published list.", examples=["court-case"])
    reason: Reason = Field(examples=["The county court has asked for the minutes."])


class LiftIn(Message):
    """Why the hold ends."""

    reason: Code = Field(description="A code of the published list.", examples=["proceedings-ended"])


class HoldView(View):
    """While it is in force, the case is not erased, whatever its term says."""

    id: UUID
    case_id: UUID
    ground: str = Field(examples=["court-case"])
    state: str = Field(examples=["in-force"])
    reason: Annotated[str, FieldClass("narrative")]
    set_by: str
    set_at: Instant
    review_on: Day = Field(description="When somebody looks whether it still must be.")
    lifted_by: str | None
    lifted_at: Instant | None
    lifted_reason: str | None
    version: int

    @classmethod
    def of(cls, hold: Hold) -> Self:
        """The same in public words."""
        return cls(
            id=hold.id,
            case_id=hold.case,
            ground=hold.ground,
            state=hold.state,
            reason=hold.reason,
            set_by=hold.set_by,
            set_at=hold.set_at,
            review_on=hold.review_on,
            lifted_by=hold.lifted_by,
            lifted_at=hold.lifted_at,
            lifted_reason=hold.lifted_reason,
            version=hold.version,
        )


class Holds(View):
    """The holds on a case, the newest first; each ground holds once at a time, so they are few."""

    items: list[HoldView]


class RetentionView(View):
    """How long a case is kept: counted from its facts when it is asked for."""

    case_id: UUID
    years: int = Field(examples=[10])
    source: str = Field(description="The legal source of the term.")
    rules: str = Field(description="The version of the published terms.", examples=["2026-11"])
    because: Because = Field(
        description="From the last entry, or from the 18th birthday of who was a minor; `open`: not yet."
    )
    counted_from: Day | None
    ends_on: Day | None = Field(description="From this day on it is due for erasure, unless it is held.")
    held_by: list[str] = Field(description="The grounds on which it is held.", examples=[["court-case"]])

    @classmethod
    def of(cls, kept: Retention) -> Self:
        """The same in public words."""
        return cls(
            case_id=kept.case,
            years=kept.term.years,
            source=kept.term.source,
            rules=kept.rules,
            because=kept.ending.because,
            counted_from=kept.ending.counted_from,
            ends_on=kept.ending.ends_on,
            held_by=sorted(hold.ground for hold in kept.holds if hold.state == "in-force"),
        )


class RefuseIn(Message):
    """Why it is not erased now."""

    reason: Code = Field(description="A code of the published list.", examples=["still-needed"])


class ErasureView(View):
    """That a term is over, who has agreed and approved, and what came of it."""

    id: UUID
    kind: Literal["case", "referral"]
    case_id: UUID = Field(description="Of the case, or the one that the referral would have become.")
    region: str = Field(examples=["polva"])
    rules: str = Field(examples=["2026-11"])
    counted_from: Day
    because: Because
    due_on: Day
    state: ErasureState
    proposed_at: Instant
    agreed_by: str | None
    agreed_at: Instant | None
    approved_by: str | None
    approved_at: Instant | None
    refused_by: str | None
    refused_at: Instant | None
    reason: str | None = Field(description="Why it was refused.")
    erased_at: Instant | None
    counts: dict[str, int] | None = Field(
        description="How many keys, referrals, people, tokens and events.", examples=[{"keys": 2}]
    )
    version: int

    @classmethod
    def of(cls, one: Erasure) -> Self:
        """The same in public words."""
        return cls.model_validate(
            {
                "id": one.id,
                "kind": one.kind,
                "case_id": one.case,
                "region": one.region,
                "rules": one.rules,
                "counted_from": one.counted_from,
                "because": one.because,
                "due_on": one.due_on,
                "state": one.state,
                "proposed_at": one.proposed_at,
                "agreed_by": one.agreed_by,
                "agreed_at": one.agreed_at,
                "approved_by": one.approved_by,
                "approved_at": one.approved_at,
                "refused_by": one.refused_by,
                "refused_at": one.refused_at,
                "reason": one.reason,
                "erased_at": one.erased_at,
                "counts": one.counts,
                "version": one.version,
            }
        )


class ErasurePage(View):
    """Erasures, the newest first."""

    items: list[ErasureView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Erasure]) -> Self:
        """The same in public words."""
        return cls(items=[ErasureView.of(one) for one in page.items], next=page.next)


class CertificateView(View):
    """A signed statement that something was erased; it names no person."""

    certificate: str = Field(
        description="JWS (compact, Ed25519) of type `erasure-certificate+jws`, signed by this service."
    )
