"""What a meeting said of a case: written by the coordinator, closed by the chair."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.ids import CaseId


class DiscussionState(StrEnum):
    """Where a record stands, as stored; the transitions are in ``lifecycles.yaml``."""

    DRAFT = "draft"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, repr=False)
class Fact:
    """What an agency said."""

    agency: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Risks:
    """What danger there is, and for whom; None where nothing was said."""

    victim: str | None
    children: str | None
    staff: str | None
    others: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """The content of a record: the victim's wishes come first."""

    wishes: str | None
    facts: Sequence[Fact]
    risks: Risks
    decisions: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Discussion:
    """The record of one case at one meeting, in one of its versions; ``last`` is the newest."""

    item: UUID
    case: CaseId
    meeting: UUID
    state: DiscussionState
    said: Said
    version: int
    last: int
    written_at: datetime
    written_by: str
    closed_at: datetime | None
