"""When a member is told that something waits, and in which words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import catalog as published
from services.cases.model.notifications import Language, Slot
from services.cases.rules.notifications import again, slot, words
from services.kit.calendar import TALLINN

RULES = published.load().notifications


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (datetime(2017, 5, 4, 4, 59, tzinfo=UTC), None),  # 7.59 in summer
        (datetime(2017, 5, 4, 5, 0, tzinfo=UTC), Slot(date(2017, 5, 4), 8)),
        (datetime(2017, 1, 4, 5, 59, tzinfo=UTC), None),  # 7.59 in winter
        (datetime(2017, 1, 4, 10, 30, tzinfo=UTC), Slot(date(2017, 1, 4), 12)),
        (datetime(2017, 1, 4, 21, 59, tzinfo=UTC), Slot(date(2017, 1, 4), 16)),
    ],
)
def test_a_slot_is_an_hour_in_estonia(now: datetime, found: Slot | None) -> None:
    assert slot(now, RULES) == found


@given(st.integers(0, 13 * 365 * 24 * 60))
def test_a_slot_has_begun_and_is_the_last_that_has(minutes: int) -> None:
    now = datetime(2017, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found, local = slot(now, RULES), now.astimezone(TALLINN)
    if found is None:
        assert local.hour < min(RULES.hours)
    else:
        assert found.day == local.date()
        assert found.hour <= local.hour
        assert not [hour for hour in RULES.hours if found.hour < hour <= local.hour]


def test_waits_grow_and_end() -> None:
    now = datetime(2017, 5, 4, tzinfo=UTC)
    times = [again(tries, now, RULES) for tries in range(1, len(RULES.retry_minutes) + 2)]
    waits = [time - now for time in times if time is not None]
    assert waits == [timedelta(minutes=minutes) for minutes in RULES.retry_minutes]
    assert waits == sorted(waits)
    assert times[-1] is None


@pytest.mark.parametrize("language", Language)
def test_a_message_holds_a_number_and_an_address(language: Language) -> None:
    subject, body = words(language, 3, "https://turvavork.example.ee/", RULES)
    assert "{" not in subject + body
    assert body.count("3") == 1
    assert "https://turvavork.example.ee/" in body
    assert "3" not in subject
