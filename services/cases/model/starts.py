"""A region before its network meets for the first time, and the advice that it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.cases.model.published import Label


@dataclass(frozen=True, slots=True)
class StandardItem:
    """Something that a region has before it starts; the first meeting waits for what is obligatory."""

    code: str
    milestone: str
    obligatory: bool
    label: Label


@dataclass(frozen=True, slots=True)
class Standard:
    """The implementation standard, and what advice may be about."""

    milestones: Mapping[str, Label]
    items: Mapping[str, StandardItem]
    topics: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a region has something: who says so, and on what evidence."""

    item: str
    by: str
    at: datetime
    on: date
    evidence: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FirstMeeting:
    """The first meeting of a network, and why it did not wait for what was missing, by item."""

    held_on: date
    by: str
    at: datetime
    missing: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegionStart:
    """Where a region stands on its way to the first meeting; every change makes a new version."""

    region: str
    confirmations: Mapping[str, Confirmation]
    first_meeting: FirstMeeting | None
    version: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """A part of the standard: its items, and since when all that is obligatory in it is there."""

    code: str
    items: Sequence[StandardItem]
    reached_on: date | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What the national team advises a region; about its work, never about a case."""

    id: UUID
    region: str
    topic: str
    text: str = field(repr=False)
    by: str
    at: datetime
