"""Services and workers: functions of ours in processes of their own, forked out of one that imported all."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from system.logs import open_log, tail
from system.processes import SUPERVISOR, WARM, die_with_parent


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

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        return None if self._process is None else self._process.exitcode

    def start(self) -> None:
        """Start it, also again."""
        self._process = multiprocessing.get_context("forkserver").Process(
            target=become,
            args=(self.name, self.function, tuple(self.arguments), dict(self.environment), str(self.log)),
            daemon=True,
        )
        with _deaf_to_the_terminal(), _without_main():
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


def warm_up(mark: Path) -> None:
    """Begin to import, in the process out of which `Forked` children come, what they will need.

    `mark` is made when that is done: before, to start a child is to wait.
    """
    mark.unlink(missing_ok=True)
    if os.environ.get(SUPERVISOR) == str(os.getpid()):  # an earlier system of this process has seen to it
        mark.touch()
        return
    multiprocessing.get_context("forkserver").set_forkserver_preload(["system.preload"])
    os.environ |= {SUPERVISOR: str(os.getpid()), WARM: str(mark)}
    with _deaf_to_the_terminal():
        forkserver.ensure_running()


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Children need nothing of the program that starts them: else each would run its main module again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


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
