"""Referrals, cases and people's parts in them as people read them; none of these prints what was sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.cases.model.callouts import CallOuts
from services.cases.model.codes import AgeBand, Answer, Band, Consent, Ground, Relation, Role, Sex, Status
from services.cases.model.consent import Standing
from services.cases.model.ids import CaseId, ParticipationId, PersonId, ReferralId
from services.cases.model.referral import Referrer
from services.cases.model.repeats import Repeats
from services.cases.model.states import (
    Accepted,
    AwaitingScreening,
    Declined,
    Received,
    Redirected,
    ReferralState,
    Score,
    Withdrawn,
    public_status,
    state_name,
)


@dataclass(frozen=True, slots=True)
class Bars:
    """What keeps a case from whoever asks, or opens it: the asker's subject stands in it, or nothing does."""

    excluded: frozenset[str] = frozenset()
    sealed_to: frozenset[str] = frozenset()
    opened_to: frozenset[str] = frozenset()
    assigned_to: frozenset[str] = frozenset()

    def resource(self) -> Mapping[str, object]:
        """The same in the table's words."""
        closed = {"excluded": self.excluded, "sealed_to": self.sealed_to}
        return {**closed, "opened_to": self.opened_to, "assigned_to": self.assigned_to}


NO_BARS = Bars()


@dataclass(frozen=True, slots=True)
class Reach:
    """What the table of access asks about a referral or case; agencies take part as ``agency@region``."""

    region: str
    agencies: frozenset[str]
    state: str
    bars: Bars = NO_BARS

    def resource(self) -> Mapping[str, object]:
        """The same in the table's words."""
        own = {"region": self.region, "agencies": self.agencies, "state": self.state}
        return {**own, **self.bars.resource()}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That the sender has withdrawn, whatever became of the referral."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ListedReferral:
    """A referral without what is sealed."""

    id: ReferralId
    reference: str
    region: str
    referred_on: date
    received_at: datetime
    state: ReferralState
    grounds_told: tuple[Ground, ...]
    grounds_found: tuple[Ground, ...]
    case: CaseId
    agencies: frozenset[str]
    version: int
    withdrawal: Withdrawal | None
    redirected_to: str | None = None
    screen_by: date | None = None
    bars: Bars = NO_BARS

    @property
    def reach(self) -> Reach:
        """What decides who may see it."""
        return Reach(self.region, self.agencies, state_name(self.state), self.bars)

    @property
    def status(self) -> Status:
        """The state in public words."""
        return public_status(state_name(self.state))

    @property
    def reason(self) -> str | None:
        """Why it did not become a case."""
        return self.state.reason if isinstance(self.state, Declined | Redirected | Withdrawn) else None

    @property
    def decided_at(self) -> datetime | None:
        """When it was screened."""
        if isinstance(self.state, Received | AwaitingScreening | Withdrawn):
            return None
        return self.state.decided_at

    @property
    def case_id(self) -> CaseId | None:
        """The case that it became."""
        return self.case if isinstance(self.state, Accepted) else None

    @property
    def result(self) -> Score | None:
        """Its score with provenance."""
        return None if isinstance(self.state, Received) else self.state.score

    @property
    def score(self) -> int | None:
        """The number alone."""
        return self.result.value if self.result else None

    @property
    def band(self) -> Band | None:
        """The band alone."""
        return self.result.band if self.result else None

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """The grounds that the score found, or the sender's where there is none; and those found later."""
        first = self.result.grounds if self.result else self.grounds_told
        return (*first, *(ground for ground in self.grounds_found if ground not in first))


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case without the people in it."""

    id: CaseId
    region: str
    state: str
    opened_on: date
    taking_part: frozenset[str]
    version: int
    bars: Bars = NO_BARS
    case_type: str = "marac"

    @property
    def reach(self) -> Reach:
        """What decides who may see it."""
        return Reach(self.region, self.taking_part, self.state, self.bars)

    @property
    def agencies(self) -> Sequence[str]:
        """The codes of the agencies that take part."""
        return sorted(name.partition("@")[0] for name in self.taking_part)


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who somebody is."""

    personal_code: str | None
    birth_date: date
    given_name: str
    family_name: str


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """How somebody can be reached without danger."""

    address: str | None
    phone: str | None
    safe_contact: str | None
    language: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """Somebody's part in a referral."""

    id: ParticipationId
    person_id: PersonId
    referral_id: ReferralId
    case_id: CaseId | None
    role: Role
    relation_to_victim: Relation | None
    sex: Sex
    age_band: AgeBand
    municipality: str | None
    identity: Identity
    contact: Contact


@dataclass(frozen=True, slots=True, repr=False)
class Narrative:
    """What was told in words, and what the victim knows and wants."""

    description: str | None
    judgement_reason: str | None
    consent: Consent
    victim_informed: bool
    victim_wishes: str | None
    referrer: Referrer
    screening_note: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """One item of a score: its answer, and what it adds."""

    key: str
    number: int
    answer: Answer
    contribution: int


@dataclass(frozen=True, slots=True)
class Range:
    """The smallest and largest score still possible, given what is unanswered."""

    lowest: int
    highest: int
    lowest_band: Band
    highest_band: Band


@dataclass(frozen=True, slots=True, repr=False)
class Explained:
    """A score, and how it came about."""

    result: Score
    range: Range
    unanswered: tuple[str, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Dossier:
    """A referral whole."""

    referral: ListedReferral
    sender: str | None
    sender_reference: str | None
    sender_version: int | None
    corrected_at: datetime | None
    occurred_at: datetime
    changed_at: datetime
    persons: Sequence[Part]
    assessment: Explained | None
    narrative: Narrative
    call_outs: CallOuts
    repeats: Repeats


@dataclass(frozen=True, slots=True, repr=False)
class EarlierVersion:
    """What a referral said, and how it stood, until its sender replaced it."""

    referral: ListedReferral
    version: int
    replaced_at: datetime
    occurred_at: datetime
    persons: Sequence[Part]
    assessment: Explained | None
    narrative: Narrative


@dataclass(frozen=True, slots=True, repr=False)
class CaseFile:
    """A case with its referrals and the people in it."""

    case: ListedCase
    referrals: Sequence[ListedReferral]
    persons: Sequence[Part]
    standings: Sequence[Standing] = ()


@dataclass(frozen=True, slots=True, repr=False)
class PersonFile:
    """A person, by the parts that the caller may see."""

    id: PersonId
    parts: Sequence[Part]
