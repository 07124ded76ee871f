"""What the gateway promises to those outside and to the services behind it."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from system.ports import free_port

pytestmark = pytest.mark.xdist_group("gateway")  # one server for all of them

MIB = 1 << 20
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def gate(start_gateway: Any, upstream: Any) -> Any:
    return start_gateway(
        {"cases": upstream.url, "exchange": upstream.url, "riskscore": NOBODY, "indicators": upstream.url}
    )


@pytest.fixture(scope="module")
def gate_to_nobody(start_gateway: Any) -> Any:
    return start_gateway(dict.fromkeys(("cases", "exchange", "riskscore", "indicators"), NOBODY))


def problem(answer: Any) -> Any:
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json
    assert body["status"] == answer.status
    assert body["instance"] == f"urn:uuid:{answer.headers['X-Request-Id']}"
    return body


def fault(answer: Any) -> tuple[str, str]:
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    inside = etree.fromstring(answer.body).find(f"{SOAP}Body/{SOAP}Fault")
    return inside.findtext("faultcode"), inside.findtext("faultstring")


@pytest.mark.parametrize("service", ["cases", "exchange", "indicators"])
def test_the_api_listener_hands_each_service_its_own_paths(gate: Any, service: str) -> None:
    answer = gate.ask(gate.doors.api_port, f"/api/{service}/v1/things?limit=2")
    assert answer.status == 200
    assert answer.json["path"] == f"/api/{service}/v1/things?limit=2"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/api",
            "/api/",
            "/api/nothing/v1/x",
            "/api/cases",
            "/healthz",
            "/readyz",
            "/metrics",
            "/docs",
        ),
        *("/xroad/soap", "/XROAD/soap", "/xroad/rest/marac/v1/referrals", "/api/../xroad/soap"),
        *(
            "/xroad/rest/findUsage/v2/findUsage",
            "/xroad/rest/findUsage/v2/heartbeat",
            "/xroad/soap/dumonitor",
        ),
    ],
)
def test_whatever_else_the_api_listener_is_asked_it_does_not_know(
    gate: Any, upstream: Any, path: str
) -> None:
    before = len(upstream.seen)
    answer = gate.ask(gate.doors.api_port, path)
    assert answer.status == 404
    assert problem(answer)["type"] == "urn:turvavork:problem:not-found"
    assert len(upstream.seen) == before


@pytest.mark.parametrize(
    "path", ["/", "/api/cases/v1/cases", "/api/exchange/v1/messages", "/xroad", "/healthz"]
)
def test_the_xroad_listener_knows_xroad_and_nothing_else(gate: Any, upstream: Any, path: str) -> None:
    before = len(upstream.seen)
    assert problem(gate.ask(gate.doors.xroad_port, path))["status"] == 404
    assert len(upstream.seen) == before


@pytest.mark.parametrize(
    "path",
    [
        "/xroad/soap",
        "/xroad/soap?wsdl",
        "/xroad/rest/marac/v1/referrals",
        *(f"/xroad/rest/findUsage/v2/{each}" for each in ("findUsage", "usagePeriod", "heartbeat")),
    ],
)
def test_only_the_xroad_listener_gives_the_secret_of_this_start(gate: Any, path: str) -> None:
    answer = gate.ask(gate.doors.xroad_port, path, X_Turvavork_Gateway="forged")
    assert answer.seen("X-Turvavork-Gateway") == ["the-secret-of-this-start"]
    elsewhere = gate.ask(gate.doors.api_port, "/api/exchange/v1/messages", X_Turvavork_Gateway="forged")
    assert elsewhere.seen("X-Turvavork-Gateway") == []


FORGED = (
    *(
        "X-Turvavork-Subject",
        "X-User",
        "X-User-Id",
        "X-Remote-User",
        "X-Remote-Addr",
        "Remote-User",
        "Forwarded",
    ),
    *("X-Client-Cert", "X-Client-Cert-Subject", "X-SSL-Client-Cert", "X-Real-IP", "X-Original-URL"),
    *("X_Turvavork_Gateway", "X-Forwarded-User", "X-Forwarded-Client-Cert"),
)


@pytest.mark.parametrize("name", FORGED)
def test_nobody_says_who_he_is_by_a_header(gate: Any, name: str) -> None:
    for port, path in ((gate.doors.api_port, "/api/cases/v1/x"), (gate.doors.xroad_port, "/xroad/soap")):
        answer = gate.ask(port, path, **{name: "forged"})
        assert "forged" not in [value for _, value in answer.json["headers"]]


def test_xroad_headers_mean_nothing_on_the_api_and_pass_on_the_xroad_listener(gate: Any) -> None:
    answer = gate.ask(gate.doors.api_port, "/api/exchange/v1/messages", X_Road_Client="ee-dev/GOV/1/x")
    assert answer.seen("X-Road-Client") == []
    answer = gate.ask(gate.doors.xroad_port, "/xroad/rest/marac/v1/referrals", X_Road_Client="ee-dev/GOV/1/x")
    assert answer.seen("X-Road-Client") == ["ee-dev/GOV/1/x"]


def test_what_the_client_says_of_its_way_is_replaced_by_what_we_saw(gate: Any) -> None:
    answer = gate.ask(
        gate.doors.api_port, "/api/cases/v1/x", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="https"
    )
    assert answer.seen("X-Forwarded-For") == ["127.0.0.1"]
    assert answer.seen("X-Forwarded-Proto") == ["http"]


def test_each_request_gets_a_fresh_id_which_the_answer_repeats(gate: Any) -> None:
    ids = set()
    for _ in range(2):
        answer = gate.ask(gate.doors.api_port, "/api/cases/v1/x", X_Request_Id="chosen-by-me")
        assert answer.seen("X-Request-Id") == [answer.headers["X-Request-Id"]]
        ids.add(uuid.UUID(answer.headers["X-Request-Id"]))
    assert len(ids) == 2


def test_a_token_and_a_purpose_reach_the_service(gate: Any) -> None:
    answer = gate.ask(gate.doors.api_port, "/api/cases/v1/x", Authorization="Bearer t", X_Purpose="case-work")
    assert (answer.seen("Authorization"), answer.seen("X-Purpose")) == (["Bearer t"], ["case-work"])


def _pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, 64 << 10):
        yield b"x" * min(64 << 10, size - start)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_api_body_of_1_mib_passes_and_a_byte_more_is_refused(gate: Any, *, chunked: bool) -> None:
    send = _pieces if chunked else lambda size: b"x" * size
    port, path = gate.doors.api_port, "/api/cases/v1/x"
    headers = {"Transfer-Encoding": "chunked"} if chunked else {}
    below = gate.ask(port, path, "POST", send(MIB - 1 if chunked else MIB), chunked=chunked, **headers)
    assert below.json["length"] == (MIB - 1 if chunked else MIB)
    above = gate.ask(port, path, "POST", send(MIB + 1), chunked=chunked, **headers)
    assert above.status == 413
    assert problem(above)["type"] == "urn:turvavork:problem:too-large"


def test_an_xroad_body_of_20_mib_passes_and_a_byte_more_is_refused(gate: Any) -> None:
    port = gate.doors.xroad_port
    assert gate.ask(port, "/xroad/soap", "POST", b"x" * (20 * MIB)).json["length"] == 20 * MIB
    assert fault(gate.ask(port, "/xroad/soap", "POST", b"x" * (20 * MIB + 1)))[0] == "soapenv:Client"
    assert problem(gate.ask(port, "/xroad/rest/marac/v1/r", "POST", b"x" * (20 * MIB + 1)))["status"] == 413


def _time_out(gate: Any, port: int, first: bytes, drip: bytes) -> bytes:
    """Sends `first`, then `drip` five times a second, until the gateway hangs up; at most 8 s."""
    line = gate.connect(port)
    line.sendall(first)
    line.settimeout(0.2)
    got = b""
    for _ in range(40):
        try:
            if not (piece := line.recv(65536)):
                return got
            got += piece
        except TimeoutError:
            line.sendall(drip)
        except ConnectionResetError:
            return got
    raise AssertionError("the connection is still open")


@pytest.mark.slow
@pytest.mark.parametrize("first", [b"", b"GET /api/cases/v1/x HTTP/1.1\r\nHost: a\r\n"])
def test_headers_that_do_not_come_in_time_are_cut(gate: Any, upstream: Any, first: bytes) -> None:
    """INV-17: of the headers."""
    before = len(upstream.seen)
    for port in (gate.doors.api_port, gate.doors.xroad_port):
        assert _time_out(gate, port, first, b"X-More: 1\r\n" if first else b"") == b""
    assert len(upstream.seen) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framing", "drip"), [(b"Content-Length: 10000", b"x"), (b"Transfer-Encoding: chunked", b"1\r\nx\r\n")]
)
def test_a_body_that_does_not_come_in_time_is_cut(gate: Any, framing: bytes, drip: bytes) -> None:
    """INV-17: of the body."""
    start = b" HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n"
    got = _time_out(gate, gate.doors.api_port, b"POST /api/cases/v1/x" + start, drip)
    assert got.startswith(b"HTTP/1.1 408 ")
    assert b"urn:turvavork:problem:too-slow" in got
    got = _time_out(gate, gate.doors.xroad_port, b"POST /xroad/soap" + start, drip)
    assert got.startswith(b"HTTP/1.1 500 ")
    assert b"<soapenv:Fault>" in got


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.5, 6.0])
def test_a_reader_that_does_not_read_in_time_is_cut(gate: Any, pause: float) -> None:
    line = gate.connect(gate.doors.api_port)
    line.sendall(b"GET /api/cases/v1/x HTTP/1.1\r\nHost: a\r\nX-Want: flood\r\n\r\n")
    total, end = 0, time.monotonic() + 6
    while time.monotonic() < end:
        time.sleep(pause)
        with contextlib.suppress(ConnectionResetError):
            total += len(line.recv(64 << 10))
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(MIB):
            total += len(piece)
    assert total < 64 * MIB


def test_headers_of_more_than_32_kib_are_refused(gate: Any, upstream: Any) -> None:
    line = gate.connect(gate.doors.api_port)
    line.sendall(b"GET /api/cases/v1/long HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 60_000 + b"\r\n\r\n")
    with contextlib.suppress(ConnectionResetError):  # it hangs up before it has read all
        assert line.recv(100).startswith(b"HTTP/1.1 431 ")
    assert "/api/cases/v1/long" not in upstream.seen


def test_a_service_that_is_down_is_503_with_a_time_to_come_again(gate: Any, gate_to_nobody: Any) -> None:
    for answer in (
        gate.ask(gate.doors.api_port, "/api/riskscore/v1/scores", "POST", b"{}"),
        gate_to_nobody.ask(gate_to_nobody.doors.xroad_port, "/xroad/rest/marac/v1/referrals", "POST", b"{}"),
    ):
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert problem(answer)["type"] == "urn:turvavork:problem:upstream-unavailable"


@pytest.mark.slow
def test_a_service_that_is_just_starting_again_is_waited_for(start_gateway: Any, upstream: Any) -> None:
    port = free_port()
    gate = start_gateway(
        dict.fromkeys(("cases", "exchange", "riskscore", "indicators"), f"http://127.0.0.1:{port}")
    )
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(gate.ask, gate.doors.xroad_port, "/xroad/soap", "POST", b"x" * MIB)
        time.sleep(0.4)
        with type(upstream)(port) as late:
            assert asked.result().json["length"] == MIB
            assert late.seen == ["/xroad/soap"]
            late.shutdown()


def test_a_service_that_is_silent_is_504(gate: Any) -> None:
    answer = gate.ask(gate.doors.api_port, "/api/cases/v1/x", X_Want="sleep")
    assert answer.status == 504
    assert problem(answer)["type"] == "urn:turvavork:problem:upstream-late"


def test_over_soap_every_failure_of_the_gateway_is_a_fault(gate: Any, gate_to_nobody: Any) -> None:
    down = gate_to_nobody.ask(gate_to_nobody.doors.xroad_port, "/xroad/soap", "POST", b"<a/>")
    assert fault(down)[0] == "soapenv:Server"
    assert "again" in fault(down)[1]
    late = gate.ask(gate.doors.xroad_port, "/xroad/soap", "POST", b"<a/>", X_Want="sleep")
    assert "same id" in fault(late)[1]


@pytest.mark.parametrize(
    ("status", "code"),
    [("413", "Client"), ("429", "Server"), ("502", "Server"), ("503", "Server"), ("504", "Server")],
)
def test_over_soap_no_status_but_200_and_500_leaves(gate: Any, status: str, code: str) -> None:
    answer = gate.ask(gate.doors.xroad_port, "/xroad/soap", "POST", b"<a/>", X_Want=status)
    assert fault(answer)[0] == f"soapenv:{code}"


def test_the_services_own_errors_pass_unchanged(gate: Any) -> None:
    assert gate.ask(gate.doors.xroad_port, "/xroad/soap", "POST", b"<a/>", X_Want="500").json["length"] == 4
    for status in (401, 404, 409, 422, 429, 503):
        answer = gate.ask(gate.doors.api_port, "/api/cases/v1/x", X_Want=str(status))
        assert answer.status == status
        assert answer.json["path"] == "/api/cases/v1/x"


@pytest.mark.parametrize(
    ("header", "title", "language"),
    [
        ("ru-RU, en", "Не найдено", "ru"),
        ("en", "Not found", "en"),
        ("de", "Ei leitud", "et"),
        ("", "Ei leitud", "et"),
    ],
)
def test_refusals_speak_the_callers_language(gate: Any, header: str, title: str, language: str) -> None:
    answer = gate.ask(gate.doors.api_port, "/nowhere", Accept_Language=header)
    assert (problem(answer)["title"], answer.headers["Content-Language"]) == (title, language)


def test_nobody_learns_what_the_gateway_is(gate: Any) -> None:
    for path in ("/api/cases/v1/x", "/nowhere", "/api/riskscore/v1/x"):
        headers = gate.ask(gate.doors.api_port, path).headers
        assert not {"server", "via"} & {name.lower() for name in headers}


def test_the_log_is_json_and_holds_of_what_a_client_writes_the_door_and_a_known_method(gate: Any) -> None:
    secret, api, xroad = uuid.uuid4().hex, gate.doors.api_port, gate.doors.xroad_port
    asked = [
        (gate.ask(api, f"/api/cases/v1/{secret}?code={secret}", Cookie=secret), "GET", "/api/cases/v1"),
        (gate.ask(api, f"/api/riskscore/v1/x?code={secret}", secret, Host=secret), "", "/api/riskscore/v1"),
        (gate.ask(api, f"/{secret}/{secret}", Authorization=secret), "GET", ""),
        (gate.ask(api, f"/api/{secret}/v1/x", "POST"), "POST", ""),
        (
            gate.ask(xroad, f"/xroad/soap?code={secret}", X_Road_UserId=secret, X_Want="503"),
            "GET",
            "/xroad/soap",
        ),
        (gate.ask(xroad, f"/xroad/rest/marac/v1/referrals/{secret}"), "GET", "/xroad/rest/marac/v1"),
        (
            gate.ask(xroad, f"/xroad/rest/findUsage/v2/findUsage?userCode={secret}", X_Road_UserId=secret),
            "GET",
            "/xroad/rest/findUsage/v2",
        ),
    ]
    lines = gate.lines()
    for answer, method, door in asked:
        mine = [line for line in lines if line.get("uuid") == answer.headers["X-Request-Id"]]
        assert [(line["request"]["method"], line["request"]["uri"]) for line in mine] == [(method, door)]
        assert [line["status"] for line in mine] == [answer.status]
    assert secret not in json.dumps(lines)


def test_the_gateway_keeps_to_the_loopback_and_has_no_control_port(gate: Any) -> None:
    listening = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        address, state = line.split()[1], line.split()[3]
        if state == "0A":
            listening.add((address.split(":")[0], int(address.split(":")[1], 16)))
    ours = {port for _, port in listening} & {gate.doors.api_port, gate.doors.xroad_port, 2019}
    assert ours == {gate.doors.api_port, gate.doors.xroad_port}
    assert all(host == "0100007F" for host, port in listening if port in ours)
