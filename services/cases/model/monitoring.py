"""The year after the intervention, its checkpoints, and incidents in a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.cases.model.assessments import ChangedRisk
from services.cases.model.ids import CaseId
from services.cases.model.published import Label

Words = Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class MonitoringRule:
    """What is published of monitoring and evaluation; ``checkpoints`` are codes of clocks."""

    period_months: int
    checkpoints: Sequence[str]
    closing_reasons: Words
    reopening_reasons: Words
    early_end_reasons: Words
    skip_reasons: Words
    situations: Words
    incident_kinds: Words
    retraction_reasons: Words
    goals: Words
    outcomes: Words
    views: Words


@dataclass(frozen=True, slots=True)
class Period:
    """A year of monitoring: from the day of closing until another (exclusive), and how it ended."""

    id: UUID
    case: CaseId
    closed_on: date
    until: date
    reason: str
    ended_on: date | None
    ended_by: str | None
    end_reason: str | None
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a checkpoint found."""

    held_on: date
    situation: str
    is_new_violence: bool
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A day on which it is looked at how the victim is: with a finding, or a reason why there is none."""

    id: UUID
    case: CaseId
    period: UUID
    code: str
    due_on: date
    state: str
    finding: Finding | None
    reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that was done to the victim while her case was here."""

    id: UUID
    case: CaseId
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    recorded_by: str
    state: str
    reason: str | None
    version: int
    description: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What became of a finished case: goal by goal, as the victim sees it, and as the network does."""

    id: UUID
    case: CaseId
    evaluated_on: date
    evaluated_by: str
    recorded_at: datetime
    state: str
    goals: Mapping[str, str]
    risk: ChangedRisk | None
    victims_view: str
    victims_words: str | None = field(repr=False)
    feedback: str | None = field(repr=False)
