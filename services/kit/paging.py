"""Lists by pages: from the newest day to the oldest, within a day by id; a cursor names the last row shown.

So rows that come or go between two pages move nobody else: no row is shown twice, none is passed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final, Generic, Self, TypeVar
from uuid import UUID

from fastapi import Query

from services.kit.calendar import parse_date
from services.kit.problem import FieldError, Malformed

MOST: Final = 100
USUAL: Final = 50
_LENGTH: Final = len("2017-03-02.0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11")

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at the most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=_LENGTH, description="`next` of the page before; without it, the first page."),
]
MomentCursor = Annotated[
    str | None,
    Query(max_length=80, description="`next` of the page before; without it, the first page."),
]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in its list."""

    day: date
    id: UUID

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """The place that a cursor names; raises Malformed when it is none of ours."""
        day, _, row_id = cursor.partition(".")
        try:
            place = cls(parse_date(day), UUID(row_id))
        except ValueError:
            raise _not_ours() from None
        if str(place) != cursor:  # UUID takes other spellings, too
            raise _not_ours()
        return place

    def __str__(self) -> str:
        return f"{self.day}.{self.id}"


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a row stands in a list by instants: for what happens many times a day."""

    at: datetime
    id: UUID

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """The place that a cursor names; raises Malformed when it is none of ours."""
        at, _, row_id = cursor.rpartition(".")
        try:
            place = cls(datetime.fromisoformat(at), UUID(row_id))
        except ValueError:
            raise _not_ours() from None
        if str(place) != cursor or place.at.tzinfo is None:
            raise _not_ours()
        return place

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).isoformat()}.{self.id}"


def _not_ours() -> Malformed:
    error = FieldError("query:cursor", "unknown", "take the cursor from `next` of the page before")
    return Malformed(errors=[error])


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of a list, and the cursor of those that follow; None after the last."""

    items: Sequence[Item]
    next: str | None


def page_of(rows: Sequence[Item], most: int, place: Callable[[Item], Place | Moment]) -> Page[Item]:
    """The page of at the most ``most`` rows; ``rows`` is one longer where the list goes on."""
    shown = rows[:most]
    return Page(shown, str(place(shown[-1])) if len(rows) > most else None)
