"""A question for a flag, and the day that a quota is for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.model.problems import FlagQuestionInvalid
from services.exchange.rules.flags import question, seconds_left
from services.kit.calendar import local_date

MOMENTS = st.datetimes(datetime(2016, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_a_question_is_about_a_personal_code() -> None:
    asked = question("48805042711", "EE38501170364")
    assert (asked.code.value, asked.asker) == ("48805042711", "EE38501170364")
    assert "48805042711" not in repr(asked)
    assert "38501170364" not in repr(asked)


@pytest.mark.parametrize(("code", "wrong"), [("48805042712", "check-digit"), ("1", "length"), ("x", "form")])
def test_what_is_no_code_is_named_and_not_repeated(code: str, wrong: str) -> None:
    with pytest.raises(FlagQuestionInvalid) as caught:
        question(code, "EE38501170364")
    (error,) = caught.value.errors
    assert (error.pointer, error.code) == ("/personalCode", wrong)
    assert code not in error.reason or len(code) == 1


@given(now=MOMENTS)
def test_when_the_seconds_have_passed_it_is_the_next_day_and_not_before(now: datetime) -> None:
    left = timedelta(seconds=seconds_left(now))
    assert left >= timedelta(seconds=1)
    assert local_date(now + left) == local_date(now) + timedelta(days=1)
    assert local_date(now + left - timedelta(seconds=1)) == local_date(now)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29T00:00:00+02:00", 23), ("2026-10-25T00:00:00+03:00", 25)]
)
def test_days_on_which_clocks_are_changed_are_shorter_or_longer(day: str, hours: int) -> None:
    assert seconds_left(datetime.fromisoformat(day)) == hours * 3600
