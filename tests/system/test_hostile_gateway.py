"""HTTP that can be read in two ways, and callers who never finish: nothing of it gets behind the gateway."""

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.xdist_group("hostile-gateway")
CADDYFILE = Path(__file__).resolve().parents[2] / "gateway" / "Caddyfile"
HIDDEN = "/api/cases/v1/smuggled"
INNER = f"GET {HIDDEN} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


@pytest.fixture(scope="module")
def gate(start_gateway: Any, upstream: Any) -> Any:
    return start_gateway(dict.fromkeys(("cases", "exchange", "riskscore", "indicators"), upstream.url))


def post(*headers: str, body: bytes = b"", start: str = "POST /api/cases/v1/x HTTP/1.1") -> bytes:
    return "\r\n".join([start, "Host: a", *headers, "", ""]).encode("latin-1") + body


CHUNKED = "Transfer-Encoding: chunked"
SMUGGLING: dict[str, bytes] = {
    "length and chunks": post("Content-Length: 4", CHUNKED, body=b"0\r\n\r\n" + INNER),
    "chunks and length": post(CHUNKED, f"Content-Length: {len(INNER) + 5}", body=b"0\r\n\r\n" + INNER),
    "two lengths": post("Content-Length: 0", f"Content-Length: {len(INNER)}", body=INNER),
    "lengths in a list": post(f"Content-Length: 0, {len(INNER)}", body=INNER),
    "a signed length": post("Content-Length: +0", body=INNER),
    "a negative length": post("Content-Length: -1", body=INNER),
    "a length in hexadecimals": post("Content-Length: 0x00", body=INNER),
    "an endless length": post(f"Content-Length: {'9' * 40}", body=INNER),
    "a length with a space in its name": post("Content-Length : 0", body=INNER),
    "a folded length": post("X: 1", " Content-Length: 0", "Content-Length: 0", body=INNER),
    "odd coding": post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + INNER),
    "coding twice": post(CHUNKED, "Transfer-Encoding: identity", body=b"0\r\n\r\n" + INNER),
    "coding in a list": post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + INNER),
    "coding with a tab": post("Transfer-Encoding:\tchunked, identity", body=b"0\r\n\r\n" + INNER),
    "coding with a control character": post("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + INNER),
    "a negative chunk": post(CHUNKED, body=b"-1\r\n" + INNER),
    "an endless chunk": post(CHUNKED, body=b"f" * 17 + b"\r\n" + INNER),
    "a chunk with a bare line feed": post(CHUNKED, body=b"5\nhello\n0\n\n" + INNER),
    "a chunk that is too short": post(CHUNKED, body=b"3\r\nhello\r\n0\r\n\r\n" + INNER),
    "a chunk with an extension": post(CHUNKED, body=b"0;a=\n\r\n\r\n" + INNER),
    "a bare line feed": b"POST /api/cases/v1/x HTTP/1.1\nHost: a\nContent-Length: 0\nX: \rY: 9\n\n" + INNER,
    "a bare carriage return": post("X: 1\rTransfer-Encoding: chunked", "Content-Length: 0", body=INNER),
    "a zero byte in a header": post("X: a\0b", "Content-Length: 0", body=INNER),
    "a header without a name": post(": a", "Content-Length: 0", body=INNER),
    "a header without a colon": post("nonsense", "Content-Length: 0", body=INNER),
    "two hosts": post("Host: b", "Content-Length: 0", body=INNER),
    "a space before the first header": b"POST /api/cases/v1/x HTTP/1.1\r\n Host: a\r\n\r\n" + INNER,
    "no version": post("Content-Length: 0", body=INNER, start="POST /api/cases/v1/x"),
    "another version": post("Content-Length: 0", body=INNER, start="POST /api/cases/v1/x HTTP/9.9"),
    "a version that is none": post("Content-Length: 0", body=INNER, start="POST /api/cases/v1/x HTTP/1.1x"),
    "a space in the address": post("Content-Length: 0", body=INNER, start="POST /api/cases/v1/x y HTTP/1.1"),
    "an odd method": post("Content-Length: 0", body=INNER, start="PO(ST /api/cases/v1/x HTTP/1.1"),
    "tunnel": b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n" + INNER,
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 300,
    "the preface of http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 40,
    "noise": bytes(range(256)) * 20,
    "many headers": post(*(f"X-{n}: y" for n in range(6_000)), "Content-Length: 0"),
    "one long header": post(f"X: {'y' * 200_000}"),
    "a long address": post("Content-Length: 0", start=f"POST /api/cases/v1/{'x' * 200_000} HTTP/1.1"),
}


def exchanged(gate: Any, port: int, sent: bytes) -> bytes:
    """What comes back until nothing more does, or the gateway hangs up."""
    line, got = gate.connect(port), b""
    line.settimeout(1.5)
    with contextlib.suppress(ConnectionResetError, BrokenPipeError, TimeoutError):
        line.sendall(sent)
        while piece := line.recv(65536):
            got += piece
            if len(re.findall(rb"HTTP/1\.1 \d{3}", got)) > 1:
                break
    line.close()
    return got


#: By listener, where a request goes and where the one inside it would.
TARGETS = {
    "api_port": ("/api/cases/v1/x", HIDDEN),
    "xroad_port": ("/xroad/soap", "/xroad/rest/marac/v1/smuggled"),
}


@pytest.mark.slow
@pytest.mark.parametrize("listener", TARGETS)
@pytest.mark.parametrize("name", SMUGGLING)
def test_a_request_inside_another_does_not_get_through(
    gate: Any, upstream: Any, name: str, listener: str
) -> None:
    """Each is refused, cut, or read as the gateway passes it on: one request in, at the most one out."""
    outer, hidden = (target.encode() for target in TARGETS[listener])
    sent = SMUGGLING[name].replace(b"/api/cases/v1/x", outer).replace(HIDDEN.encode(), hidden)
    before = len(upstream.seen)
    got = exchanged(gate, getattr(gate.doors, listener), sent)
    statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", got)]
    seen = upstream.seen[before:]
    assert len(seen) <= len(statuses), "the service read more requests than the gateway"
    assert hidden.decode() not in seen or len(statuses) == 2, "the gateway read one, the service another"
    assert b"Traceback" not in got
    if 500 in statuses:
        assert listener == "xroad_port"
        assert b"soapenv:Client" in got
    assert set(statuses) - {500} <= {200, 400, 404, 405, 413, 417, 422, 431, 501, 505}


def test_chunks_that_cannot_be_read_are_the_callers_fault(gate: Any) -> None:
    chunks = SMUGGLING["a negative chunk"]
    answer = exchanged(gate, gate.doors.api_port, chunks)
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b"urn:turvavork:problem:malformed" in answer
    answer = exchanged(gate, gate.doors.xroad_port, chunks.replace(b"/api/cases/v1/x", b"/xroad/soap"))
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"<faultcode>soapenv:Client</faultcode>" in answer


ADDRESSES = (
    *("http://a/api/cases/v1/x", "http://127.0.0.1:1/api/cases/v1/x", "http://a:80@b/api/cases/v1/x"),
    *("//a/api/cases/v1/x", "/api/cases/v1/../../../xroad/soap", "/api/cases/v1/%2e%2e/%2e%2e/xroad/soap"),
    *("/api/cases/v1/..;/metrics", "/api/cases%2fv1", "/api//cases/v1/x", "/API/CASES/V1/x", "*", "?"),
    *("/api/cases/v1/\\..\\metrics", "/%61pi/cases/v1/x", "/metrics#/api/cases/v1/x", "/api/cases/v1/%00"),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_odd_address_leads_to_its_service_or_nowhere(gate: Any, upstream: Any, address: str) -> None:
    before = len(upstream.seen)
    got = exchanged(
        gate, gate.doors.api_port, f"GET {address} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    )
    assert re.match(rb"HTTP/1\.1 (200|400|404) ", got)
    for path in upstream.seen[before:]:
        assert unquote(path).lower().replace("//", "/").startswith("/api/cases/v1"), path
        assert "/../" not in path


@pytest.mark.slow
def test_honest_callers_do_not_wait_for_slow_ones(gate: Any) -> None:
    """INV-17: 300 connections that say nothing more."""
    lines = [gate.connect(gate.doors.api_port) for _ in range(300)]
    for line in lines:
        line.sendall(b"POST /api/cases/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n")
    for _ in range(20):
        began = time.monotonic()
        assert gate.ask(gate.doors.api_port, "/api/cases/v1/x").status == 200
        assert time.monotonic() - began < 2
    for line in lines:
        line.close()


def _defaults() -> Iterator[tuple[str, str]]:
    yield from re.findall(r"\{\$TURVAVORK_GATEWAY_(\w+):([^}]+)\}", CADDYFILE.read_text())


def test_the_deadlines_and_limits_are_those_that_are_promised() -> None:
    """The tests of the gateway are in a hurry; nobody else is."""
    told = dict(_defaults())
    assert (told["READ_HEADER"], told["READ_BODY"]) == ("10s", "30s")
    assert (told["API_BODY"], told["XROAD_BODY"]) == (str(1 << 20), str(20 << 20))
