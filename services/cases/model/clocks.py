"""Clock rules: how long after, or before, a fact something is due, and what comes of one for a fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.cases.model.published import Label
from services.kit.workdays import Holidays


class Unit(StrEnum):
    """What a clock counts."""

    DAYS = "days"
    WORKING_DAYS = "working-days"
    WEEKS = "weeks"
    MONTHS = "months"


class Direction(StrEnum):
    """Where from its fact a clock runs to."""

    AFTER = "after"
    BEFORE = "before"


class Confidence(StrEnum):
    """What a clock rests on."""

    LAW = "law"
    GUIDANCE = "guidance"
    PRACTICE = "practice"
    ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One published clock; ``rolls``: a term that ends on a day off ends on the next working day."""

    code: str
    label: Label
    starts: str
    unit: Unit
    amount: int
    direction: Direction
    rolls: bool
    warn_days: int
    escalate_days: int | None
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Clocks:
    """All of them, the holidays that they pass over, and when a fact is recorded too late to warn of."""

    rules: Mapping[str, ClockRule]
    holidays: Holidays
    late_after_days: int


class Standing(StrEnum):
    """How something that waits stands on a day."""

    DUE = "due"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Term:
    """What a clock says of one fact: the last day on which it is in time, and the days around it.

    A term that reminds nobody of itself has no day of warning and none of escalation.
    """

    due_on: date
    warn_on: date | None
    escalate_on: date | None
