"""A whole system as people start it, `turvavork up` in a process of its own: started, killed, looked into."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from services.kit import keys
from services.kit.tokens import AccessTokenIssuer
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from system import state
from system.pghome import locate
from system.ports import LOOPBACK, reserve
from system.postgres import SUPERUSER, Cluster
from system.processes import die_with_parent

COMMAND = Path(sys.executable).parent / "turvavork"
READY = "turvavork is ready"
START_SECONDS = 120.0
STOP_SECONDS = 15.0
PAUSE = 0.05


class Running:
    """One system with a data folder and ports of its own; the tests' world outside of it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "var"
        self.output = folder / "turvavork.log"
        self._doors = reserve(), reserve()  # also while it is down
        self.api_port, self.xroad_port = (door.port for door in self._doors)
        self._process: subprocess.Popen[bytes] | None = None
        self._said = 0

    @property
    def api(self) -> str:
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def xroad(self) -> str:
        return f"http://{LOOPBACK}:{self.xroad_port}"

    @property
    def simulator(self) -> str:
        """Address of the simulated security server."""
        return f"http://{LOOPBACK}:{self._program('simulator')['port']}"

    def start(self, command: str = "up", *options: str) -> float:
        """Start it and wait until it is ready; how many seconds that took."""
        began = time.monotonic()
        self._said = self.output.stat().st_size if self.output.exists() else 0
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [COMMAND, *self._arguments(command), *options],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - calls nothing but prctl
            )
        while READY not in self.said():
            assert self._process.poll() is None, f"it has ended:\n{self.said()}"
            assert time.monotonic() - began < START_SECONDS, f"it does not become ready:\n{self.said()}"
            time.sleep(PAUSE)
        return time.monotonic() - began

    def stop(self) -> float:
        """Ask it to stop, as Ctrl-C does; how many seconds that took."""
        began = time.monotonic()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            finally:
                self._process.kill()
                self._process.wait()
                self._process = None
        return time.monotonic() - began

    def kill(self) -> None:
        """Kill -9 everything at once, the supervisor first."""
        everybody = [each["pid"] for each in self.programs().values() if each["pid"] is not None]
        assert self._process is not None
        self._process.kill()
        for pid in everybody:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def remove(self) -> None:
        """Delete its databases, which root keeps outside of the data folder."""
        shutil.rmtree(locate(self.data / "postgres").folder, ignore_errors=True)

    def said(self) -> str:
        """What the supervisor has said since this start."""
        with self.output.open("rb") as output:
            output.seek(self._said)
            return output.read().decode()

    def run(self, *arguments: str) -> str:
        """What another `turvavork` command prints, asked about this system's data folder."""
        line = [COMMAND, *arguments, "--data", self.data]
        done = subprocess.run(line, env=self._environment(), capture_output=True, check=True, timeout=60)  # noqa: S603 - our own command
        return done.stdout.decode()

    def programs(self) -> Mapping[str, state.ProgramState]:
        """What it says of its programs, by name."""
        known = state.read(self.data)
        assert known is not None, f"it does not run:\n{self.said()}"
        return {each["name"]: each for each in known["programs"]}

    def pid(self, name: str) -> int | None:
        """The process of a program, if it lives and is really one of this system."""
        pid = self._program(name)["pid"]
        return pid if pid is not None and self._is_ours(pid) else None

    def kill_program(self, name: str) -> bool:
        """Kill -9 one program; False when it does not live at this moment."""
        pid = self.pid(name)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    @contextlib.contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The program does not answer within this block: its process is stopped, nobody starts it again."""
        pid = self.pid(name)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def database_url(self, service: str) -> str:
        """The superuser's address of a service's database: row-level security does not hide a row from it."""
        port = self._program("postgres")["port"]
        return Cluster(self.data / "postgres", port).url(service, SUPERUSER)

    @contextlib.asynccontextmanager
    async def database(self, service: str) -> Any:
        """A connection of the superuser to a service's database."""
        connection = await asyncpg.connect(self.database_url(service))
        try:
            yield connection
        finally:
            await connection.close()

    def token(self, role: str, region: str | None = None, agency: str | None = None) -> str:
        """A development token."""
        issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, keys.load_issuer(self.data / "keys", "development"))
        return issuer.issue(f"dev:{role}:{region or ''}:{agency or ''}")

    def member(
        self, role: str, region: str | None = None, purpose: str = "case-work", **options: Any
    ) -> httpx.AsyncClient:
        """A front end of a development member."""
        headers = {"Authorization": f"Bearer {self.token(role, region)}", "X-Purpose": purpose}
        return httpx.AsyncClient(base_url=self.api, headers=headers, trust_env=False, timeout=30, **options)

    def _program(self, name: str) -> state.ProgramState:
        return self.programs()[name]

    def _arguments(self, command: str) -> list[str]:
        ports = ["--port", str(self.api_port), "--xroad-port", str(self.xroad_port)]
        return [command, *ports, "--data", str(self.data)]

    def _environment(self) -> dict[str, str]:
        """Ours without what would make it another system."""
        kept = {"TURVAVORK_POSTGRES_USER", "TURVAVORK_POSTGRES_BASE", "TURVAVORK_WITNESS_FOLDER"}
        mine = {name: value for name, value in os.environ.items() if not name.startswith("TURVAVORK_")}
        return mine | {name: os.environ[name] for name in kept if name in os.environ} | {"COLUMNS": "160"}

    def _is_ours(self, pid: int) -> bool:
        """Whether the process lives and descends from our supervisor: a number may be another's by now."""
        assert self._process is not None
        for _ in range(3):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                return False
            if fields[0] in {"Z", "X"}:
                return False
            pid = int(fields[1])
            if pid == self._process.pid:
                return True
        return False
