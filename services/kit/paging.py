"""Lists by pages: how many, and where to go on."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query

from services.kit.calendar import parse_date
from services.kit.problem import FieldError, Malformed

MOST: Final = 100
USUAL: Final = 50

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at the most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=60, description="`next` of the page before; without it, the first page."),
]


def place_of(cursor: str | None) -> tuple[date, UUID] | None:
    """The day and id that a cursor stands for; raises Malformed when it is none of ours."""
    if cursor is None:
        return None
    day, _, row_id = cursor.partition(".")
    try:
        return parse_date(day), UUID(row_id)
    except ValueError:
        error = FieldError("query:cursor", "unknown", "take the cursor from `next` of the page before")
        raise Malformed(errors=[error]) from None
