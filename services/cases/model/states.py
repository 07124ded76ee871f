"""What a referral can be: a class per state, with only the fields that the state has; mirrored by CHECKs."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.cases.model.codes import AgeBand, Band, Decision, Ground, Relation, Role, Sex, State, Status
from services.cases.model.ids import CaseId, ParticipationId, PersonId


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its provenance: without it, it is no score."""

    instrument: str
    version: str
    content_hash: str
    engine: str
    value: int
    band: Band
    grounds: tuple[Ground, ...]
    scored_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """Stored; its answers wait for a score."""


@dataclass(frozen=True, slots=True)
class AwaitingScreening:
    """Waits for a person; ``score`` is None when there was nothing that could be scored."""

    score: Score | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Became a case."""

    score: Score | None
    case: CaseId
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Is not a case for the network."""

    score: Score | None
    reason: str
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """Goes to others: another region, another service, child protection."""

    score: Score | None
    reason: str
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Taken back by its sender before anybody decided."""

    score: Score | None
    reason: str
    withdrawn_at: datetime


ReferralState: TypeAlias = Received | AwaitingScreening | Accepted | Declined | Redirected | Withdrawn

NAMES: dict[type[ReferralState], State] = {
    Received: State.RECEIVED,
    AwaitingScreening: State.AWAITING_SCREENING,
    Accepted: State.ACCEPTED,
    Declined: State.DECLINED,
    Redirected: State.REDIRECTED,
    Withdrawn: State.WITHDRAWN,
}


def state_name(state: ReferralState) -> State:
    """The stored name of a state."""
    return NAMES[type(state)]


def public_status(state: State) -> Status:
    """The state as partners read it."""
    return Status[state.name]


@dataclass(frozen=True, slots=True)
class Scored:
    """Action: the scorer answered."""

    score: Score


@dataclass(frozen=True, slots=True)
class GoUnscored:
    """Action: there is nothing to score, or the scorer refuses the answers for good."""


@dataclass(frozen=True, slots=True)
class RedirectMinor:
    """Action: the victim is under age on the day of referral (OAS § 8(2))."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Action: a person takes the referral into the network."""

    case: CaseId
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Decline:
    """Action: a person declines."""

    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Action: a person sends it elsewhere."""

    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Action: the sender takes it back."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Correct:
    """Action: the sender replaces what it told; whatever follows from it begins anew."""


Action: TypeAlias = Scored | GoUnscored | RedirectMinor | Accept | Decline | Redirect | Withdraw | Correct

ACTIONS: dict[type[Action], str] = {
    Scored: "score",
    GoUnscored: "go-unscored",
    RedirectMinor: "redirect-minor",
    Accept: "accept",
    Decline: "decline",
    Redirect: "redirect",
    Withdraw: "withdraw",
    Correct: "correct",
}


@dataclass(frozen=True, slots=True)
class Screening:
    """What a person decided at screening, as told; checked by ``rules.screening``."""

    decision: Decision
    reason: str | None
    note: str | None
    agencies: tuple[str, ...]
    to: str | None = None
    case_type: str | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """A person's part in a referral, without identity."""

    id: ParticipationId
    person: PersonId
    role: Role
    relation: Relation | None
    sex: Sex
    age_band: AgeBand
