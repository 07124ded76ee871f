"""What a person decides about a referral."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.cases.model.codes import Decision
from services.cases.model.states import Screening
from services.kit.fields import FreeText

Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,40}$")]


class ScreeningIn(BaseModel):
    """Accept, decline or redirect; a reason for the last two, the agencies for the first."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"decision": "accept", "reason": None, "note": None, "agencies": ["police", "victim-support"]}
            ]
        },
    )

    decision: Decision
    reason: Code | None = None
    note: FreeText | None = None
    agencies: list[Code] = Field(default_factory=list, max_length=20)
    to: Code | None = Field(
        default=None, description="Where a redirected referral goes: a region or a service."
    )

    case_type: Code | None = Field(
        default=None, alias="caseType", description="What the case is for; nothing said: MARAC."
    )

    def as_screening(self) -> Screening:
        """The decision in the words of the model."""
        return Screening(self.decision, self.reason, self.note, tuple(self.agencies), self.to, self.case_type)
