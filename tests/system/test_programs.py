"""Who goes first when the processors are short."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from system import gateway
from system.programs import WORKER_NICENESS

AUTOGROUP = Path("/proc/self/autogroup")
_SAY = """
import os
from pathlib import Path
from system import programs
programs._AUTOGROUP = Path({autogroup!r})
programs.give_way()
print(os.nice(0))
print(Path("/proc/self/autogroup").read_text() if Path("/proc/self/autogroup").exists() else "")
"""
_BELOW = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
kernel_has_autogroups = pytest.mark.skipif(
    not AUTOGROUP.exists(), reason="this kernel keeps no groups of sessions"
)


def after_giving_way(*, own_session: bool, autogroup: Path = AUTOGROUP) -> list[str]:
    say = _SAY.format(autogroup=str(autogroup))
    told = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", *([say] if own_session else [_BELOW, say])],
        start_new_session=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    niceness, group = told.stdout.splitlines()[:2]
    assert niceness == str(os.nice(0) + WORKER_NICENESS)
    return group.split()[-1:]


@kernel_has_autogroups
def test_a_worker_gives_way_to_other_sessions_too() -> None:
    """Niceness alone says nothing beyond the session, and every child has a session of its own."""
    assert after_giving_way(own_session=True) == [str(WORKER_NICENESS)]


@kernel_has_autogroups
def test_a_worker_in_someone_elses_session_leaves_that_session_alone() -> None:
    assert after_giving_way(own_session=False) == ["0"]


@pytest.mark.parametrize("refusing", ["/", "/nowhere/autogroup"])
def test_a_worker_works_where_the_kernel_refuses(refusing: str) -> None:
    after_giving_way(own_session=True, autogroup=Path(refusing))


@pytest.mark.parametrize(("there", "used"), [(None, 1), (1, 1), (2, 1), (3, 1), (8, 4)])
def test_the_gateway_leaves_processors_to_those_behind_it(there: int | None, used: int) -> None:
    assert gateway.processors(there) == used
