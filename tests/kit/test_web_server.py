"""The same application behind the real server, in a process of its own: what it writes and how it ends."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
CANARY = "Maasikas"

PROGRAM = """
import socket, sys
import uvicorn
from pydantic import BaseModel
from starlette.responses import StreamingResponse
from services.kit import log
from services.kit.web import ServiceRouter, ServiceSpec, create_service

router = ServiceRouter()

class Thing(BaseModel):
    name: str

@router.get("/crash/{name}")
async def crash(name: str) -> None:
    raise RuntimeError(name)

@router.get("/half/{name}")
async def half(name: str) -> StreamingResponse:
    async def parts():
        yield b"a"
        raise RuntimeError(name)
    return StreamingResponse(parts())

@router.post("/things")
async def create_thing(thing: Thing) -> None: ...

app = create_service(ServiceSpec(name="things", title="Things", description="d", routers=[router]))
log.configure("things")
config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


class Running:
    def __init__(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM, str(listener.fileno())],
            cwd=ROOT,
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        listener.close()
        self.written: tuple[str, str] | None = None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    def raw(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while part := connection.recv(65536):
                received += part
        return received

    def stop(self) -> tuple[list[dict[str, Any]], str]:
        """What was written to standard output, line by line, and to standard error."""
        if not self.written:
            self.client.close()
            self.process.terminate()
            self.written = self.process.communicate(timeout=20)
        out, err = self.written
        return [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def running() -> Iterator[Running]:
    server = Running()
    yield server
    server.stop()


def test_nothing_that_was_sent_is_written_anywhere(running: Running) -> None:
    get = running.client.get
    assert get(f"/api/things/v1/crash/{CANARY}", params={"name": CANARY}).status_code == 500
    assert get(f"/{CANARY}", headers={"User-Agent": CANARY, "Cookie": CANARY}).status_code == 404
    with pytest.raises(httpx.RemoteProtocolError):
        get(f"/api/things/v1/half/{CANARY}")
    assert running.client.post("/api/things/v1/things", json={CANARY: CANARY}).status_code == 422
    assert CANARY.encode() not in running.raw(f"{CANARY} / HTTP/9\r\n\r\n".encode())
    running.raw(f"POST /api/things/v1/things HTTP/1.1\r\nContent-Length: 99\r\n\r\n{CANARY}".encode())
    lines, err = running.stop()
    assert CANARY not in json.dumps(lines)
    assert err == ""
    assert {line["event"] for line in lines} >= {
        "service-started",
        "request",
        "request-crashed",
        "library-message",
    }
    assert lines[-1]["event"] in {"service-stopped", "library-message"}


def test_a_chunked_body_without_end_is_refused_at_the_cap(running: Running) -> None:
    head = b"POST /api/things/v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    answer = running.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 17)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"urn:turvavork:problem:too-large" in answer
    assert b"server: uvicorn" not in answer.lower()
