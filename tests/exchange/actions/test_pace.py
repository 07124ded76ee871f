"""Quick uses earn places, slow ones cost half of them; there is always one, and never more than the most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.actions.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def use(pace: Pace, clock: Clock, seconds: float) -> None:
    with pace.use():
        clock.now += seconds


def test_a_slow_use_halves_the_places_and_quick_ones_bring_them_back() -> None:
    clock = Clock()
    pace = Pace(most=8, slow=0.1, clock=clock)
    use(pace, clock, 0.2)
    assert pace.places == 4
    use(pace, clock, 0.2)
    use(pace, clock, 0.2)
    use(pace, clock, 0.2)
    assert pace.places == 1
    for _ in range(40):
        use(pace, clock, 0.05)
    assert pace.places == 8


def test_it_is_free_while_a_place_is() -> None:
    pace = Pace(most=2, slow=1)
    with pace.use():
        assert pace.free()
        with pace.use():
            assert not pace.free()
        assert pace.free()


def test_it_keeps_its_least() -> None:
    clock = Clock()
    pace = Pace(most=8, slow=0.1, least=3, clock=clock)
    for _ in range(9):
        use(pace, clock, 1)
    assert pace.places == 3


def test_many_places_at_once_bring_as_many_back() -> None:
    """A group is one use of many places: its limit grows by one with each quick round."""
    clock = Clock()
    pace = Pace(most=32, slow=0.1, least=2, clock=clock)
    for _ in range(9):
        use(pace, clock, 1)
    for _ in range(30):
        with pace.use(pace.places):
            assert not pace.free()
    assert pace.places == 32


def test_with_no_places_nothing_is_ever_free() -> None:
    clock = Clock()
    pace = Pace(most=0, slow=0.1, clock=clock)
    assert not pace.free()
    use(pace, clock, 5)
    use(pace, clock, 0)
    assert not pace.free()


def test_a_use_that_fails_counts_as_any_other() -> None:
    clock = Clock()
    pace = Pace(most=8, slow=0.1, clock=clock)

    def fail() -> None:
        with pace.use():
            clock.now += 1
            raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        fail()
    assert pace.places == 4
    assert pace.free()


@given(st.integers(1, 16), st.lists(st.floats(0, 1), max_size=60))
def test_there_is_always_one_and_never_more_than_the_most(most: int, durations: list[float]) -> None:
    clock = Clock()
    pace = Pace(most=most, slow=0.1, clock=clock)
    for seconds in durations:
        use(pace, clock, seconds)
        assert 1 <= pace.places <= most
        assert pace.free()
