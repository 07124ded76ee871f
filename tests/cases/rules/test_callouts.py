from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.model.callouts import Answered
from services.cases.model.codes import Ground
from services.cases.model.ids import ParticipationId
from services.cases.model.published import CallOutRule
from services.cases.rules.callouts import is_ground, window
from services.kit.calendar import end_of_window12

RULE = CallOutRule("2026-11", Ground.POTENTIAL_ESCALATION, 3)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("on", "first"),
    [
        (date(2017, 3, 2), date(2016, 3, 3)),
        (date(2017, 2, 28), date(2016, 3, 1)),  # what happened on 28.02 or 29.02 is over on 28.02
        (date(2016, 2, 29), date(2015, 3, 1)),
        (date(2016, 2, 28), date(2015, 3, 1)),
        (date(2017, 3, 1), date(2016, 3, 2)),
    ],
)
def test_the_window_is_the_twelve_months_that_end_with_the_day_of_referral(on: date, first: date) -> None:
    found = window(on)
    assert (found.since, found.until) == (first, on + DAY)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_day_is_within_while_its_own_twelve_months_last(on: date) -> None:
    found = window(on)
    assert on < end_of_window12(found.since)
    assert on >= end_of_window12(found.since - DAY)
    assert found.until - found.since <= timedelta(days=367)  # what exchange lets us ask


def answered(count: int) -> Answered:
    part = ParticipationId(uuid4())
    return Answered(part, part, "ee-dev/GOV/70008747/polis", [date(2017, 1, 1)] * count)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((), False), ((0,), False), ((2,), False), ((3,), True), ((2, 2), False), ((0, 4), True)],
)
def test_the_call_outs_about_the_same_two_people_count(counts: tuple[int, ...], expected: bool) -> None:  # noqa: FBT001
    assert is_ground([answered(count) for count in counts], RULE) is expected
