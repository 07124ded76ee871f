"""A notice about a child, from its announcement until it has left or was stopped."""

from dataclasses import dataclass
from datetime import date, datetime

from services.cases.model.clocks import Term
from services.cases.model.codes import ChildNoticeState, Role
from services.cases.model.ids import ParticipationId


@dataclass(frozen=True, slots=True)
class NoticeDecision:
    """What the municipality decided about a notice (LasteKS § 29), and on which day."""

    code: str
    decided_on: date


@dataclass(frozen=True, slots=True, repr=False)
class ChildNotice:
    """A notice as it stands; its number is the child's part in the referral."""

    number: ParticipationId
    version: int
    role: Role
    municipality: str | None
    state: ChildNoticeState
    reason: str | None
    settled_at: datetime | None
    note: bytes | None
    decision: NoticeDecision | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Noted:
    """A notice as a person reads it, with the note of who stopped it; by when the municipality decides."""

    notice: ChildNotice
    note: str | None
    term: Term | None = None
