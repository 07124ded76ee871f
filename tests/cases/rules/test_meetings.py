"""When a network meets, what fits, and what has to be said."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from services.cases.catalog import Catalog
from services.cases.model.meetings import MeetingKind, Room, SeriesFacts
from services.cases.rules import meetings as rules
from services.kit.problem import Malformed

ROOM = Room(time(13), 180, 30, "Põlva")
SERIES = SeriesFacts(date(2017, 1, 5), 4, ROOM, None)
TODAY = date(2017, 5, 4)


def _told(broken: pytest.ExceptionInfo[Malformed]) -> set[tuple[str, str]]:
    return {(error.pointer, error.code) for error in broken.value.errors}


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2017, 1, 1), date(2017, 2, 28), [date(2017, 1, 5), date(2017, 2, 2)]),
        (date(2017, 1, 5), date(2017, 1, 5), [date(2017, 1, 5)]),
        (date(2017, 1, 6), date(2017, 2, 2), [date(2017, 2, 2)]),
        (date(2017, 2, 2), date(2017, 2, 2), [date(2017, 2, 2)]),
        (date(2017, 2, 3), date(2017, 3, 1), []),
        (date(2016, 1, 1), date(2017, 1, 4), []),
    ],
)
def test_a_series_has_a_day_every_so_many_weeks(since: date, until: date, days: list[date]) -> None:
    assert rules.days_of(SERIES, since, until) == days


def test_a_series_has_no_day_on_which_it_has_ended() -> None:
    ending = replace(SERIES, ends_on=date(2017, 2, 2))
    assert rules.days_of(ending, date(2017, 1, 1), date(2017, 12, 31)) == [date(2017, 1, 5)]


def test_agenda_and_research_have_their_days_before_a_meeting(catalog: Catalog) -> None:
    meets_on, called_on = date(2017, 6, 29), date(2017, 5, 4)
    found = rules.deadlines(meets_on, called_on, MeetingKind.REGULAR, catalog.clocks)
    assert found == (date(2017, 6, 16), date(2017, 6, 21))  # 23 June is a day of rest


def test_a_late_call_leaves_no_day_in_the_past(catalog: Catalog) -> None:
    found = rules.deadlines(date(2017, 5, 8), TODAY, MeetingKind.EXTRA, catalog.clocks)
    assert found == (TODAY, TODAY)


def test_an_emergency_takes_cases_until_it_begins(catalog: Catalog) -> None:
    found = rules.deadlines(date(2017, 5, 8), TODAY, MeetingKind.EMERGENCY, catalog.clocks)
    assert found == (date(2017, 5, 8), date(2017, 5, 8))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"every_weeks": 0}, ("/everyWeeks", "out-of-range")),
        ({"every_weeks": 9}, ("/everyWeeks", "out-of-range")),
        ({"ends_on": date(2017, 1, 5)}, ("/endsOn", "too-early")),
        ({"room": replace(ROOM, minutes_per_case=4)}, ("/minutesPerCase", "out-of-range")),
        ({"room": replace(ROOM, minutes_per_case=121)}, ("/minutesPerCase", "out-of-range")),
        ({"room": replace(ROOM, minutes=29)}, ("/minutes", "out-of-range")),
        ({"room": replace(ROOM, minutes=601)}, ("/minutes", "out-of-range")),
    ],
)
def test_a_series_outside_the_published_bounds_is_refused(
    catalog: Catalog, changes: dict[str, object], told: tuple[str, str]
) -> None:
    rules.check_series(SERIES, catalog.meetings)
    with pytest.raises(Malformed) as broken:
        rules.check_series(replace(SERIES, **changes), catalog.meetings)  # type: ignore[arg-type]
    assert told in _told(broken)


@pytest.mark.parametrize(("day", "code"), [(date(2017, 5, 3), "in-the-past"), (date(2018, 5, 4), "too-late")])
def test_a_meeting_is_neither_in_the_past_nor_too_far_ahead(catalog: Catalog, day: date, code: str) -> None:
    rules.check_meeting(TODAY, ROOM, TODAY, catalog.meetings)
    with pytest.raises(Malformed) as broken:
        rules.check_meeting(day, ROOM, TODAY, catalog.meetings)
    assert _told(broken) == {("/meetsOn", code)}


@pytest.mark.parametrize(
    ("action", "reason", "meets_on", "told"),
    [
        ("postpone", None, TODAY, ("/reason", "required")),
        ("postpone", "no-cases", TODAY, ("/reason", "unknown")),
        ("postpone", "other", None, ("/meetsOn", "required")),
        ("cancel", None, None, ("/reason", "required")),
        ("cancel", "other", TODAY, ("/meetsOn", "not-for-this")),
        ("hold", "other", None, ("/reason", "not-for-this")),
    ],
)
def test_what_becomes_of_a_meeting_says_what_it_must(
    catalog: Catalog, action: str, reason: str | None, meets_on: date | None, told: tuple[str, str]
) -> None:
    with pytest.raises(Malformed) as broken:
        rules.check_move(action, reason=reason, meets_on=meets_on, rules=catalog.meetings)
    assert told in _told(broken)


def test_what_fits_is_told_in_whole_cases() -> None:
    assert [rules.capacity(minutes, 30) for minutes in (29, 30, 179, 180)] == [0, 1, 5, 6]


def test_a_meeting_begins_by_the_clock_of_estonia() -> None:
    winter, summer = (rules.begins_at(date(2017, month, 5), ROOM) for month in (1, 7))
    assert (winter, summer) == (datetime(2017, 1, 5, 11, tzinfo=UTC), datetime(2017, 7, 5, 10, tzinfo=UTC))
