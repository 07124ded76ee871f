"""Flags: whether an agency is told that somebody is a victim in a case, and what is kept silent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.ids import CaseId


class Flag(StrEnum):
    """The whole answer."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class FlagRule:
    """For how many months from the latest referral, and in which states of a case."""

    months: int
    case_states: frozenset[str]


@dataclass(frozen=True, slots=True)
class Victimhood:
    """Somebody's part as the victim of an accepted referral; ``silent``: case or person is sealed."""

    case: CaseId
    region: str
    referred_on: date
    state: str
    silent: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is answered; the case that says yes, or those whose owners are told that somebody asked."""

    flag: Flag
    case: CaseId | None
    alarmed: Sequence[Victimhood]


@dataclass(frozen=True, slots=True)
class Alarm:
    """That an agency asked about somebody of whom nothing is said."""

    id: UUID
    case: CaseId
    region: str
    client: str
    asked_at: datetime
    asked_on: date
