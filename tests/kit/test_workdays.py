from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.workdays import Holidays, easter

HOLIDAYS = Holidays(frozenset({(1, 1), (2, 24), (12, 24), (12, 25), (12, 26)}), frozenset({-2, 0}))
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    "sunday",
    [
        date(1961, 4, 2),
        date(2000, 4, 23),
        date(2008, 3, 23),
        date(2016, 3, 27),
        date(2017, 4, 16),
        date(2024, 3, 31),
        date(2026, 4, 5),
        date(2038, 4, 25),
        date(2049, 4, 18),
        date(2076, 4, 19),
    ],
)
def test_easter_is_on_the_day_of_the_tables(sunday: date) -> None:
    assert easter(sunday.year) == sunday


@given(st.integers(1800, 2199))
def test_easter_is_a_sunday_of_spring(year: int) -> None:
    found = easter(year)
    assert found.weekday() == 6
    assert date(year, 3, 22) <= found <= date(year, 4, 25)


def test_a_weekend_and_christmas_are_passed_over() -> None:
    assert HOLIDAYS.move(date(2026, 12, 23), 1) == date(2026, 12, 28)
    assert HOLIDAYS.move(date(2026, 12, 28), -1) == date(2026, 12, 23)


def test_good_friday_is_no_working_day() -> None:
    assert not HOLIDAYS.is_working(date(2026, 4, 3))
    assert HOLIDAYS.move(date(2026, 4, 2), 1) == date(2026, 4, 6)


def test_no_working_day_moves_nothing() -> None:
    assert HOLIDAYS.move(date(2026, 12, 25), 0) == date(2026, 12, 25)


def test_a_day_off_waits_for_the_next_working_day() -> None:
    assert HOLIDAYS.from_day(date(2026, 12, 24)) == date(2026, 12, 28)
    assert HOLIDAYS.from_day(date(2026, 12, 28)) == date(2026, 12, 28)


@given(DAYS, st.integers(-40, 40))
def test_between_lie_as_many_working_days_as_were_asked_for(day: date, amount: int) -> None:
    moved = HOLIDAYS.move(day, amount)
    first, last = sorted((day, moved))
    between = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    counted = [one for one in between if one != day and HOLIDAYS.is_working(one)]
    assert len(counted) == abs(amount)
    assert amount == 0 or HOLIDAYS.is_working(moved)
