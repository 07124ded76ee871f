"""How well a network meets: observations against the ten principles, about work and nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.published import Label

MACHINE: Final = "recommendation"
Words = Mapping[str, Label]


class Advised(StrEnum):
    """How a recommendation stands; the transitions are in ``lifecycles.yaml``."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class QualityRules:
    """What is published of observations; ``ratings`` by their value."""

    principles: Words
    ratings: Mapping[int, Label]
    observers: Words
    owners: frozenset[str]
    decline_reasons: Words
    horizon_months: int


@dataclass(frozen=True, slots=True)
class Recommended:
    """What the observer recommends: to which office of the region, until when."""

    owner: str
    due_on: date
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What was seen of a principle; a rating of None: it could not be seen at this meeting."""

    principle: str
    rating: int | None
    evidence: str | None = field(repr=False)
    recommended: Recommended | None


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation as somebody tells it."""

    met_on: date
    observer: str
    found: Sequence[Found]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommendation, and what the region has answered."""

    id: UUID
    observation: UUID
    region: str
    principle: str
    owner: str
    due_on: date
    state: Advised
    reason: str | None
    answered_on: date | None
    answered_by: str | None
    version: int
    text: str = field(repr=False)
    outcome: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Observation:
    """A meeting that somebody has observed; ``meeting`` where one of that day is planned here."""

    id: UUID
    region: str
    met_on: date
    meeting: UUID | None
    observer: str
    recorded_by: str
    recorded_at: datetime
    found: Sequence[Found]
    recommendations: Sequence[Recommendation]


@dataclass(frozen=True, slots=True)
class QualityFigure:
    """What was seen of one principle in one region: how often it was rated, and the sum of the ratings."""

    region: str
    principle: str
    observations: int
    rated: int
    points: int
    open: int
    overdue: int
    done: int
    declined: int
