"""`turvavork up` as a person runs it: one command, real processes, real kills."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from system import pghome, state
from system.options import Options
from system.ports import LOOPBACK, free_port, reserve
from system.postgres import Cluster
from system.run import System, next_delay

PROGRAMS = {
    *("gateway", "postgres", "cases", "riskscore", "exchange", "indicators"),
    *("cases-worker", "exchange-worker", "indicators-worker", "simulator"),
}
READY_SECONDS = 120
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("supervisor")]  # one system for all of them


class Up:
    """A running `turvavork up`."""

    def __init__(
        self, data: Path, *options: str, port: int | None = None, xroad_port: int | None = None
    ) -> None:
        self.data = data
        self._held = reserve(), reserve()
        self.port, self.xroad_port = port or self._held[0].port, xroad_port or self._held[1].port
        self.output = data.parent / f"{self.port}.out"
        command = [Path(sys.executable).with_name("turvavork"), "up", "--data", data, *options]
        command += ["--port", str(self.port), "--xroad-port", str(self.xroad_port)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603

    def said(self) -> str:
        return self.output.read_text()

    def until_said(self, words: str, seconds: float = READY_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said():
            assert self.process.poll() is None, f"it has ended:\n{self.said()}"
            assert time.monotonic() < deadline, f"it never said '{words}':\n{self.said()}"
            time.sleep(0.05)

    def programs(self) -> dict[str, Any]:
        running = state.read(self.data)
        assert running is not None
        return {each["name"]: each for each in running["programs"]}

    def until_well(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.is_well():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def is_well(self) -> bool:
        programs = self.programs()
        running = all(each["pid"] is not None and lives(each["pid"]) for each in programs.values())
        with contextlib.suppress(OSError):
            urls = [each["url"] for each in programs.values() if each["url"] is not None]
            urls += [f"http://127.0.0.1:{self.port}/api/cases/v1"]
            return running and all(get(f"{url}/readyz")[0] in {200, 404} for url in urls)
        return False

    def status(self) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).with_name("turvavork"), "status", "--data", self.data]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(20)
        return time.monotonic() - began


def remove(data: Path) -> None:
    """As root, the cluster's folder lies outside."""
    if (data / "postgres" / "identity").exists():
        cluster = Cluster(data / "postgres")
        cluster._home = pghome.locate(data / "postgres")
        cluster.remove()


def lives(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def until_gone(pids: list[int], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if lives(pid)]:
        assert time.monotonic() < deadline, f"still alive: {left}"
        time.sleep(0.02)


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("supervisor") / "var")
    try:
        running.until_said("turvavork is ready")
        yield running
    finally:
        running.stop()
        remove(running.data)


def test_it_says_each_step_and_where_the_doors_are(up: Up) -> None:
    doors = f"turvavork is ready: http://127.0.0.1:{up.port} (X-Road: http://127.0.0.1:{up.xroad_port})"
    assert doors in up.said()
    steps = re.findall(r"^ *\d+\.\d s  (.+)$", up.said(), re.MULTILINE)
    assert len(steps) >= 3


def test_status_shows_every_program_and_its_health(up: Up) -> None:
    up.until_well()
    shown = up.status()
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in PROGRAMS)
    assert set(up.programs()) == PROGRAMS
    assert "messages that wait for a person: 0" in shown.stdout


def test_the_gateway_leads_to_each_service(up: Up) -> None:
    for service in ("cases", "riskscore", "exchange", "indicators"):
        status, body = get(f"http://127.0.0.1:{up.port}/api/{service}/v1/openapi.json")
        assert status == 200
        assert json.loads(body)["openapi"].startswith("3.1")
    status, body = get(f"http://127.0.0.1:{up.xroad_port}/xroad/soap?wsdl")
    assert status == 200
    assert b"submitReferral" in body
    assert get(f"http://127.0.0.1:{up.port}/xroad/soap?wsdl")[0] == 404


def test_exchange_takes_xroad_from_the_gateway_alone(up: Up) -> None:
    up.until_well()
    assert get(f"{up.programs()['exchange']['url']}/xroad/soap?wsdl")[0] != 200


def test_what_it_leaves_on_the_disk_is_private(up: Up) -> None:
    assert up.data.stat().st_mode & 0o077 == 0
    assert "postgresql://" not in (up.data / "run.json").read_text()
    for log in (up.data / "log").iterdir():
        assert log.stat().st_mode & 0o077 == 0, log


def test_every_program_listens_on_the_loopback_alone(up: Up) -> None:
    up.until_well()
    ours = {each["port"] for each in up.programs().values()} - {None} | {up.port, up.xroad_port}
    seen = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, socket_state = line.split()[1], line.split()[3]
            host, _, port = local.partition(":")
            if socket_state == "0A" and int(port, 16) in ours:
                assert host == "0100007F", f"port {int(port, 16)} is open to {host}"
                seen.add(int(port, 16))
    assert seen == ours


@pytest.mark.parametrize(
    "names",
    [["postgres"], ["gateway"], sorted(PROGRAMS - {"postgres", "gateway"})],
    ids=["db", "gateway", "rest"],
)
def test_programs_that_are_killed_come_back(up: Up, names: list[str]) -> None:
    up.until_well()
    before = state.process_ids(list(up.programs().values()))
    for name in names:
        os.kill(before[name], signal.SIGKILL)
    for name in names:
        up.until_said(f"{name} was killed by signal 9")
    up.until_well()
    after = state.process_ids(list(up.programs().values()))
    assert not {after[name] for name in names} & set(before.values())


def test_a_second_one_on_the_same_data_is_refused(up: Up) -> None:
    second = Up(up.data)
    assert second.process.wait(30) == 1
    assert f"{up.data} is in use by a running turvavork (process {up.process.pid})" in second.said()
    assert "Traceback" not in second.said()
    up.until_well()


@pytest.mark.parametrize("option", ["--port", "--xroad-port"])
def test_a_taken_port_is_named(tmp_path: Path, option: str) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        taken = other.getsockname()[1]
        refused = Up(tmp_path / "var", **{option.strip("-").replace("-", "_"): taken})
        assert refused.process.wait(30) == 1
    assert f"Port {taken} is in use by another program: choose another with {option}." in refused.said()
    assert "Traceback" not in refused.said()


def test_without_a_system_status_says_so(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("turvavork"), "status", "--data", tmp_path]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert shown.returncode == 1
    assert "No turvavork runs" in shown.stdout


def test_a_life_with_kill_minus_9_tls_and_ctrl_c(tmp_path: Path) -> None:
    """No orphan after a kill; what was there is there again; Ctrl-C ends all within 10 s."""
    data = tmp_path / "var"
    try:
        first = Up(data)
        first.until_said("turvavork is ready")
        pids = list(state.process_ids(list(first.programs().values())).values())
        first.stop(signal.SIGKILL)
        until_gone(pids)
        kept = (data / "keys" / "cases.kek.json").read_bytes()

        second = Up(data, "--tls", port=first.port, xroad_port=first.xroad_port)
        second.until_said(f"turvavork is ready: https://127.0.0.1:{first.port}")
        assert (data / "keys" / "cases.kek.json").read_bytes() == kept
        pids = list(state.process_ids(list(second.programs().values())).values())
        assert second.stop(signal.SIGINT) < 10
        assert second.process.returncode == 0
        until_gone(pids, 0.5)
        assert second.said().rstrip().endswith("turvavork has stopped")
        assert state.read(data) is None
    finally:
        remove(data)


def test_told_to_stop_while_it_starts_it_stops(tmp_path: Path) -> None:
    starting = Up(tmp_path / "var")
    try:
        starting.until_said("PostgreSQL runs")
        assert starting.stop() < 10
        assert "Traceback" not in starting.said()
    finally:
        remove(tmp_path / "var")


async def test_a_system_has_its_ports_before_anybody_listens_and_gives_them_back(tmp_path: Path) -> None:
    def is_ours(port: int) -> bool:
        with socket.socket() as other, contextlib.suppress(OSError):
            other.bind((LOOPBACK, port))
            return False
        return True

    system = System(Options(tmp_path / "var", free_port(), free_port(), tls=False))
    system._claim()
    system._lay_out()
    all_ports = [system.options.port, system.options.xroad_port, *system.layout.ports.values()]
    assert len(all_ports) == 8
    assert all(is_ours(port) for port in all_ports)
    await system.stop()
    assert not any(is_ours(port) for port in all_ports)


def test_who_falls_over_at_once_is_started_later_and_later() -> None:
    delays = [0.0]
    for _ in range(8):
        delays.append(next_delay(delays[-1], lived=1))
    assert delays[1:] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_who_was_well_is_started_at_once_however_often_it_was_killed() -> None:
    assert next_delay(10.0, lived=6) == 0.2
