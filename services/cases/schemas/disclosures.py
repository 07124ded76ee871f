"""The feed of disclosures."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.disclosures import Told
from services.cases.schemas.events import Cursor as Place
from services.cases.schemas.referral import View
from services.kit.fields import Instant
from services.kit.sequencer import Cursor

Handle = Annotated[str, Field(pattern="^[0-9a-f]{32}$", examples=["9f2a60e1c07b4d5f8e3a1b2c4d5e6f70"])]


class DisclosureView(View):
    """That data about somebody left, to whom and why; no data, and nobody's name."""

    id: UUID
    sequence: Place
    subject: str = Field(
        pattern="^[0-9a-f]{64}$",
        examples=["5e" * 32],
        description="Blind index of the personal code, under the key for disclosures.",
    )
    receiver_code: str
    receiver_system: str
    receiver_name: str | None
    action: str = Field(max_length=100, description="As the person reads it, in Estonian.")
    occurred_at: Instant
    case_handle: Handle

    @classmethod
    def of(cls, epoch: str, told: Told) -> Self:
        """The same in public words."""
        one = told.disclosure
        return cls(
            id=one.id,
            sequence=str(Cursor(epoch, told.position)),
            subject=one.subject.hex(),
            receiver_code=one.receiver.code,
            receiver_system=one.receiver.system,
            receiver_name=one.receiver_name,
            action=one.action,
            occurred_at=one.occurred_at,
            case_handle=one.case_handle,
        )
