"""Child processes: forked out of a process that has imported everything, or executed. None outlives us."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Protocol

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
class Forked:
    """A function of ours in a process of its own: a service or a worker. `function` is `module:name`."""

    name: str
    function: str
    arguments: Sequence[Any]
    environment: Mapping[str, str]
    log: Path
    port: int | None = None
    _process: ForkServerProcess | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self.running() else None

    def start(self) -> None:
        """Start it, also again."""
        self._process = multiprocessing.get_context("forkserver").Process(
            target=become,
            args=(self.name, self.function, tuple(self.arguments), dict(self.environment), str(self.log)),
            daemon=True,
        )
        with _deaf_to_the_terminal():
            self._process.start()

    def running(self) -> bool:
        """Tell whether it lives."""
        return self._process is not None and self._process.is_alive()

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.join(1)

    def last_words(self) -> str:
        """Give the end of its log."""
        return tail(self.log)

    def _signal(self, how: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)


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


def warm_up() -> None:
    """Begin to import, in the process out of which `Forked` children come, what they will need."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(["system.preload"])
    with _deaf_to_the_terminal():
        forkserver.ensure_running()


def become(
    name: str, function: str, arguments: Sequence[Any], environment: Mapping[str, str], log: str
) -> None:
    """Turn this fresh process into the program `name`; the last thing that it does."""
    os.setsid()  # Ctrl-C is for the supervisor alone
    die_with_parent(signal.SIGKILL, os.getppid())()
    with open_log(Path(log)) as output, Path(os.devnull).open("rb") as nothing:
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source.fileno(), target)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["turvavork", name]
    module, _, attribute = function.partition(":")
    getattr(importlib.import_module(module), attribute)(*arguments)


@contextlib.contextmanager
def _deaf_to_the_terminal() -> Iterator[None]:
    """What is started meanwhile inherits that Ctrl-C is for the supervisor alone."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def all_ended(children: Sequence[Child], seconds: float) -> bool:
    """Wait until none of the children runs, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while any(child.running() for child in children):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True
