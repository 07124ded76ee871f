"""Repeats: the same person hurts the same victim again, by definitions that each have a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.codes import Ground
from services.cases.model.ids import CaseId, PersonId, ReferralId
from services.cases.model.published import Label


class Verdict(StrEnum):
    """Whether it is a repeat; ``UNKNOWN``: within the window, but the kind of incident was not told."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Base(StrEnum):
    """What the months are counted from."""

    ACCEPTED_REFERRAL = "accepted-referral"
    DISCUSSION = "discussion"


class RepeatState(StrEnum):
    """Whether it was looked for earlier referrals of the same people."""

    WAITING = "waiting"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Definition:
    """A published definition; ``only_criminal``: an incident counts if it would be a crime."""

    id: str
    version: str
    label: Label
    counts_from: Base
    only_criminal: bool
    months: int


@dataclass(frozen=True, slots=True)
class RepeatRules:
    """All definitions, in their order; the one in force finds the ground."""

    ground: Ground
    in_force: str
    definitions: Sequence[Definition]
    criminal: frozenset[str]
    """Kinds of incidents that would be a crime."""
    declined: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class People:
    """A victim and a threatening person."""

    victim: PersonId
    threatening: PersonId


@dataclass(frozen=True, slots=True)
class Incident:
    """A further incident between two people; ``criminal`` is None where nobody told its kind."""

    people: People
    occurred_on: date
    criminal: bool | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An accepted referral about two people; the day on which its case was discussed last, if it was."""

    referral: ReferralId
    people: People
    referred_on: date
    occurred_on: date
    discussed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a definition says; the last three are there where something is counted (``until`` exclusive)."""

    definition: str
    version: str
    verdict: Verdict
    earlier: ReferralId | None = None
    counted_from: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as somebody reads it; without a reference the earlier referral may not be read."""

    finding: Finding
    reference: str | None


@dataclass(frozen=True, slots=True)
class Repeats:
    """What is known of a referral's repeats."""

    state: RepeatState
    settled_at: datetime | None
    findings: Sequence[ShownFinding] = ()


class ProposalState(StrEnum):
    """Whether a person has answered a proposal; dropped: the incident did not happen so."""

    PROPOSED = "proposed"
    REFERRED = "referred"
    DECLINED = "declined"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An incident would be a repeat: it is to be referred, or said why not; its ``id`` is the incident's."""

    id: UUID
    case: CaseId
    finding: Finding
    state: ProposalState
    referral: ReferralId | None
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    version: int
