"""A referral as others tell it, and what they are told of it."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from pydantic.alias_generators import to_camel

from services.cases.model.codes import Answer, Band, Consent, Ground, Relation, Role, Sex, Status
from services.cases.model.referral import (
    AssessmentFacts,
    Occurrence,
    PersonFacts,
    ReferralFacts,
    Referrer,
    Sender,
    Withdrawal,
)
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, FreeText, Instant, Name
from services.kit.ids import REFERENCE_PATTERN

_MOST_PERSONS = 46  # the victim, five threatening persons, twenty children, twenty others
_MOST_ANSWERS = 64

Contact = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=400)]
RegionCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
ItemKey = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,40}$")]
InstrumentId = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,40}$")]
Municipality = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}$"), Field(examples=["0698"])]
Language = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z]{2,3}$"), Field(examples=["et"])]
Code = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=20)]
Client = Annotated[str, StringConstraints(strict=True, pattern=r"^[^\s,@#|\"'\\{}\x00-\x1f\x7f]{1,255}$")]
SenderReference = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/\-]{0,99}$")
]
Reference = Annotated[
    str,
    StringConstraints(strict=True, pattern=REFERENCE_PATTERN),
    Field(examples=["TV-Y9F1-VRXT-MN6N-3SHX-N"]),
]


class Message(BaseModel):
    """What comes in: known fields only, names in camelCase."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=False,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


class PersonIn(Message):
    """A person in a referral: with a personal code, or at least a birth date."""

    role: Role
    relation_to_victim: Relation | None = Field(default=None, description="Null for the victim.")
    personal_code: Code | None = None
    birth_date: Day | None = None
    given_name: Name
    family_name: Name
    sex: Sex
    municipality: Municipality | None = Field(
        default=None, description="EHAK code of the municipality of residence."
    )
    address: Contact | None = None
    phone: Contact | None = None
    safe_contact: Contact | None = Field(
        default=None, description="How and when it is safe to reach this person."
    )
    language: Language | None = None

    def facts(self) -> PersonFacts:
        """The same, without the form."""
        return PersonFacts(
            role=self.role,
            relation=self.relation_to_victim,
            personal_code=self.personal_code,
            birth_date=self.birth_date,
            given_name=self.given_name,
            family_name=self.family_name,
            sex=self.sex,
            municipality=self.municipality,
            address=self.address,
            phone=self.phone,
            safe_contact=self.safe_contact,
            language=self.language,
        )


class EventIn(Message):
    """What happened."""

    occurred_at: Instant
    description: FreeText | None = None


class AssessmentIn(Message):
    """A completed instrument: coded answers by item; an item that is missing was not asked."""

    instrument: InstrumentId = Field(examples=["dash"])
    completed_on: Day
    answers: dict[ItemKey, Answer] = Field(max_length=_MOST_ANSWERS, examples=[{"injury": "yes"}])


class ReferrerIn(Message):
    """The worker who refers."""

    name: Name
    unit: Name


class ReferralIn(Message):
    """A referral: one victim, and who else is concerned."""

    referred_on: Day
    region: RegionCode = Field(examples=["polva"])
    event: EventIn
    persons: list[PersonIn] = Field(min_length=1, max_length=_MOST_PERSONS)
    assessment: AssessmentIn | None = None
    grounds: list[Ground] = Field(max_length=len(Ground))
    judgement_reason: FreeText | None = None
    consent: Consent
    victim_informed: StrictBool
    victim_wishes: FreeText | None = None
    referrer: ReferrerIn

    def facts(self) -> ReferralFacts:
        """The same, without the form."""
        assessment = self.assessment
        return ReferralFacts(
            referred_on=self.referred_on,
            region=self.region,
            occurrence=Occurrence(self.event.occurred_at, self.event.description),
            persons=tuple(person.facts() for person in self.persons),
            assessment=AssessmentFacts(assessment.instrument, assessment.completed_on, assessment.answers)
            if assessment
            else None,
            grounds=tuple(dict.fromkeys(self.grounds)),
            judgement_reason=self.judgement_reason,
            consent=self.consent,
            victim_informed=self.victim_informed,
            victim_wishes=self.victim_wishes,
            referrer=Referrer(self.referrer.name, self.referrer.unit),
        )

    def canonical(self) -> bytes:
        """The content in one spelling: the same message gives the same bytes."""
        content: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class SenderIn(Message):
    """The X-Road client that sent the referral, with its own name and version for it."""

    client: Client = Field(examples=["ee-dev/GOV/70008747/polis"])
    reference: SenderReference
    version: int = Field(strict=True, ge=1, le=9999)

    def facts(self) -> Sender:
        """The same, without the form."""
        return Sender(self.client, self.reference, self.version)


class IntakeIn(ReferralIn):
    """A referral with its sender."""

    sender: SenderIn


class HandedIn(Message):
    """A referral that waited, with the reference that its sender was told."""

    reference: Reference
    referral: IntakeIn
    request_id: UUID | None = Field(
        default=None,
        examples=["6f0c2a52-8a3c-4b0e-9d5e-0c6f1f0b7a11"],
        description="Of its sender's request, which audit rows about it then have in place of this call's.",
    )


class HandedOverIn(Message):
    """Referrals that are taken by themselves, in one call."""

    items: list[HandedIn] = Field(min_length=1, max_length=64)


class WithdrawalIn(Message):
    """The sender takes its referral back; ``sender`` names the last version."""

    sender: SenderIn
    reason: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,40}$")] = Field(
        examples=["sent-in-error"]
    )

    def facts(self) -> Withdrawal:
        """The same, without the form."""
        return Withdrawal(self.sender.facts(), self.reason)


class View(BaseModel):
    """What goes out."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True)


class TakenView(View):
    """What became of a referral on receipt."""

    reference: Reference
    status: Status
    band: Annotated[Band | None, FieldClass("risk")]


class ReasonView(View):
    """What is wrong, and where."""

    pointer: str
    code: str
    reason: str


class RefusalView(View):
    """Why one of several referrals was not taken, as the problem of a single one says it."""

    type: str = Field(examples=["urn:turvavork:problem:referral-version-exists"])
    status: int
    errors: list[ReasonView]


class OutcomeView(View):
    """What became of one of several referrals: one of the two is there."""

    taken: TakenView | None = None
    refused: RefusalView | None = None


class OutcomesView(View):
    """As many as were handed over, in the same order."""

    items: list[OutcomeView]


class StatusView(View):
    """Where a referral stands, and since when."""

    reference: Reference
    status: Status
    changed_at: Instant


class NoticeView(View):
    """What a partner is told of its referral: the fields that the published rule lists, nothing else."""

    kind: Literal["caseNotice"]
    recipient: str = Field(examples=["ee-dev/GOV/70008747/polis"])
    reference: Reference
    sender_reference: str
    status: Status
    occurred_at: Instant
