"""Real gateways before toy upstreams: what is tested is the configuration, not our services."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from system import gateway
from system.ports import LOOPBACK, Reservation, reserve
from system.tls import Certificates
from tests.system.running import Running

SECRET = "the-secret-of-this-start"
HURRY = {
    "TURVAVORK_GATEWAY_READ_HEADER": "1s",
    "TURVAVORK_GATEWAY_READ_BODY": "2s",
    "TURVAVORK_GATEWAY_WRITE": "4s",
    "TURVAVORK_GATEWAY_ANSWER": "1s",
}


class Upstream(ThreadingHTTPServer):
    """Answers with what it was sent; `X-Want` asks for a status, `sleep` for silence, `flood` for 64 MB."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), _Echo)
        self.seen: list[str] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A gateway that hangs up on purpose is no news."""


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        wanted = self.headers.get("X-Want", "200")
        if wanted == "sleep":
            time.sleep(2)
        headers = [[name.lower(), value] for name, value in self.headers.items()]
        told = {"path": self.path, "headers": headers, "length": self._length_of_body()}
        answer = b"x" * (64 << 20) if wanted == "flood" else json.dumps(told).encode()
        self.send_response(int(wanted) if wanted.isdigit() else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Request-Id", "the-upstream-says")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815 - the base class names it so

    def _length_of_body(self) -> int:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        total = 0
        while size := int(self.rfile.readline(), 16):
            total += len(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return total

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        pass


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def seen(self, name: str) -> list[str]:
        """Values of a header as the upstream got it."""
        return [value for key, value in self.json["headers"] if key == name.lower()]


@dataclass
class RunningGateway:
    doors: gateway.Doors
    log: Path
    process: subprocess.Popen[bytes]
    held: tuple[Reservation, ...]
    context: ssl.SSLContext | None = None
    _open: list[socket.socket] = field(default_factory=list)

    def ask(  # noqa: PLR0913 - a request has so many parts
        self,
        port: int,
        path: str,
        method: str = "GET",
        body: Any = None,
        *,
        context: ssl.SSLContext | None = None,
        chunked: bool = False,
        **headers: str,
    ) -> Answer:
        """One request on a connection of its own; header names with `_` for `-`."""
        use = context or self.context
        kind = http.client.HTTPConnection if use is None else http.client.HTTPSConnection
        options: dict[str, Any] = {} if use is None else {"context": use}
        connection = kind(LOOPBACK, port, timeout=20, **options)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named, encode_chunked=chunked)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def connect(self, port: int) -> socket.socket:
        """A bare connection, closed with the test."""
        self._open.append(socket.create_connection((LOOPBACK, port), timeout=20))
        return self._open[-1]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def close(self) -> None:
        for each in self._open:
            each.close()
        self.process.terminate()
        self.process.wait(10)


StartGateway = Callable[..., RunningGateway]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def start_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGateway]:
    running: list[RunningGateway] = []

    def start(
        services: Mapping[str, str], certificates: Certificates | None = None, **settings: str
    ) -> RunningGateway:
        folder = tmp_path_factory.mktemp("gateway")
        held = reserve(), reserve()
        doors = gateway.Doors(*(door.port for door in held))
        environment = gateway.environment(doors, services, SECRET, folder / "storage", certificates)
        log = folder / "gateway.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                gateway.command(), env=environment | HURRY | settings, stdout=output, stderr=output
            )
        running.append(RunningGateway(doors, log, process, held))
        _wait_for(doors, process)
        return running[-1]

    yield start
    for each in running:
        each.close()


def _wait_for(doors: gateway.Doors, process: subprocess.Popen[bytes]) -> None:
    for port in (doors.api_port, doors.xroad_port):
        deadline = time.monotonic() + 10
        while True:
            assert process.poll() is None, "the gateway has ended"
            with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port)):
                break
            assert time.monotonic() < deadline, "the gateway does not listen"
            time.sleep(0.02)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A whole system of this module's own; its programs are gone afterwards, its data with them."""
    whole = Running(tmp_path_factory.mktemp("system"))
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()
        whole.remove()
