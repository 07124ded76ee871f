"""Usage of people's data as the Data Tracker knows it: to whom data about somebody went, never which."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class UsageState(StrEnum):
    """Whether the person may be shown it: not yet, yes, never."""

    WITHHELD = "withheld"
    RELEASED = "released"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """That data about somebody left the case register; ``case_handle`` is None when no case is behind it."""

    id: UUID
    subject: bytes
    receiver_code: str
    receiver_system: str
    receiver_name: str | None
    action: str
    occurred_at: datetime
    case_handle: str | None


@dataclass(frozen=True, slots=True)
class Disclosures:
    """Disclosures in the order of their feed; ``cursor`` is the place after all of them."""

    items: tuple[Disclosure, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Limit:
    """Rows of one answer: when nothing is said, and at the most."""

    usual: int
    most: int


@dataclass(frozen=True, slots=True)
class TrackerTerms:
    """What is published about the Data Tracker."""

    recorded_from: datetime
    rest: Limit
    soap: Limit
    hidden: frozenset[str]


@dataclass(frozen=True, slots=True)
class UsageQuestion:
    """Who asks about whom (codes with their country), which period (inclusive), which rows."""

    asker: str = field(repr=False)
    subject: str = field(repr=False)
    start: datetime | None
    end: datetime | None
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Usage:
    """One row as the person may see it."""

    logtime: datetime
    action: str
    receiver_code: str
    receiver_system: str
    receiver_name: str | None


@dataclass(frozen=True, slots=True)
class UsagePage:
    """How many rows there are for the question, and those that were asked for, newest first."""

    total: int
    usages: Sequence[Usage]
