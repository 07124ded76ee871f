"""A region's meetings: the series that they come from, when they are, and how much fits into one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from uuid import UUID

from services.cases.model.published import Label


class MeetingKind(StrEnum):
    """A meeting of the series, one beside it, or one that cannot wait."""

    REGULAR = "regular"
    EXTRA = "extra"
    EMERGENCY = "emergency"


class MeetingState(StrEnum):
    """Where a meeting stands, as stored; the transitions are in ``lifecycles.yaml``."""

    PLANNED = "planned"
    AGENDA_CLOSED = "agenda-closed"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Room:
    """Where and at what time of day one meets, for how long, and how many minutes a case has."""

    starts_at: time
    minutes: int
    minutes_per_case: int
    place: str


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A series as told: every so many weeks from a day on, until another (exclusive; None = no end)."""

    starts_on: date
    every_weeks: int
    room: Room
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Series:
    """A region's series."""

    id: UUID
    region: str
    facts: SeriesFacts
    version: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting; ``planned_on`` is the day that its series, or who called it, first gave it."""

    id: UUID
    region: str
    series: UUID | None
    kind: MeetingKind
    state: MeetingState
    planned_on: date
    meets_on: date
    room: Room
    agenda_closes_on: date
    research_due_on: date
    reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a member signs before the contents of an agenda are shown: a version, in words."""

    version: str
    text: Label


@dataclass(frozen=True, slots=True)
class MeetingRules:
    """What is published of meetings."""

    weeks_least: int
    weeks_most: int
    case_minutes_least: int
    case_minutes_usual: int
    case_minutes_most: int
    longest: int
    ahead_months: int
    agenda_states: frozenset[str]
    statement: Statement
    names: Mapping[str, Label]
    reasons: Mapping[str, Mapping[str, Label]]
