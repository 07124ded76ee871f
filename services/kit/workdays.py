"""Working days: neither Saturday, Sunday nor a public holiday; the holidays come from published data."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the method of Meeus, Jones and Butcher)."""
    golden, century = year % 19, year // 100
    leaps, rest = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    fourth, within = divmod(year % 100, 4)
    week = (32 + 2 * rest + 2 * fourth - moon - within) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Public holidays: days of the year (month, day), and days counted from Easter Sunday."""

    fixed: frozenset[tuple[int, int]] = frozenset()
    from_easter: frozenset[int] = frozenset()

    def covers(self, day: date) -> bool:
        """Whether a day is a public holiday."""
        return (day.month, day.day) in self.fixed or (day - easter(day.year)).days in self.from_easter

    def is_working(self, day: date) -> bool:
        """Whether people are at their desks."""
        return day.weekday() < _SATURDAY and not self.covers(day)

    def from_day(self, day: date) -> date:
        """The day itself when it is a working day, else the first that follows."""
        while not self.is_working(day):
            day += _DAY
        return day

    def move(self, day: date, working_days: int) -> date:
        """So many working days later, or earlier when it is negative; the day itself is not counted."""
        step = _DAY if working_days > 0 else -_DAY
        for _ in range(abs(working_days)):
            day += step
            while not self.is_working(day):
                day += step
        return day
