"""News of the case register: events in their order, and what a partner is to be told of one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


class EpochEnded(Exception):  # noqa: N818 - it tells what happened to the feed
    """The register was restored from a backup: its feed is read again from zero."""


@dataclass(frozen=True, slots=True)
class ChildNumber:
    """A notice about a child: its number is for ever, a correction has the next version."""

    number: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event about a referral; ``sender`` is the X-Road client that sent it, None for a person."""

    id: UUID
    type: str
    stream: UUID
    sequence: str
    reference: str
    sender: str | None
    children: tuple[ChildNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """The register has erased a case, or a referral that became none: under these references it came."""

    id: UUID
    sequence: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UsageDecided:
    """Whether somebody may see what left a case about them until a moment; known as in the disclosures."""

    id: UUID
    sequence: str
    subject: bytes
    case_handle: str
    is_released: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in their order, of those that we read; ``cursor`` is the place after all of them."""

    events: tuple[Event | Erased | UsageDecided, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class NoticeStopped:
    """A person has stopped the notice: it is never sent."""


@dataclass(frozen=True, slots=True)
class ResidenceUnknown:
    """The register does not know yet to which municipality the notice should go."""


@dataclass(frozen=True, slots=True)
class NoticeRefused:
    """The register has the event, but no notice of it for us; ``status`` is its answer's."""

    status: int
