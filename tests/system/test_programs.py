"""Who goes first when the processors are short."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from system.programs import WORKER_NICENESS

_SAY = """
import os
from pathlib import Path
from system.programs import give_way
give_way()
print(os.nice(0), Path("/proc/self/autogroup").read_text().split()[-1])
"""


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel has no autogroups")
def test_a_worker_gives_way_to_other_sessions_too() -> None:
    """Niceness alone says nothing beyond the session, and every child has a session of its own."""
    told = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", _SAY], start_new_session=True, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [str(os.nice(0) + WORKER_NICENESS), str(WORKER_NICENESS)]
