from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.kit.clock import FixedClock, SystemClock


def test_the_system_clock_tells_utc_and_goes_on() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert timedelta(0) <= second - first < timedelta(minutes=1)


def test_a_fixed_clock_stands_until_moved() -> None:
    clock = FixedClock(datetime(2017, 3, 2, 14, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2017, 3, 2, 12, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(days=-1, minutes=5))
    assert clock.now() == datetime(2017, 3, 1, 12, 5, tzinfo=UTC)


def test_a_clock_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2017, 3, 2))  # noqa: DTZ001 - the subject
