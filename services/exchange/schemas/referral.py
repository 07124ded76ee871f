"""A referral as partners send it over REST, and what they are told; over SOAP the same words stand in XML.

Lists and limits are those of the published schema (``data/turvavork.wsdl``); a test compares them.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from pydantic.alias_generators import to_camel

from services.exchange.model.inbox import Receipt, Status
from services.exchange.model.referral import Ground, Role
from services.kit.fields import Day, FreeText, Instant, Name
from services.kit.ids import REFERENCE_PATTERN

_MOST_PERSONS: Final = 46  # the victim, five threatening persons, twenty children, twenty others

Relation = Literal["partner", "former-partner", "child", "parent", "sibling", "other-relative", "other"]
Sex = Literal["female", "male", "other", "unknown"]
Consent = Literal["given", "refused", "not-asked"]
Instrument = Literal["dash"]
DashItem = Literal[
    "injury",
    "very-frightened",
    "afraid-of",
    "isolated",
    "depressed-suicidal",
    "separated",
    "child-contact",
    "stalking",
    "pregnant",
    "more-often",
    "getting-worse",
    "controls-jealous",
    "weapons",
    "threat-kill",
    "strangle",
    "sexual",
    "other-person",
    "hurt-others",
    "animals",
    "financial",
    "substance-mh",
    "abuser-suicide",
    "broken-order",
    "criminal-history",
]
WithdrawalReason = Literal["sent-in-error", "wrong-person", "duplicate", "victim-objects", "other"]
Answer = Literal["yes", "no", "dont-know", "not-asked"]
RegionCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
Contact = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=400)]
Municipality = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{4}$")]
Language = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z]{2,3}$")]
Code = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=20)]
SenderReference = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/\-]{0,99}$")
]
SenderVersion = Annotated[int, Field(strict=True, ge=1, le=9999)]
Reference = Annotated[str, Field(pattern=REFERENCE_PATTERN, examples=["TV-0000-0000-0000-0000-0"])]


LogLeaf = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["5e" * 32])]


class In(BaseModel):
    """What comes in: known fields only, names in camelCase."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=False,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


class PersonIn(In):
    """A person in a referral: with a personal code, or at least a birth date."""

    role: Role
    relation_to_victim: Relation | None = Field(default=None, description="Null for the victim.")
    personal_code: Code | None = None
    birth_date: Day | None = None
    given_name: Name
    family_name: Name
    sex: Sex
    municipality: Municipality | None = Field(default=None, description="EHAK code of the residence.")
    address: Contact | None = None
    phone: Contact | None = None
    safe_contact: Contact | None = Field(default=None, description="How it is safe to reach this person.")
    language: Language | None = None


class EventIn(In):
    """What happened."""

    occurred_at: Instant
    description: FreeText | None = None


class AssessmentIn(In):
    """A completed instrument: coded answers by item; an item that is missing was not asked."""

    instrument: Instrument
    completed_on: Day
    answers: dict[DashItem, Answer] = Field(examples=[{"injury": "yes", "animals": "dont-know"}])


class ReferrerIn(In):
    """The worker who refers."""

    name: Name
    unit: Name


class SubmissionIn(In):
    """A referral, under the sender's own reference and version."""

    sender_reference: SenderReference = Field(description="The sender's own; no personal data.")
    version: SenderVersion
    referred_on: Day
    region: RegionCode = Field(examples=["polva"])
    event: EventIn
    persons: tuple[PersonIn, ...] = Field(min_length=1, max_length=_MOST_PERSONS)
    assessment: AssessmentIn | None = None
    grounds: tuple[Ground, ...] = Field(max_length=len(Ground))
    judgement_reason: FreeText | None = None
    consent: Consent
    victim_informed: StrictBool
    victim_wishes: FreeText | None = None
    referrer: ReferrerIn

    def referral(self) -> bytes:
        """The referral without the sender's words for it, as JSON: what the case register is given."""
        content = self.model_dump_json(by_alias=True, exclude={"sender_reference", "version"})
        return content.encode()


class WithdrawalIn(In):
    """The sender takes a referral back: under its own reference, the last version that it sent, and why."""

    sender_reference: SenderReference = Field(description="The sender's own, as the referral was sent.")
    version: SenderVersion = Field(description="The last version that was sent: nothing newer is missed.")
    reason: WithdrawalReason

    def content(self) -> bytes:
        """The same without the sender's words for the referral, as JSON: what the case register is given."""
        return self.model_dump_json(by_alias=True, include={"reason"}).encode()


class Out(BaseModel):
    """What goes out."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True)


class ReceiptOut(Out):
    """A referral's reference, how it stands, and the leaf of its message in our message log."""

    reference: Reference
    status: Status
    status_at: Instant
    receipt: LogLeaf = Field(description="With it the proof can be asked for that the log has the message.")

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptOut":
        """From what an action tells; ValueError unless the message is in the log."""
        if receipt.leaf is None:
            raise ValueError("a message is acknowledged with its leaf")
        return cls(
            reference=receipt.reference,
            status=receipt.status,
            status_at=receipt.status_at,
            receipt=receipt.leaf.hex(),
        )


class StatusOut(Out):
    """How a referral stands; ``current`` is false when the case register could not be asked."""

    reference: Reference
    status: Status
    status_at: Instant
    current: bool

    @classmethod
    def of(cls, receipt: Receipt) -> "StatusOut":
        """From what an action tells."""
        return cls(
            reference=receipt.reference,
            status=receipt.status,
            status_at=receipt.status_at,
            current=receipt.current,
        )
