"""Figures of the two channels: different types, so that one cannot be told as the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.indicators.model.definitions import SMALL, Claim, Dimension

Key = tuple[tuple[Dimension, str], ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """Something to count (a case or a person, ``who``) on a day, with its value in each dimension."""

    who: str
    on: date
    case: UUID
    values: Mapping[Dimension, str]


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
class Comparison:
    """A claim beside what is recorded; neither changes the other."""

    claim: Claim
    recorded: int

    @property
    def difference(self) -> int:
        """Printed minus recorded."""
        return self.claim.printed - self.recorded
