"""What people read of referrals, cases and persons; each field names the class that a right must hold."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.cases.model.codes import (
    AgeBand,
    Answer,
    Band,
    Consent,
    Ground,
    Relation,
    Role,
    Sex,
    Status,
)
from services.kit.disclose import FieldClass
from services.kit.fields import Day, Instant

_EXAMPLE_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
_EXAMPLE_REFERENCE = "TV-7K3M-9Q2X-4D8R-W6HF-5"


class View(BaseModel):
    """What is read: complete or absent, never null where it may not be seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ItemView(View):
    """One item of the score: its answer, and what it adds."""

    key: str
    number: int
    answer: Answer
    contribution: int


class RangeView(View):
    """The smallest and largest score still possible, given what is unanswered."""

    lowest: int
    highest: int
    lowest_band: Band = Field(alias="lowestBand")
    highest_band: Band = Field(alias="highestBand")


class ScoreView(View):
    """A score with its provenance and its explanation."""

    instrument: str
    version: str
    content_hash: str = Field(alias="contentHash")
    engine: str
    score: int
    band: Band
    grounds: list[Ground]
    range: RangeView
    unanswered: list[str]
    items: list[ItemView]
    scored_at: Instant = Field(alias="scoredAt")


class IdentityView(View):
    """Who somebody is."""

    personal_code: str | None = Field(alias="personalCode")
    birth_date: Day = Field(alias="birthDate")
    given_name: str = Field(alias="givenName")
    family_name: str = Field(alias="familyName")


class ContactView(View):
    """How somebody can be reached without danger."""

    address: str | None
    phone: str | None
    safe_contact: str | None = Field(alias="safeContact")
    language: str | None


class ParticipantView(View):
    """Somebody's part in a referral."""

    id: UUID
    person_id: UUID = Field(alias="personId")
    role: Role
    relation_to_victim: Relation | None = Field(alias="relationToVictim")
    sex: Sex
    age_band: AgeBand = Field(alias="ageBand")
    municipality: Annotated[str | None, FieldClass("contact")]
    identity: Annotated[IdentityView, FieldClass("identity")]
    contact: Annotated[ContactView, FieldClass("contact")]


class ReferrerView(View):
    """The worker who referred."""

    name: str
    unit: str


class NarrativeView(View):
    """What was told in words, and what the victim knows and wants."""

    description: str | None
    judgement_reason: str | None = Field(alias="judgementReason")
    consent: Consent
    victim_informed: bool = Field(alias="victimInformed")
    victim_wishes: str | None = Field(alias="victimWishes")
    referrer: ReferrerView
    screening_note: str | None = Field(alias="screeningNote")


class ReferralSummary(View):
    """A referral in a list."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    reference: str = Field(examples=[_EXAMPLE_REFERENCE])
    region: str = Field(examples=["polva"])
    referred_on: Day = Field(alias="referredOn")
    received_at: Instant = Field(alias="receivedAt")
    status: Status
    reason: str | None
    case_id: UUID | None = Field(alias="caseId", description="The case that it became, if it was accepted.")
    version: int
    score: Annotated[int | None, FieldClass("risk")]
    band: Annotated[Band | None, FieldClass("risk")]
    grounds: Annotated[list[Ground], FieldClass("risk")]


class ReferralView(ReferralSummary):
    """A referral whole."""

    sender: str | None = Field(description="The X-Road client that sent it; null when a person entered it.")
    sender_reference: str | None = Field(alias="senderReference")
    occurred_at: Instant = Field(alias="occurredAt")
    changed_at: Instant = Field(alias="changedAt")
    decided_at: Instant | None = Field(alias="decidedAt")
    persons: list[ParticipantView]
    assessment: Annotated[ScoreView | None, FieldClass("risk")]
    narrative: Annotated[NarrativeView, FieldClass("narrative")]


class CaseSummary(View):
    """A case in a list."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    region: str = Field(examples=["polva"])
    state: Literal["open"]
    opened_on: Day = Field(alias="openedOn")
    agencies: list[str] = Field(examples=[["police", "victim-support"]])
    version: int


class CaseView(CaseSummary):
    """A case with its referrals and the people in it."""

    referrals: list[ReferralSummary]
    persons: list[ParticipantView]


class PersonPart(View):
    """One part that a person has or had."""

    referral_id: UUID = Field(alias="referralId")
    case_id: UUID | None = Field(alias="caseId")
    participant: ParticipantView


class PersonView(View):
    """A person, by the parts that the caller may see."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    parts: list[PersonPart]


class ReferralPage(View):
    """A page of referrals, and the cursor of the next one."""

    items: list[ReferralSummary]
    next: str | None


class CasePage(View):
    """A page of cases, and the cursor of the next one."""

    items: list[CaseSummary]
    next: str | None
