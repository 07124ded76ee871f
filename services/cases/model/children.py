"""A notice about a child, from its announcement until it has left or was stopped."""

from dataclasses import dataclass
from datetime import datetime

from services.cases.model.codes import ChildNoticeState, Role
from services.cases.model.ids import ParticipationId


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


@dataclass(frozen=True, slots=True, repr=False)
class Noted:
    """A notice as a person reads it, with the note of who stopped it."""

    notice: ChildNotice
    note: str | None
