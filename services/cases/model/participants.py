"""Who comes to a meeting: agencies that are invited, and members who have promised to keep what they hear."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.meetings import Meeting, Statement
from services.cases.model.networks import Seat


class Reply(StrEnum):
    """Whether an agency comes."""

    COMING = "coming"
    NOT_COMING = "not-coming"


class Presence(StrEnum):
    """Whether an agency was there."""

    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An agency that is invited; ``signed`` counts its members who have signed for this meeting."""

    id: UUID
    meeting: Meeting
    agency: str
    unit: str | None
    seat: Seat
    invited_at: datetime
    reply: Reply | None
    presence: Presence | None
    people: int | None
    signed: int
    version: int


@dataclass(frozen=True, slots=True)
class Confidentiality:
    """The statement that holds now, and when the caller has signed it for a meeting."""

    statement: Statement
    signed_at: datetime | None
