"""What an earlier PostgreSQL left behind, put right before the next one starts."""

import contextlib
import os
import signal
import time
from pathlib import Path

from system.pghome import PostgresError

PATIENCE = {signal.SIGINT: 5.0, signal.SIGQUIT: 5.0, signal.SIGKILL: 5.0}  # seconds, in the order of force
PAUSE = 0.02


def check_finished(data: Path, major: str) -> None:
    """Refuse, with a PostgresError, a data folder that is not a finished cluster of this version."""
    if not (data / "PG_VERSION").is_file() or not (data / "global" / "pg_control").is_file():
        raise PostgresError(
            f"{data} exists but is not a finished PostgreSQL cluster. Nothing was changed. "
            "Restore it from a backup, or move it away to start with an empty one."
        )
    version = (data / "PG_VERSION").read_text().strip()
    if version != major:
        raise PostgresError(
            f"{data} was made by PostgreSQL {version}, this is {major}. Nothing was changed. Use pg_upgrade."
        )


def end_orphans(data: Path) -> None:
    """End the processes of an earlier run that still work in `data`, and drop its lock file if it is stale.

    The caller holds the cluster's lock, so whatever works there has lost its supervisor. On Linux only;
    elsewhere PostgreSQL's own checks, asked again and again, must do.
    """
    if not Path("/proc/self").exists():
        return
    for how, seconds in PATIENCE.items():
        found = _processes_in(data)
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        _wait_until_gone(data, seconds)
    # A process id is soon another's: PostgreSQL would take any living process for the old postmaster.
    if not _processes_in(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _wait_until_gone(data: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _processes_in(data) and time.monotonic() < deadline:
        time.sleep(PAUSE)


def _processes_in(data: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                program = (entry / "exe").readlink().name.removesuffix(" (deleted)")
                if program == "postgres" and (entry / "cwd").readlink() == data:
                    found.append(int(entry.name))
    return found
