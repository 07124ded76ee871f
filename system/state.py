"""What a running system leaves in its data folder: a lock, and who runs where."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict


class InUseError(RuntimeError):
    """The data folder, or a port, belongs to somebody else; the message says what to do."""


class ProgramState(TypedDict):
    """One program: health is at `url` + /readyz where there is a URL."""

    name: str
    pid: int | None
    port: int | None
    url: str | None


class RunState(TypedDict):
    """A running system."""

    pid: int
    api: str
    xroad: str
    authority: str | None
    programs: list[ProgramState]


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the data folder; InUseError when another process does."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise InUseError(
                f"{data} is in use by a running turvavork (process {lock.read().strip() or 'unknown'}): "
                "stop that one, or choose another folder with --data."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def write(data: Path, state: RunState) -> None:
    """Put down who runs where."""
    new = data / "run.json.new"
    new.write_text(json.dumps(state, indent=2) + "\n")
    new.replace(data / "run.json")


def read(data: Path) -> RunState | None:
    """Read who runs where; None when no system runs on this folder."""
    path = data / "run.json"
    if not path.exists() or not _held(data):
        return None
    state: RunState = json.loads(path.read_text())
    return state


def forget(data: Path) -> None:
    """Take the note away: the system has stopped."""
    (data / "run.json").unlink(missing_ok=True)


def process_ids(programs: Sequence[ProgramState]) -> dict[str, int]:
    """Give the process id of each program that runs."""
    return {each["name"]: each["pid"] for each in programs if each["pid"] is not None}


def _held(data: Path) -> bool:
    with (data / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
