"""Requests for access as people write and read them, and what somebody is told."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from services.cases.model.codes import Role
from services.cases.model.dossiers import Contact, Identity
from services.cases.model.subject_access import (
    AccessDecision,
    AccessExport,
    AccessRequest,
    ToldEntry,
    ToldPart,
)
from services.cases.schemas.exclusions import Reason
from services.cases.schemas.referral import Message, View
from services.cases.schemas.screening import Code
from services.kit import personal_code
from services.kit.calendar import add_months
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

Region = Annotated[str, Field(strict=True, min_length=1, max_length=40, examples=["polva"])]
PersonalCode = Annotated[
    str, StringConstraints(strict=True, pattern="^[0-9]{11}$"), Field(examples=["48805042711"])
]
RequestState = Literal["received", "granted", "partly", "restricted", "exported"]


class AccessRequestIn(Message):
    """A person asks the network of a region what it keeps of them."""

    region: Region
    personal_code: PersonalCode
    received_on: Day = Field(examples=["2017-05-04"])

    @field_validator("personal_code")
    @classmethod
    def _is_one(cls, value: str) -> str:
        personal_code.parse(value)
        return value


class AccessDecisionIn(Message):
    """Granted, or restricted in whole or in part; a restriction has ground, reason and last day."""

    decision: Literal["grant", "restrict-partly", "restrict"]
    withheld: list[Code] = Field(default_factory=list, max_length=10, examples=[[]])
    ground: Code | None = Field(default=None, description="A code of the published list.", examples=[None])
    reason: Reason | None = Field(default=None, examples=[None])
    until: Day | None = Field(default=None, description="At most three years on.", examples=[None])

    def decision_of(self) -> AccessDecision:
        """The same as the model says it."""
        parts = tuple(dict.fromkeys(self.withheld))
        return AccessDecision(self.decision, parts, self.ground, self.reason, self.until)


class AccessRequestView(View):
    """A request for access, and what was decided."""

    id: UUID
    region: str = Field(examples=["polva"])
    personal_code: Annotated[str, FieldClass("identity")]
    received_on: Day
    answer_by: Day = Field(description="Until when it is to be answered (GDPR Art. 12(3)).")
    recorded_by: str
    recorded_at: Instant
    state: RequestState
    withheld: list[str]
    ground: str | None
    reason: Annotated[str | None, FieldClass("narrative")]
    restricted_on: Day | None
    review_on: Day | None = Field(description="On this day the restriction ends, or somebody decides anew.")
    decided_by: str | None
    decided_at: Instant | None
    exported_at: Instant | None
    version: int

    @classmethod
    def of(cls, one: AccessRequest, answer_months: int) -> Self:
        """The same in public words."""
        return cls.model_validate(
            {
                "id": one.id,
                "region": one.region,
                "personal_code": one.personal_code,
                "received_on": one.received_on,
                "answer_by": add_months(one.received_on, answer_months),
                "recorded_by": one.recorded_by,
                "recorded_at": one.recorded_at,
                "state": one.state,
                "withheld": list(one.withheld),
                "ground": one.ground,
                "reason": one.reason,
                "restricted_on": one.restricted_on,
                "review_on": one.restricted_until,
                "decided_by": one.decided_by,
                "decided_at": one.decided_at,
                "exported_at": one.exported_at,
                "version": one.version,
            }
        )


class AccessRequestPage(View):
    """Requests, the newest first."""

    items: list[AccessRequestView]
    next: str | None

    @classmethod
    def of(cls, page: Page[AccessRequest], answer_months: int) -> Self:
        """The same in public words."""
        items = [AccessRequestView.of(one, answer_months) for one in page.items]
        return cls(items=items, next=page.next)


class ToldIdentity(View):
    """Who you are, as it is kept."""

    personal_code: str | None
    birth_date: Day
    given_name: str
    family_name: str

    @classmethod
    def of(cls, one: Identity | None) -> Self | None:
        """The same in public words."""
        if one is None:
            return None
        return cls(
            personal_code=one.personal_code,
            birth_date=one.birth_date,
            given_name=one.given_name,
            family_name=one.family_name,
        )


class ToldContact(View):
    """How you can be reached, as it is kept."""

    address: str | None
    phone: str | None
    language: str | None

    @classmethod
    def of(cls, one: Contact | None) -> Self | None:
        """The same in public words."""
        return None if one is None else cls(address=one.address, phone=one.phone, language=one.language)


class ToldPartView(View):
    """What is kept of you in one referral; null is withheld, or not kept."""

    referral_id: UUID
    case_id: UUID | None
    role: Role | None
    identity: Annotated[ToldIdentity | None, FieldClass("identity")]
    contact: Annotated[ToldContact | None, FieldClass("contact")]

    @classmethod
    def of(cls, one: ToldPart) -> Self:
        """The same in public words."""
        return cls(
            referral_id=one.referral,
            case_id=one.case,
            role=one.role,
            identity=ToldIdentity.of(one.identity),
            contact=ToldContact.of(one.contact),
        )


class ToldEntryView(View):
    """What was written down of you in a case."""

    category: str = Field(examples=["language"])
    value: dict[str, str | bool]
    recorded_on: Day

    @classmethod
    def of(cls, one: ToldEntry) -> Self:
        """The same in public words."""
        value = {
            name: each.isoformat() if isinstance(each, date) else each for name, each in one.value.items()
        }
        return cls(category=one.category, value=value, recorded_on=one.recorded_on)


class AccessExportView(View):
    """What is kept of a person, as it is given to them: once, and nothing of anybody else."""

    request_id: UUID
    withheld: list[str] = Field(description="Parts that are withheld by the decision.")
    ground: str | None = Field(description="On which ground.")
    parts: list[ToldPartView]
    entries: Annotated[list[ToldEntryView], FieldClass("contact")]

    @classmethod
    def of(cls, told: AccessExport) -> Self:
        """The same in public words."""
        return cls(
            request_id=told.request.id,
            withheld=list(told.request.withheld),
            ground=told.request.ground,
            parts=[ToldPartView.of(one) for one in told.parts],
            entries=[ToldEntryView.of(one) for one in told.entries],
        )
