"""Invitations, attendance and confidentiality, as they are told and shown."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.cases.model.networks import Seat
from services.cases.model.participants import Confidentiality, Invitation, Presence, Reply
from services.cases.schemas.referral import Message
from services.cases.schemas.views import View
from services.kit.fields import Instant, Whole

_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"


Dated = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class ReplyIn(Message):
    """Whether an agency comes."""

    reply: Reply


class AttendanceIn(Message):
    """Whether an agency was there, and how many came."""

    presence: Presence
    people: Whole = Field(ge=0, le=100, examples=[2], description="0 unless it was present.")


class SignIn(Message):
    """The version of the statement that is signed."""

    statement: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] = (
        Field(examples=["2026-11-29"])
    )


class InvitationView(View):
    """An agency that is invited to a meeting."""

    id: UUID = Field(examples=[_ID])
    meeting_id: UUID
    agency: str = Field(examples=["police"])
    unit: str | None
    seat: Seat
    invited_at: Instant
    reply: Reply | None = Field(description="Null until the agency has replied.")
    presence: Presence | None
    people: int | None
    signed: int = Field(description="How many of the agency have signed; as far as the caller may know.")
    version: int

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        """The same in public words."""
        return cls(
            id=invitation.id,
            meeting_id=invitation.meeting.id,
            agency=invitation.agency,
            unit=invitation.unit,
            seat=invitation.seat,
            invited_at=invitation.invited_at,
            reply=invitation.reply,
            presence=invitation.presence,
            people=invitation.people,
            signed=invitation.signed,
            version=invitation.version,
        )


class InvitationsView(View):
    """Who is invited to a meeting, the core first; a network is small, so that there are no pages."""

    items: list[InvitationView]

    @classmethod
    def of(cls, invitations: Sequence[Invitation]) -> Self:
        """The same in public words."""
        return cls(items=[InvitationView.of(each) for each in invitations])


class TextView(View):
    """A text in three languages."""

    et: str
    ru: str
    en: str


class ConfidentialityView(View):
    """What is signed for a meeting, and when the caller has signed."""

    statement: str = Field(examples=["2026-11-29"])
    text: TextView
    signed_at: Instant | None

    @classmethod
    def of(cls, found: Confidentiality) -> Self:
        """The same in public words."""
        text = TextView(**found.statement.text)
        return cls(statement=found.statement.version, text=text, signed_at=found.signed_at)
