"""Calendar questions, answered in Europe/Tallinn; instants are UTC everywhere else."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

TALLINN: Final = ZoneInfo("Europe/Tallinn")
FUTURE_TOLERANCE: Final = timedelta(minutes=5)
EARLIEST_YEAR: Final = 1800  # the earliest century of a personal code
LATEST_YEAR: Final = 2199  # the latest; arithmetic stays clear of the ends of ``date``
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HALF_YEAR = re.compile(r"(\d{4})-H([12])", re.ASCII)
_SECOND_HALF = 7  # July


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """January to June (half 1) or July to December (half 2) of a year; printed ``2017-H1``."""

    year: int
    half: int

    def __post_init__(self) -> None:
        if self.half not in (1, 2):
            raise ValueError("a year has the halves 1 and 2")
        if not EARLIEST_YEAR <= self.year <= LATEST_YEAR:
            raise ValueError("the year is out of range")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``2017-H1``; ValueError for anything else."""
        match = _HALF_YEAR.fullmatch(text)
        if match is None:
            raise ValueError("a half-year looks like 2017-H1")
        return cls(int(match[1]), int(match[2]))

    @property
    def start(self) -> date:
        """The first day."""
        return date(self.year, 1 if self.half == 1 else _SECOND_HALF, 1)

    @property
    def end(self) -> date:
        """The first day after (exclusive)."""
        return date(self.year, _SECOND_HALF, 1) if self.half == 1 else date(self.year + 1, 1, 1)

    def next(self) -> "HalfYear":
        """The half-year that follows."""
        return half_year(self.end)

    def __str__(self) -> str:
        return f"{self.year:04d}-H{self.half}"


def half_year(day: date) -> HalfYear:
    """The half-year that a day lies in."""
    return HalfYear(day.year, 1 if day.month < _SECOND_HALF else 2)


def local_date(instant: datetime) -> date:
    """The date in Estonia at an instant; ValueError without a time zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(TALLINN).date()


def add_months(day: date, months: int) -> date:
    """The same day some months later (or earlier).

    A day that the month lacks becomes the month's last (29.02 → 28.02). ValueError when the result leaves
    the years of ``date``.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError("the date is out of range")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_window12(day: date) -> date:
    """The end (exclusive) of the twelve months that begin on a day."""
    return add_months(day, 12)


def age_on(birth: date, on: date) -> int:
    """Completed years on a day; born on 29.02 one ages on 28.02 of common years.

    ValueError when the birth is later than the day: there is no such age.
    """
    if birth > on:
        raise ValueError("the birth is later than the day asked for")
    years = on.year - birth.year
    return years if add_months(birth, 12 * years) <= on else years - 1


def is_future(instant: datetime, now: datetime) -> bool:
    """Whether an instant is later than now + 5 minutes (clocks differ a little)."""
    return instant - now > FUTURE_TOLERANCE


def parse_instant(text: str) -> datetime:
    """Reads an RFC 3339 instant with an offset into UTC (microseconds); ValueError for anything else.

    Years 1800 to 2199, so that later arithmetic cannot overflow. No leap seconds.
    """
    if not _INSTANT.fullmatch(text) or text.endswith("-00:00"):
        raise ValueError("an instant looks like 2017-03-02T14:05:00Z or with an offset")
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such instant") from None
    if not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
        raise ValueError("the year is out of range")
    return instant


def parse_date(text: str) -> date:
    """Reads ``2017-03-02``, years 1800 to 2199; ValueError for anything else."""
    if not _DATE.fullmatch(text):
        raise ValueError("a date looks like 2017-03-02")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("there is no such day") from None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError("the year is out of range")
    return day


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with ``Z``; microseconds only when there are some. ValueError without a time zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
