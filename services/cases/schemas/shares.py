"""Shares of data: as somebody tells them, and as receipts."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.ids import PersonId
from services.cases.model.shares import (
    FieldClassName,
    KeptShare,
    Outside,
    ShareKind,
    ShareState,
    ToldShare,
    Why,
)
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant
from services.kit.paging import Page

_EXAMPLE = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
Digest = Annotated[str, StringConstraints(strict=True, pattern="^[0-9a-f]{64}$"), Field(examples=["5e" * 32])]
RegistryCode = Annotated[str, StringConstraints(strict=True, pattern="^[0-9]{8}$")]
System = Annotated[str, StringConstraints(strict=True, pattern="^[a-z][a-z0-9-]{0,40}$")]


class OutsideIn(Message):
    """A receiver outside the network; the Data Tracker is told of it."""

    code: RegistryCode = Field(examples=["70009770"])
    system: System = Field(description="The information system, or the way it went.", examples=["star"])


class ShareIn(Message):
    """Data that are handed over once, to agencies of the network, to somebody outside, or both."""

    basis: Code = Field(examples=["oas-10-5"])
    purpose: Code = Field(examples=["safety"])
    agencies: list[Code] = Field(default_factory=list, max_length=20, examples=[["police"]])
    outside: OutsideIn | None = None
    persons: list[UUID] = Field(min_length=1, max_length=50, examples=[[_EXAMPLE]])
    classes: list[FieldClassName] = Field(
        min_length=1, max_length=len(FieldClassName), examples=[["identity", "risk"]]
    )
    necessity: FreeText = Field(examples=["Politsei peab teadma, kus ohver viibib."])
    recipient_reason: FreeText | None = Field(
        default=None, description="Why somebody receives whom the law does not name."
    )
    content_digest: Digest | None = Field(default=None, description="SHA-256 of what was handed over.")
    expires_on: Day = Field(description="The first day on which the receiver may no longer use it.")

    def told(self) -> ToldShare:
        """The same, without the form."""
        return ToldShare(
            kind=ShareKind.HANDOVER,
            basis=self.basis,
            purpose=self.purpose,
            agencies=tuple(dict.fromkeys(self.agencies)),
            outside=None if self.outside is None else Outside(self.outside.code, self.outside.system),
            persons=tuple(sorted({PersonId(each) for each in self.persons})),
            classes=tuple(sorted(set(self.classes))),
            content_digest=None if self.content_digest is None else bytes.fromhex(self.content_digest),
            expires_on=self.expires_on,
            why=Why(self.necessity, self.recipient_reason),
        )


class AgencyIn(Message):
    """An agency that is to take part in a case: it reads what the case's work needs until it is let go."""

    agency: Code = Field(examples=["probation"])
    basis: Code = Field(examples=["oas-10-5"])
    necessity: FreeText = Field(examples=["Ohustav isik on kriminaalhooldusel."])
    recipient_reason: FreeText | None = Field(
        default=None, description="Why an agency takes part whom the law does not name."
    )
    expires_on: Day | None = Field(default=None, description="The first day on which it takes part no more.")

    def told(self) -> ToldShare:
        """The same, without the form; who is in the case is known there."""
        return ToldShare(
            kind=ShareKind.TAKING_PART,
            basis=self.basis,
            purpose="case-work",
            agencies=(self.agency,),
            outside=None,
            persons=(),
            classes=tuple(sorted(FieldClassName)),
            content_digest=None,
            expires_on=self.expires_on,
            why=Why(self.necessity, self.recipient_reason),
        )


class EndIn(Message):
    """Why a share ends, or an agency takes part no more."""

    reason: Code = Field(examples=["no-longer-needed"])


class TakingPartView(View):
    """The agencies that take part in a case, and its version."""

    case_id: UUID
    agencies: list[str] = Field(examples=[["police", "victim-support"]])
    version: int


class OutsideView(View):
    """A receiver outside the network."""

    code: str
    system: str


class ShareView(View):
    """A receipt: who shared what kinds of data about whom with whom, on which basis and until when."""

    id: UUID = Field(examples=[_EXAMPLE])
    case_id: UUID
    kind: ShareKind
    state: ShareState
    basis: str = Field(examples=["oas-10-5"])
    purpose: str = Field(examples=["case-work"])
    sharer: str | None = Field(description="The agency that shared; null: victim support, which coordinates.")
    recipients: list[str] = Field(examples=[["police@polva"]])
    outside: OutsideView | None
    persons: list[UUID]
    classes: list[FieldClassName]
    fields_hash: str = Field(description="SHA-256 of the list of persons and classes.")
    content_digest: str | None = Field(description="SHA-256 of what was handed over, as who shared told it.")
    digest: str = Field(description="SHA-256 of this receipt without its state and reasons.")
    shared_at: Instant
    shared_by: str
    expires_on: Day | None
    ended_at: Instant | None
    ended_by: str | None
    end_reason: str | None
    version: int
    necessity: Annotated[str | None, FieldClass("narrative")]
    recipient_reason: Annotated[str | None, FieldClass("narrative")]

    @classmethod
    def of(cls, kept: KeptShare) -> Self:
        """The same in public words."""
        share = kept.share
        outside = share.outside
        return cls(
            id=share.id,
            case_id=share.case,
            kind=share.kind,
            state=kept.state,
            basis=share.basis,
            purpose=share.purpose,
            sharer=share.sharer,
            recipients=list(share.recipients),
            outside=None if outside is None else OutsideView(code=outside.code, system=outside.system),
            persons=list(share.persons),
            classes=list(share.classes),
            fields_hash=share.fields_hash.hex(),
            content_digest=None if share.content_digest is None else share.content_digest.hex(),
            digest=kept.digest.hex(),
            shared_at=share.shared_at,
            shared_by=share.shared_by,
            expires_on=share.expires_on,
            ended_at=kept.ended_at,
            ended_by=kept.ended_by,
            end_reason=kept.end_reason,
            version=kept.version,
            necessity=kept.why.necessity,
            recipient_reason=kept.why.recipient_reason,
        )


class SharePage(View):
    """Receipts, the last first."""

    items: list[ShareView]
    next: str | None

    @classmethod
    def of(cls, page: Page[KeptShare]) -> Self:
        """The page as it is shown."""
        return cls(items=[ShareView.of(each) for each in page.items], next=page.next)
