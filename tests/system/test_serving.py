"""A service behind the server that we run: how it ends, and what is said when it cannot listen."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from system.ports import LOOPBACK, reserve

COMMAND = Path(sys.executable).with_name("turvavork")
SERVED = """
import sys
from services.kit import log
from system import serving

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        if len(sys.argv) > 3:  # somebody else is quicker
            import socket
            sys.modules["quicker"] = socket.create_server((sys.argv[1], int(sys.argv[2])))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return await send({"type": "lifespan.shutdown.complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"well"})

log.configure("toy")
serving.run("toy", app, sys.argv[1], int(sys.argv[2]))
"""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("words", [("serve", "exchange"), ("simulate",)], ids=["service", "simulator"])
def test_a_taken_port_is_told_in_a_sentence(
    words: tuple[str, ...], taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURVAVORK_SIMULATOR_XROAD_URL", "http://127.0.0.1:1")
    ended = run(COMMAND, *words, "--port", str(taken))
    name = "simulator" if words == ("simulate",) else words[-1]
    assert ended.stderr == f"{name} does not start: 127.0.0.1:{taken} is in use by another program\n"
    assert ended.returncode == 1


def test_a_port_that_is_lost_while_it_starts_is_told_too() -> None:
    with reserve() as reservation:
        ended = run(sys.executable, "-c", SERVED, LOOPBACK, str(reservation.port), "somebody is quicker")
    expected = f"toy does not start: 127.0.0.1:{reservation.port} is in use by another program\n"
    assert (ended.returncode, ended.stderr) == (1, expected)


def test_an_address_of_another_machine_is_told() -> None:
    ended = run(sys.executable, "-c", SERVED, "192.0.2.1", "8000")
    expected = "toy does not start: 192.0.2.1:8000 is no address of this machine\n"
    assert (ended.returncode, ended.stderr) == (1, expected)


@pytest.mark.parametrize("host", [LOOPBACK, "::1"])
def test_it_listens_on_a_reserved_port_and_ends_by_the_signal(host: str) -> None:
    with reserve() as reservation:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", SERVED, host, str(reservation.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert _answer(host, reservation.port, process) == b"well"
        finally:
            process.terminate()
            out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (-signal.SIGTERM, "")
    assert {json.loads(line)["level"] for line in out.splitlines()} <= {"info"}


def _answer(host: str, port: int, process: subprocess.Popen[str]) -> bytes:
    deadline = time.monotonic() + 20
    while True:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        connection = http.client.HTTPConnection(host, port, timeout=5)
        with contextlib.suppress(ConnectionRefusedError), contextlib.closing(connection):
            connection.request("GET", "/")
            return connection.getresponse().read()
        time.sleep(0.05)
