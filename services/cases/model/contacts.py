"""What a support person does for a victim: the log of contacts, and what is reported of it each period."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId

CONTACT_MACHINE: Final = "support-contact"
REPORT_MACHINE: Final = "support-report"


@dataclass(frozen=True, slots=True)
class ToldContact:
    """A contact as somebody tells it."""

    happened_on: date
    channel: str
    kind: str
    outcome: str
    minutes: int
    note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """A version of a contact; the last one holds, and one that was retracted has no words."""

    id: UUID
    version: int
    case: CaseId
    assignment: UUID
    happened_on: date
    channel: str
    kind: str
    outcome: str
    minutes: int
    retracted: str | None
    note: str | None = field(repr=False)
    recorded_by: str
    recorded_at: datetime

    @property
    def state(self) -> str:
        """In the words of the published lifecycle."""
        return "recorded" if self.retracted is None else "retracted"


class ReportState(StrEnum):
    """Where a report stands; ``data/lifecycles.yaml`` says how it gets on."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class ToldReport:
    """A report as somebody tells it, about the days until one (which is of the period)."""

    until: date
    summary: str = field(repr=False)
    worries: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """A report about a period; how many contacts and minutes it had is counted when it is submitted."""

    id: UUID
    case: CaseId
    assignment: UUID
    since: date
    until: date
    state: ReportState
    contacts: int
    minutes: int
    reason: str | None
    version: int
    content_version: int
    submitted_by: str
    submitted_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    summary: str = field(repr=False)
    worries: str | None = field(repr=False)
