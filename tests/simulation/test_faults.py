"""Each planted fault is caught by the check that is named for it; the system without it is not accused."""

import pytest

from tests.simulation.checks import CHECKS, broken
from tests.simulation.faults import FAULTS
from tests.simulation.history import run

MOST = 1000


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_caught_where_it_is_to_be(name: str) -> None:
    fault = FAULTS[name]
    caught = next((seed for seed in range(MOST) if fault.invariant in broken(run(seed, fault.system))), None)
    assert caught is not None, f"{name}: {fault.invariant} was not broken in {MOST} histories"
    assert not broken(run(caught))


def test_there_are_faults_for_every_check() -> None:
    assert len(FAULTS) >= 20
    caught = {fault.invariant for fault in FAULTS.values()}
    assert caught == set(CHECKS)
