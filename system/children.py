"""Child processes: forked out of a process that has imported everything, or executed. None outlives us."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from system.logs import open_log, tail
from system.postgres import Cluster
from system.processes import die_with_parent

PAUSE = 0.02


class Child(Protocol):
    """A program that is started, watched and stopped."""

    @property
    def name(self) -> str:
        """What it is called in the table and in its log's name."""

    @property
    def port(self) -> int | None:
        """The port on which it listens, None when on none."""

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""

    @property
    def exit_code(self) -> int | None:
        """How it ended: its code, or minus the signal that killed it; None while it runs."""

    def start(self) -> None:
        """Start it, also again."""

    def running(self) -> bool:
        """Tell whether it lives."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it at once."""

    def last_words(self) -> str:
        """Give the end of its log."""


@dataclass
class Executed:
    """A program that is executed: the gateway."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    port: int | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self.running() else None

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it, also again. Only from a thread that lives as long as the process."""
        with open_log(self.log) as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the supervisor alone
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - calls nothing but prctl
            )

    def running(self) -> bool:
        """Tell whether it lives."""
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """Give the end of its log."""
        return tail(self.log)


@dataclass
class Database:
    """The embedded PostgreSQL as a child among others."""

    cluster: Cluster
    name: str = "postgres"

    @property
    def port(self) -> int | None:
        """Its port."""
        return self.cluster.port

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self.cluster.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        return self.cluster.exit_code

    def start(self) -> None:
        """Start it, also again; PostgresError."""
        self.cluster.start()

    def running(self) -> bool:
        """Tell whether it lives."""
        return self.cluster.running()

    def terminate(self) -> None:
        """Stop it and wait until it has stopped."""
        self.cluster.stop()

    def kill(self) -> None:
        """End it at once."""
        self.cluster.kill()

    def last_words(self) -> str:
        """Give the end of its log."""
        return tail(self.cluster.log)


def how_it_ended(child: Child) -> str:
    """Say in words how a child ended."""
    code = child.exit_code
    if code is not None and code < 0:
        return f"was killed by signal {-code}"
    return "has stopped" if code is None else f"has ended with code {code}"


def all_ended(children: Sequence[Child], seconds: float) -> bool:
    """Wait until none of the children runs, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while any(child.running() for child in children):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True
