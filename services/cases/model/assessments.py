"""The assessments of a case: that of its referral, and those made anew while it is worked on or monitored."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from services.cases.model.codes import Band
from services.cases.model.dossiers import Explained
from services.cases.model.ids import CaseId

MACHINE: Final = "assessment"


class Direction(StrEnum):
    """How the risk has changed from one assessment to another."""

    LOWER = "lower"
    SAME = "same"
    HIGHER = "higher"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True, slots=True)
class Assessment:
    """Answers to an instrument on a day, scored; ``source``: with the referral, or anew in the case."""

    id: UUID
    case: CaseId
    source: Literal["referral", "case"]
    completed_on: date
    recorded_at: datetime
    recorded_by: str | None
    state: str
    reason: str | None
    version: int
    explained: Explained = field(repr=False)
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """From one assessment to a later one; ``score`` only where the same version of an instrument asked."""

    direction: Direction
    score: int | None


@dataclass(frozen=True, slots=True)
class ChangedRisk:
    """What the first and the last assessment that hold say; computed, never told by anybody."""

    first: UUID
    last: UUID
    first_on: date
    last_on: date
    first_band: Band
    last_band: Band
    first_score: int
    last_score: int
    change: Change
