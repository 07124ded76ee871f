"""A PostgreSQL of our own: binaries from a wheel, a child that is waited for, loopback and passwords only."""

import contextlib
import fcntl
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from system.logs import open_log, tail
from system.passwords import Passwords
from system.pghome import Home, PostgresError, locate
from system.pgprocess import SUPERUSER, initdb, server_command, spawn
from system.pgrepair import check_finished, end_orphans
from system.ports import Reservation, becomes_free, reserve

MAJOR = "18"
START_SECONDS = 30.0
STOP_SECONDS = 3.0
PAUSE = 0.01


class Cluster:
    """One PostgreSQL cluster, known by `folder`; a context manager that starts and stops it.

    `port` None takes a free one and keeps it from others. Used by one process at a time: a second one is
    refused with a PostgresError. Start it from a thread that lives as long as the process (see
    `die_with_parent`).
    """

    def __init__(self, folder: Path, port: int | None = None, *, log: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.log = log or self.folder / "postgres.log"
        self._port = port
        self._reservation: Reservation | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._home: Home | None = None
        self.passwords = Passwords(self.folder / "passwords.json")

    @classmethod
    @contextlib.contextmanager
    def temporary(cls) -> Iterator["Cluster"]:
        """Run a cluster that leaves nothing behind, for tests and benches."""
        with tempfile.TemporaryDirectory(prefix="turvavork-pg-") as folder:
            cluster = cls(Path(folder) / "postgres")
            try:
                with cluster:
                    yield cluster
            finally:
                cluster.remove()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1; free when chosen, the same until the object is gone."""
        if self._port is None:
            self._reservation = reserve()
            self._port = self._reservation.port
        return self._port

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None when it does not run."""
        return self._process.pid if self._process is not None and self.running() else None

    @property
    def exit_code(self) -> int | None:
        """How the postmaster ended: its code, or minus the signal that killed it; None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def admin_url(self) -> str:
        """The superuser's URL to the maintenance database."""
        return self.url("postgres", SUPERUSER)

    def url(self, database: str, role: str) -> str:
        """Give the URL with which `role` opens `database`; its password is made when it has none yet."""
        return f"postgresql://{role}:{self.passwords.of(role)}@127.0.0.1:{self.port}/{database}"

    def running(self) -> bool:
        """Tell whether the postmaster lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, after making the cluster when there is none, and return once connections are taken.

        What an earlier run left is repaired: an interrupted `initdb`, a stale lock file, old backends that
        hold shared memory. Raises PostgresError when the folder holds something else, or is in use, or the
        port is.
        """
        if self.running():
            return
        self._take_lock()
        try:
            home = self._home = locate(self.folder)
            self._initialise(home)
            end_orphans(home.data)
            self._start_until_ready(home)
        except BaseException:
            self.kill()
            self._release_lock()
            raise

    def stop(self) -> None:
        """Stop: sessions are ended, data is flushed; returns when the process is gone. Idempotent."""
        if self._process is not None:
            for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                if self._process.poll() is None:
                    self._process.send_signal(how)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_SECONDS)
                    break
            self._process = None
        self._release_lock()

    def kill(self) -> None:
        """Kill the postmaster with -9, as a crash would; `start` brings it back on the same port."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Delete the cluster with all its data, for throw-away clusters only. It must be stopped."""
        if self.running():
            raise PostgresError("A running cluster is not removed: stop it first.")
        if self._home is not None:
            shutil.rmtree(self._home.folder, ignore_errors=True)

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise PostgresError(f"{self.folder} is in use by another process.") from None
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _initialise(self, home: Home) -> None:
        """Make the cluster aside and rename it: `data` exists only when finished, the rename is the mark."""
        if home.data.exists():
            check_finished(home.data, MAJOR)
            return
        half_made = home.folder / "data.new"
        shutil.rmtree(half_made, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=home.folder) as secret:
            secret.write(self.passwords.of(SUPERUSER))
            secret.flush()
            home.give(Path(secret.name))
            initdb(home, half_made, secret.name)
        half_made.rename(home.data)

    def _start_until_ready(self, home: Home) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if not becomes_free(self.port):
                raise PostgresError(f"Port {self.port} on 127.0.0.1 is in use by another program.")
            self._launch(home)
            if self._is_ready_before(deadline, home.data):
                return
            # Old backends may hold shared memory for a moment after a kill: PostgreSQL refuses, we ask again.
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL does not start; the end of {self.log}:\n{tail(self.log)}")
            time.sleep(0.1)

    def _launch(self, home: Home) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open_log(self.log) as log:
            # Our child, not pg_ctl's: a killed postmaster that nobody waits for blocks the next start.
            self._process = spawn(home, server_command(home, self.port), signal.SIGINT, log)

    def _is_ready_before(self, deadline: float, data: Path) -> bool:
        while self._process is not None and time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            with contextlib.suppress(OSError):
                lines = (data / "postmaster.pid").read_text().splitlines()
                if len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready":  # noqa: PLR2004 - the file's eighth line is the state
                    return True
            time.sleep(PAUSE)
        self.kill()
        return False
