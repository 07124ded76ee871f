"""Field types for schemas: what pydantic would read leniently, read strictly.

Plain ``date`` and ``datetime`` also take numbers and half-written texts; these take what they print.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, StrictInt, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.kit.calendar import format_instant, parse_date, parse_instant


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return parse_date(value) if isinstance(value, str) else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> date:
    raise PydanticCustomError("date_parsing", "not a date")


def _moment(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    try:
        return parse_instant(value) if isinstance(value, str) else _no_moment()
    except ValueError:
        return _no_moment()


def _no_moment() -> datetime:
    raise PydanticCustomError("datetime_parsing", "not an instant")


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2017-03-02"]}),
]
"""A date as ``2017-03-02``, years 1800 to 2199."""

Instant = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2017-03-02T14:05:00Z"]}),
]
"""An RFC 3339 instant with an offset; UTC inside, printed with ``Z``."""

Name = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=100)]
"""A short text that is not empty: up to 100 characters."""

FreeText = Annotated[str, StringConstraints(strict=True, max_length=4000)]
"""A free text: up to 4000 characters."""

Whole = Annotated[StrictInt, Field(ge=-(2**31), le=2**31 - 1)]
"""An integer of 32 bits; no text, no ``1.0``, no ``true``."""
