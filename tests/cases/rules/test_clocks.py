from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import catalog as published
from services.cases.model.clocks import ClockRule, Clocks, Direction, Standing, Term, Unit
from services.cases.rules.clocks import standing, term
from services.kit.calendar import TALLINN, local_date

CLOCKS: Clocks = published.load().clocks
RULE: ClockRule = CLOCKS.rules["screening"]
DAYS = st.dates(date(2016, 1, 1), date(2040, 12, 31))
RULES = st.builds(
    replace,
    st.sampled_from(sorted(CLOCKS.rules.values(), key=lambda rule: rule.code)),
    unit=st.sampled_from(Unit),
    amount=st.integers(0, 60),
    direction=st.sampled_from(Direction),
    rolls=st.booleans(),
    warn_days=st.integers(0, 10),
    escalate_days=st.none() | st.integers(1, 10),
)


def _due(code: str, day: date, recorded: date | None = None) -> Term:
    return term(CLOCKS.rules[code], day, recorded or day, CLOCKS)


@pytest.mark.parametrize(
    ("code", "fact", "due"),
    [
        ("screening", date(2026, 12, 22), date(2026, 12, 29)),  # 23, 28, 29: Christmas is passed over
        ("screening", date(2026, 4, 2), date(2026, 4, 8)),  # Good Friday and Easter Sunday as well
        ("child-notice-decision", date(2026, 12, 14), date(2026, 12, 28)),  # the tenth day is Christmas Eve
        ("child-notice-decision", date(2026, 3, 20), date(2026, 3, 30)),
        ("monitoring-1", date(2026, 1, 31), date(2026, 3, 2)),  # 28.02 is a Saturday
        ("monitoring-12", date(2024, 2, 29), date(2025, 2, 28)),
        ("monitoring-6", date(2026, 2, 28), date(2026, 8, 28)),
    ],
)
def test_terms_as_the_published_clocks_count_them(code: str, fact: date, due: date) -> None:
    assert _due(code, fact).due_on == due


def test_what_comes_before_a_meeting_is_counted_back() -> None:
    found = _due("research", date(2026, 12, 30), date(2026, 12, 1))
    assert found == Term(date(2026, 12, 21), date(2026, 12, 17), date(2026, 12, 22))


def test_a_meeting_called_for_tomorrow_is_prepared_today() -> None:
    today = date(2026, 12, 1)
    assert _due("research", today + timedelta(days=1), today).due_on == today


def test_the_later_of_fact_and_record_starts_the_clock() -> None:
    fact, recorded = date(2026, 11, 2), date(2026, 11, 9)
    assert _due("screening", fact, recorded) == _due("screening", recorded, recorded)


def test_a_fact_recorded_more_than_ninety_days_late_warns_nobody() -> None:
    fact = date(2026, 3, 2)
    assert _due("screening", fact, fact + timedelta(days=90)).warn_on is not None
    late = _due("screening", fact, fact + timedelta(days=91))
    assert (late.warn_on, late.escalate_on) == (None, None)
    assert late.due_on == date(2026, 6, 4)


@given(RULES, DAYS, st.integers(-400, 400))
def test_the_days_of_a_term_stand_in_their_order(rule: ClockRule, fact: date, later: int) -> None:
    recorded = fact + timedelta(days=later)
    found = term(rule, fact, recorded, CLOCKS)
    assert found.due_on >= recorded
    assert (found.warn_on is None) == (later > CLOCKS.late_after_days)
    if found.warn_on is not None:
        assert recorded <= found.warn_on <= found.due_on
    if found.escalate_on is not None:
        assert found.due_on < found.escalate_on
        assert CLOCKS.holidays.is_working(found.escalate_on)
    if rule.rolls:
        assert CLOCKS.holidays.is_working(found.due_on)


@given(DAYS, st.integers(0, 60), st.sampled_from([Unit.DAYS, Unit.WEEKS]))
def test_plain_days_are_plain(fact: date, amount: int, unit: Unit) -> None:
    rule = replace(RULE, unit=unit, amount=amount, rolls=False)
    days = amount * (7 if unit is Unit.WEEKS else 1)
    assert term(rule, fact, fact, CLOCKS).due_on == fact + timedelta(days=days)


@given(DAYS, st.integers(0, 40))
def test_there_and_back_are_as_many_working_days(fact: date, amount: int) -> None:
    rule = replace(RULE, unit=Unit.WORKING_DAYS, amount=amount, rolls=False)
    start = CLOCKS.holidays.from_day(fact)
    due = term(rule, start, start, CLOCKS).due_on
    back = replace(rule, direction=Direction.BEFORE)
    assert term(back, due, start, CLOCKS).due_on == start


@given(DAYS, DAYS)
def test_a_later_fact_is_never_due_earlier(one: date, other: date) -> None:
    first, last = sorted((one, other))
    for rule in CLOCKS.rules.values():
        assert term(rule, first, first, CLOCKS).due_on <= term(rule, last, last, CLOCKS).due_on


@given(DAYS)
def test_a_due_day_ends_at_midnight_in_estonia_also_when_the_clock_is_changed(day: date) -> None:
    found = Term(day, None, None)
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), TALLINN).astimezone(UTC)
    before, after = midnight - timedelta(microseconds=1), midnight
    assert standing(found, local_date(before)) is Standing.DUE
    assert standing(found, local_date(after)) is Standing.OVERDUE


def test_it_is_soon_from_the_day_of_warning() -> None:
    found = Term(date(2026, 12, 10), date(2026, 12, 8), date(2026, 12, 14))
    days = [date(2026, 12, day) for day in (7, 8, 10, 11)]
    assert [standing(found, day).value for day in days] == ["due", "soon", "soon", "overdue"]
