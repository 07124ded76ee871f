"""A referral: as told (facts), and as checked. None of these prints what it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.cases.model.codes import AgeBand, Answer, Consent, EventType, Ground, Relation, Role, Sex
from services.cases.model.ids import CaseId, EventId, PersonId, ReferralId
from services.kit.personal_code import PersonalCode


@dataclass(frozen=True, slots=True, repr=False)
class PersonFacts:
    """A person as the sender tells; nothing is checked yet."""

    role: Role
    relation: Relation | None
    personal_code: str | None
    birth_date: date | None
    given_name: str
    family_name: str
    sex: Sex
    municipality: str | None
    address: str | None
    phone: str | None
    safe_contact: str | None
    language: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Occurrence:
    """The event that led to the referral."""

    occurred_at: datetime
    description: str | None


@dataclass(frozen=True, slots=True, repr=False)
class AssessmentFacts:
    """An instrument's answers by item key; keys that are missing were not asked."""

    instrument: str
    completed_on: date
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, repr=False)
class Referrer:
    """The worker who refers."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Sender:
    """The X-Road client that sent the referral, and its own name and version for it: unique for ever."""

    client: str
    reference: str
    version: int


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The sender takes a referral back: its last version, and why."""

    sender: Sender
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class ReferralFacts:
    """A referral as told; ``rules.intake.check`` makes a :class:`Referral` of it."""

    referred_on: date
    region: str
    occurrence: Occurrence
    persons: tuple[PersonFacts, ...]
    assessment: AssessmentFacts | None
    grounds: tuple[Ground, ...]
    judgement_reason: str | None
    consent: Consent
    victim_informed: bool
    victim_wishes: str | None
    referrer: Referrer


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """A person whose code and birth date are checked."""

    facts: PersonFacts
    code: PersonalCode | None
    birth_date: date
    age_band: AgeBand


@dataclass(frozen=True, slots=True, repr=False)
class Referral:
    """A referral that breaks no rule. Only ``rules.intake.check`` makes one."""

    facts: ReferralFacts
    persons: tuple[Person, ...]
    victim_is_minor: bool


@dataclass(frozen=True, slots=True, repr=False)
class Incoming:
    """A referral as it arrives: its reference, who sent it, and the bytes that tell if it came before."""

    reference: str
    sender: Sender | None
    content: bytes
    facts: ReferralFacts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known person with the same names and birth date."""

    person: PersonId
    has_code: bool


@dataclass(frozen=True, slots=True)
class Head:
    """What every event of a referral says of it; ``case`` is the id that the case has or will get."""

    id: ReferralId
    reference: str
    sender: str | None
    region: str
    referred_on: date
    case: CaseId
    referred_in: str | None = None
    """Where it was referred, when its case has gone to another region since."""

    @property
    def first_region(self) -> str:
        """The region to which it was referred: figures and the sender know no other."""
        return self.referred_in or self.region


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a referral or case: ids, codes, dates and pseudonyms only."""

    id: EventId
    stream: CaseId
    stream_version: int
    type: EventType
    occurred_at: datetime
    data: Mapping[str, object]
