"""20 000 histories of the exchange as it should be: none breaks an invariant of ``checks``."""

import os

import pytest

from tests.simulation.checks import CHECKS, broken
from tests.simulation.history import run

BLOCKS, HISTORIES = 10, 2000
#: A run of one's own: another first seed, and more of them (``python -m tests.simulation`` is the same).
FIRST = int(os.environ.get("TURVAVORK_SEED", "0"))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_history_breaks_an_invariant(block: int) -> None:
    begin = FIRST + block * HISTORIES
    for seed in range(begin, begin + HISTORIES):
        found = broken(run(seed))
        assert not found, f"again: python -m tests.simulation --replay {seed}"


def test_a_seed_is_one_history() -> None:
    first, again = run(7), run(7)
    assert first.ledger == again.ledger
    assert first.around.tried == again.around.tried
    assert first.around.now == again.around.now
    assert first.exchange.db.queues == again.exchange.db.queues
    assert run(8).around.now != first.around.now


def test_the_checks_are_those_that_a_simulation_can_make() -> None:
    numbers = (1, 2, 3, 4, 6, 7, 10, 11, 12, 13, 14, 15)
    assert list(CHECKS) == [*(f"INV-{number}" for number in numbers), "BEHIND", "PAUSED"]
