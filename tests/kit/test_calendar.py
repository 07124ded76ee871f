from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.kit import calendar
from services.kit.calendar import HalfYear

days = st.dates(date(1850, 1, 1), date(2150, 12, 31))
NOW = datetime(2017, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2017-01-01T21:59:59Z", "2017-01-01"),  # winter: UTC+2
        ("2017-01-01T22:00:00Z", "2017-01-02"),
        ("2017-06-30T20:59:59Z", "2017-06-30"),  # summer: UTC+3
        ("2017-06-30T21:00:00Z", "2017-07-01"),
        ("2017-03-26T00:59:59Z", "2017-03-26"),  # the hour that is skipped
        ("1999-12-31T22:30:00Z", "2000-01-01"),
        ("2000-06-30T21:30:00Z", "2000-06-30"),  # in 2000 and 2001 Estonia kept winter time
        ("2001-07-31T21:30:00Z", "2001-07-31"),
    ],
)
def test_the_local_date_is_that_of_tallinn(instant: str, day: str) -> None:
    assert calendar.local_date(datetime.fromisoformat(instant)) == date.fromisoformat(day)


def test_a_local_date_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        calendar.local_date(datetime(2017, 3, 2))  # noqa: DTZ001 - the subject


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        ("2016-02-29", 12, "2017-02-28"),
        ("2016-02-29", 48, "2020-02-29"),
        ("2017-02-28", 12, "2018-02-28"),
        ("2017-01-31", 1, "2017-02-28"),
        ("2016-01-31", 1, "2016-02-29"),
        ("2017-12-15", 1, "2018-01-15"),
        ("2017-01-15", -1, "2016-12-15"),
        ("2017-03-31", -1, "2017-02-28"),
        ("2017-03-02", 0, "2017-03-02"),
    ],
)
def test_months_are_added_by_the_calendar(day: str, months: int, result: str) -> None:
    assert calendar.add_months(date.fromisoformat(day), months) == date.fromisoformat(result)


@pytest.mark.parametrize(("day", "months"), [("9999-12-01", 1), ("0001-01-31", -1)])
def test_months_beyond_the_calendar_are_an_error(day: str, months: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        calendar.add_months(date.fromisoformat(day), months)


@given(days, st.integers(-600, 600))
def test_adding_months_keeps_the_day_or_takes_the_last(day: date, months: int) -> None:
    result = calendar.add_months(day, months)
    assert (result.year * 12 + result.month) - (day.year * 12 + day.month) == months
    if result.day != day.day:
        assert result.day < day.day
        assert (result + timedelta(days=1)).day == 1


@given(days)
def test_a_window_of_twelve_months_is_a_year_and_its_end_is_outside(day: date) -> None:
    end = calendar.end_of_window12(day)
    assert (end - day).days in (365, 366)
    assert (end.month, end.day) == ((2, 28) if (day.month, day.day) == (2, 29) else (day.month, day.day))


@given(days, days)
def test_windows_keep_the_order_of_their_beginnings(one: date, other: date) -> None:
    if one <= other:
        assert calendar.end_of_window12(one) <= calendar.end_of_window12(other)


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        ("2000-03-02", "2018-03-01", 17),
        ("2000-03-02", "2018-03-02", 18),
        ("2000-02-29", "2018-02-27", 17),
        ("2000-02-29", "2018-02-28", 18),
        ("2000-02-29", "2020-02-28", 19),
        ("2000-02-29", "2020-02-29", 20),
        ("2017-03-02", "2017-03-02", 0),
        ("1901-01-01", "2017-12-31", 116),
    ],
)
def test_age_is_the_number_of_completed_years(birth: str, on: str, age: int) -> None:
    assert calendar.age_on(date.fromisoformat(birth), date.fromisoformat(on)) == age


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(ValueError, match="birth"):
        calendar.age_on(date(2017, 3, 3), date(2017, 3, 2))


@given(days, st.integers(0, 40_000))
def test_age_never_falls_and_rises_by_one_at_a_time(birth: date, later: int) -> None:
    on = birth + timedelta(days=later)
    today, tomorrow = calendar.age_on(birth, on), calendar.age_on(birth, on + timedelta(days=1))
    assert 0 <= tomorrow - today <= 1
    assert calendar.add_months(birth, 12 * today) <= on < calendar.add_months(birth, 12 * (today + 1))


@given(days)
def test_a_day_lies_in_its_half_year_and_in_no_neighbour(day: date) -> None:
    half = calendar.half_year(day)
    assert half.start <= day < half.end
    assert half.next().start == half.end
    assert half < half.next()
    assert HalfYear.parse(str(half)) == half


def test_half_years_are_printed_and_bounded() -> None:
    half = calendar.half_year(date(2017, 6, 30))
    assert str(half) == "2017-H1"
    assert (half.start, half.end) == (date(2017, 1, 1), date(2017, 7, 1))
    assert str(calendar.half_year(date(2017, 7, 1))) == "2017-H2"
    assert HalfYear(2017, 2).end == date(2018, 1, 1)


@pytest.mark.parametrize("text", ["2017-H3", "2017-H0", "2017", "2017-h1", " 2017-H1", "٢٠١٧-H1", "0001-H1"])
def test_what_is_no_half_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"half|range"):
        HalfYear.parse(text)


def test_a_half_year_cannot_be_changed() -> None:
    half = HalfYear(2017, 1)
    with pytest.raises(AttributeError):
        half.half = 3  # type: ignore[misc]


@pytest.mark.parametrize("half", [0, 3])
def test_a_year_has_two_halves(half: int) -> None:
    with pytest.raises(ValueError, match="halves"):
        HalfYear(2017, half)


def test_future_begins_five_minutes_from_now() -> None:
    assert not calendar.is_future(NOW + timedelta(minutes=5), NOW)
    assert calendar.is_future(NOW + timedelta(minutes=5, microseconds=1), NOW)
    assert not calendar.is_future(NOW - timedelta(days=1), NOW)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2017-03-02T14:05:00Z", datetime(2017, 3, 2, 14, 5, tzinfo=UTC)),
        ("2017-03-02T14:05:00+02:00", datetime(2017, 3, 2, 12, 5, tzinfo=UTC)),
        ("2017-03-02T14:05:00.5-03:30", datetime(2017, 3, 2, 17, 35, 0, 500_000, tzinfo=UTC)),
        ("1800-01-01T00:00:00Z", datetime(1800, 1, 1, tzinfo=UTC)),
        ("2199-12-31T23:59:59Z", datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2017-03-02T14:05:00.123456789Z", datetime(2017, 3, 2, 14, 5, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_into_utc(text: str, instant: datetime) -> None:
    assert calendar.parse_instant(text) == instant
    assert calendar.parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2017-03-02",
        "2017-03-02T14:05:00",
        "2017-03-02T14:05Z",
        "2017-03-02 14:05:00Z",
        "2017-03-02T14:05:00z",
        "2017-03-02T24:00:00Z",
        "2017-02-29T14:05:00Z",
        "2017-03-02T14:05:60Z",
        "2017-03-02T14:05:00+25:00",
        "2017-03-02T14:05:00-00:00",
        "20170302T140500Z",
        "1488463500",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "1799-12-31T23:59:59Z",
        "1800-01-01T00:00:00+00:01",
        "2200-01-01T00:00:00Z",
        "2017-03-02T14:05:00Z\n",
        "٢٠١٧-03-02T14:05:00Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|range"):
        calendar.parse_instant(text)


@given(st.datetimes(datetime(1850, 1, 1), datetime(2150, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - bounds
def test_a_printed_instant_is_read_as_the_same(naive: datetime, offset: int) -> None:
    instant = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
    printed = calendar.format_instant(instant)
    assert printed.endswith("Z")
    assert calendar.parse_instant(printed) == instant


def test_printing_an_instant_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        calendar.format_instant(datetime(2017, 3, 2))  # noqa: DTZ001 - the subject


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)))
@example(date(1800, 1, 1))
@example(date(2199, 12, 31))
def test_a_printed_date_is_read_as_the_same(day: date) -> None:
    assert calendar.parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    ["", "20170302", "2017-W09-4", "2017-02-29", "2017-3-2", "0001-01-01", "2200-01-01", "2017-03-02Z"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|range"):
        calendar.parse_date(text)
