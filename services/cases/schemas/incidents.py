"""Incidents in a case."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.cases.model.monitoring import Incident
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit.fieldclass import FieldClass
from services.kit.fields import FreeText, Instant
from services.kit.paging import Page


class IncidentIn(Message):
    """Something that was done to the victim: any abuse, a crime or not (SafeLives repeat definition)."""

    kind: Code = Field(examples=["threat"])
    occurred_at: Instant
    description: FreeText


class RetractionIn(Message):
    """Why an incident does not count."""

    reason: Code = Field(examples=["other-person"])


class IncidentView(View):
    """An incident; one that was recorded in error says so."""

    id: UUID
    case_id: UUID
    kind: Annotated[str, FieldClass("risk")]
    occurred_at: Instant
    recorded_at: Instant
    recorded_by: str
    state: str = Field(examples=["recorded"])
    reason: str | None
    description: Annotated[str, FieldClass("narrative")]
    version: int

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """The same in public words."""
        return cls(
            id=incident.id,
            case_id=incident.case,
            kind=incident.kind,
            occurred_at=incident.occurred_at,
            recorded_at=incident.recorded_at,
            recorded_by=incident.recorded_by,
            state=incident.state,
            reason=incident.reason,
            description=incident.description,
            version=incident.version,
        )


class IncidentPage(View):
    """Incidents, the newest first."""

    items: list[IncidentView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Incident]) -> Self:
        """The same in public words."""
        return cls(items=[IncidentView.of(one) for one in page.items], next=page.next)
