"""The agenda of a meeting: which cases are discussed on which day, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId


class Why(StrEnum):
    """Why a case is on an agenda: it never was, or it comes back."""

    NEW = "new"
    REVIEW = "review"


class ItemState(StrEnum):
    """Where an item stands, as stored; the transitions are in ``lifecycles.yaml``."""

    ON = "on"
    DISCUSSED = "discussed"
    TAKEN_OFF = "taken-off"


class Outcome(StrEnum):
    """What follows a discussion: the case comes back, or the network need not see it again."""

    REVIEW = "review"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A case on the agenda of a meeting; ``reach`` is the case's."""

    id: UUID
    meeting: UUID
    case: CaseId
    meets_on: date
    why: Why
    minutes: int
    position: int
    state: ItemState
    late_reason: str | None
    reason: str | None
    outcome: Outcome | None
    review_on: date | None
    reach: Reach
    version: int


@dataclass(frozen=True, slots=True)
class Load:
    """What is on an agenda, against the time that there is."""

    cases: int
    minutes: int
    available: int

    @property
    def over(self) -> int:
        """Minutes by which the agenda is longer than the meeting; 0 when it fits."""
        return max(0, self.minutes - self.available)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case that should be on an agenda."""

    case: CaseId
    why: Why
    opened_on: date
    discussed_on: date | None
    review_on: date | None
    reach: Reach


@dataclass(frozen=True, slots=True)
class Agenda:
    """Items that somebody may see, and how full the meeting is."""

    items: Sequence[AgendaItem]
    load: Load
