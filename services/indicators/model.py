"""Facts without identities, definitions of indicators, and figures of the two channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from services.kit.problem import FieldError, Kind, Problem


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


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in the three languages of the product."""

    et: str
    ru: str
    en: str


@dataclass(frozen=True, slots=True)
class PersonFact:
    """A person's part in a case: a pseudonym and coded values."""

    pseudonym: str
    role: str
    relation: str | None
    sex: str
    age_band: str


@dataclass(frozen=True, slots=True)
class CaseFact:
    """A case as the feed told it: ``version`` orders what was told about it."""

    stream: UUID
    version: int
    region: str
    referred_on: date
    accepted: bool
    happened_at: datetime
    persons: tuple[PersonFact, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The feed tells that a case was accepted, and what it is like."""

    fact: CaseFact


@dataclass(frozen=True, slots=True)
class Ended:
    """The feed tells that a referral was declined or sent elsewhere: if it was a case, it is none."""

    stream: UUID
    version: int
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Other:
    """The feed tells something that no figure depends on."""

    stream: UUID
    version: int


News = Accepted | Ended | Other


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
            raise ValueError("people are counted by groups, cases without")
        if self.counts is Unit.CASES and not set(self.dimensions) <= {Dimension.REGION, Dimension.HALF_YEAR}:
            raise ValueError("a case has a region and a half-year, no role or sex")

    def group_of(self, person: PersonFact) -> Group | None:
        """The first group that takes the person; None when this indicator does not count it."""
        return next((group for group in self.groups if group.takes(person)), None)


@dataclass(frozen=True, slots=True)
class Observation:
    """Something to count (a case or a person, ``who``) on a day, with its value in each dimension."""

    who: str
    on: date
    case: UUID
    values: Mapping[Dimension, str]


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


Key = tuple[tuple[Dimension, str], ...]

#: A figure of the release channel in this range cannot be written down, whatever the rule's file says.
SMALL: Final = range(1, 5)


@dataclass(frozen=True, slots=True)
class Exact:
    """A figure of the official channel."""

    value: int


@dataclass(frozen=True, slots=True)
class Published:
    """A figure of the release channel; ValueError for a small one."""

    value: int

    def __post_init__(self) -> None:
        if self.value < 0 or self.value in SMALL:
            raise ValueError("a small figure is not published")


@dataclass(frozen=True, slots=True)
class Withheld:
    """A figure of the release channel that is not told; it holds nothing that could be."""


Released = Published | Withheld
Figure = Exact | Released


@dataclass(frozen=True, slots=True)
class Line:
    """One figure with its place in the table; a total has fewer dimensions than the table."""

    key: Key
    figure: Figure


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by the dimensions asked for, and their totals."""

    by: tuple[Dimension, ...]
    rows: tuple[Line, ...]
    totals: tuple[Line, ...]


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim beside what is recorded; neither changes the other."""

    claim: Claim
    recorded: int

    @property
    def difference(self) -> int:
        """Printed minus recorded."""
        return self.claim.printed - self.recorded


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the feed was read (None: no event yet), when, and whether it was read to its end once."""

    cursor: str | None
    read_at: datetime
    complete: bool


class IndicatorUnknown(Problem):
    """No such indicator."""

    slug: ClassVar[str] = "indicator-unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Sellist näitajat ei ole", "ru": "Такого показателя нет", "en": "Unknown indicator"}
    )


class PeriodRefused(Problem):
    """The period ends before it begins, or is not one that a release has."""

    slug: ClassVar[str] = "period-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Periood ei sobi", "ru": "Период не подходит", "en": "Period refused"}
    )

    def __init__(self, pointer: str, code: str, reason: str) -> None:
        super().__init__(errors=[FieldError(pointer, code, reason)])


class DimensionRefused(Problem):
    """The indicator, or the channel, is not split by this."""

    slug: ClassVar[str] = "dimension-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"et": "Sellist jaotust ei ole", "ru": "Такой разбивки нет", "en": "Dimension refused"}
    )

    def __init__(self, reason: str) -> None:
        super().__init__(errors=[FieldError("query:by", "not-a-dimension", reason)])


class FiguresIncomplete(Problem):
    """The events have not yet been read to their end, so every figure would be too low."""

    slug: ClassVar[str] = "figures-incomplete"
    kind: ClassVar[Kind] = Kind.OVERLOADED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "et": "Näitajaid alles arvutatakse",
            "ru": "Показатели ещё рассчитываются",
            "en": "Figures are being computed",
        }
    )
