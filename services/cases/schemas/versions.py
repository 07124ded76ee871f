"""What a referral said before its sender corrected it; each field names the class that a right must hold."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.codes import Ground, Status
from services.cases.model.dossiers import EarlierVersion
from services.cases.schemas.views import NarrativeView, ParticipantView, ScoreView, View
from services.kit.disclose import FieldClass
from services.kit.fields import Day, Instant


class EarlierVersionView(View):
    """A version of a referral that another has replaced, and how the referral stood until then."""

    referral_id: UUID = Field(examples=["0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"])
    version: int = Field(ge=1, description="The sender's.")
    replaced_at: Instant
    referred_on: Day
    occurred_at: Instant
    status: Status
    reason: str | None
    decided_at: Instant | None
    persons: list[ParticipantView]
    grounds: Annotated[list[Ground], FieldClass("risk")]
    assessment: Annotated[ScoreView | None, FieldClass("risk")]
    narrative: Annotated[NarrativeView, FieldClass("narrative")]

    @classmethod
    def of(cls, earlier: EarlierVersion) -> Self:
        """The version as it was kept."""
        return cls(
            referral_id=earlier.referral.id,
            version=earlier.version,
            replaced_at=earlier.replaced_at,
            referred_on=earlier.referral.referred_on,
            occurred_at=earlier.occurred_at,
            status=earlier.referral.status,
            reason=earlier.referral.reason,
            decided_at=earlier.referral.decided_at,
            persons=earlier.persons,
            grounds=list(earlier.referral.grounds),
            assessment=None if earlier.assessment is None else ScoreView.of(earlier.assessment),
            narrative=earlier.narrative,
        )
