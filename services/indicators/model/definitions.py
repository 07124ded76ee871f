"""What is counted and by what; periods; what a release withholds; what a source printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from services.indicators.model.facts import PersonFact
from services.indicators.model.problems import PeriodRefused

#: A figure of the release channel in this range cannot be written down, whatever the rule's file says.
SMALL: Final = range(1, 5)


class Channel(StrEnum):
    """Official figures are exact and not for publication; a release withholds small ones."""

    OFFICIAL = "official"
    RELEASE = "release"


class Dimension(StrEnum):
    """By what a figure can be split."""

    REGION = "region"
    HALF_YEAR = "half-year"
    ROLE = "role"
    GROUP = "group"
    SEX = "sex"


class Unit(StrEnum):
    """What an indicator counts."""

    CASES = "cases"
    PERSONS = "persons"
    TRANSFERS_OUT = "transfers-out"
    TRANSFERS_IN = "transfers-in"


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in the three languages of the product."""

    et: str
    ru: str
    en: str


@dataclass(frozen=True, slots=True)
class Group:
    """People that count together: by role, and by relation to the victim where that matters."""

    id: str
    role: str
    roles: frozenset[str]
    relations: frozenset[str] | None

    def takes(self, person: PersonFact) -> bool:
        """Whether a person belongs to this group."""
        return person.role in self.roles and (self.relations is None or person.relation in self.relations)


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of an indicator."""

    id: str
    version: str
    status: str
    content_hash: str
    titles: Text
    texts: Text
    source: str
    counts: Unit
    groups: tuple[Group, ...]
    dimensions: tuple[Dimension, ...]
    counting: Mapping[Channel, Text]

    def __post_init__(self) -> None:
        if (self.counts is Unit.PERSONS) != bool(self.groups):
            raise ValueError("people are counted by groups, all else without")
        if self.counts is not Unit.PERSONS and not set(self.dimensions) <= {
            Dimension.REGION,
            Dimension.HALF_YEAR,
        }:
            raise ValueError("a case or a transfer has a region and a half-year, no role or sex")

    def group_of(self, person: PersonFact) -> Group | None:
        """The first group that takes the person; None when this indicator does not count it."""
        return next((group for group in self.groups if group.takes(person)), None)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from ``first`` (None: since the programme began) to ``last``, both included."""

    first: date | None
    last: date

    def __post_init__(self) -> None:
        if self.first is not None and self.first > self.last:
            raise PeriodRefused("query:from", "after-end", "the first day is after the last")

    def holds(self, day: date) -> bool:
        """Whether a day lies within."""
        return day <= self.last and (self.first is None or self.first <= day)

    def contains(self, other: "Window") -> bool:
        """Whether all days of another window lie within."""
        starts = self.first is None or (other.first is not None and other.first >= self.first)
        return starts and other.last <= self.last


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """What a release withholds, and the dimensions that it has. ValueError when it would tell too much."""

    version: str
    small: range
    withheld: range
    dimensions: tuple[Dimension, ...]

    #: Of a withheld cell a reader learns an interval at least this wide, which reaches beyond the small ones.
    WIDTH: ClassVar[int] = 5

    def __post_init__(self) -> None:
        if not set(SMALL) <= set(self.small) <= set(self.withheld):
            raise ValueError("every small figure is withheld, and 1 to 4 are small")
        if self.withheld[-1] - self.withheld[0] < self.WIDTH or self.withheld[-1] in self.small:
            raise ValueError("what is withheld must hide whether it is small")


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that a source printed."""

    id: str
    indicator: str
    source: str
    window: Window
    only: Mapping[Dimension, str]
    printed: int
    note: Text | None
