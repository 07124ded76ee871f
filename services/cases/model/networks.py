"""Networks as they are composed: kinds of agencies, who sits where and when, and lists of regions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.cases.model.published import Label


class Seat(StrEnum):
    """Whether an agency sits at every meeting, or where a case needs it."""

    CORE = "core"
    BY_CASE = "by-case"


@dataclass(frozen=True, slots=True)
class Agency:
    """A kind of agency, in networks from a day until another (exclusive)."""

    code: str
    label: Label
    seat: Seat
    valid_from: date
    valid_to: date | None

    def at_work(self, on: date) -> bool:
        """Whether it takes part in cases on that day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class RegionSet:
    """The regions that a document lists for a day: each by the name that it prints, and by our code."""

    code: str
    label: Label
    on: date
    source: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Networks:
    """Sets of regions, and the words of a network's composition."""

    sets: Mapping[str, RegionSet]
    seats: Mapping[Seat, Label]
    leave_reasons: Mapping[str, Label]


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """How an agency of a network is invited."""

    name: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Sitting:
    """What is said of an agency that comes to sit in a network; ``unit`` tells two of a kind apart."""

    agency: str
    unit: str | None
    seat: Seat
    valid_from: date
    valid_to: date | None
    contact: Contact = field(repr=False)


@dataclass(frozen=True, slots=True)
class NetworkMember:
    """An agency of a network; ``left`` says why its seat has an end, where somebody has ended it."""

    id: UUID
    region: str
    sitting: Sitting
    left: str | None
    version: int
