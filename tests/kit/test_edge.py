import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from services.kit import log
from services.kit.answer import Answers
from services.kit.edge import BrokenOffError, Edge
from services.kit.log.output import PROCESSORS

UUID_TEXT = "9A1F0BB2-9f5c-4f6c-8d0f-0123456789ab"
CANARY = "Maasikas"
ROUTE = object()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the size of the body."""
    scope["route"] = ROUTE
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def an_edge(app: ASGIApp = echo, **options: Any) -> Edge:
    given: dict[str, Any] = {
        "service": "edge-test",
        "caps": {"": 10, "/big": 20, "/big/small": 5},
        "answers": Answers({}),
        "templates": {id(ROUTE): "/things/{thing_id}"},
    }
    return Edge(app, **(given | options))


async def call(edge: Edge, path: str = "/", method: str = "GET", **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        return await client.request(method, path, **options)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def slug(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["type"]).removeprefix("urn:turvavork:problem:")


async def test_a_uuid_of_the_gateway_is_the_request_id() -> None:
    response = await call(an_edge(), headers={"X-Request-Id": UUID_TEXT})
    assert response.headers.get_list("x-request-id") == [UUID_TEXT.lower()]


@pytest.mark.parametrize(
    "given", [None, "", CANARY, UUID_TEXT + "0", "{" + UUID_TEXT + "}", "../../etc/passwd"]
)
async def test_anything_else_is_replaced_by_a_new_one(given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    first, second = [(await call(an_edge(), headers=headers)).headers["x-request-id"] for _ in range(2)]
    assert first != second
    assert len(first) == 36
    assert CANARY not in first


async def test_the_request_id_is_in_the_state_and_in_the_log_context() -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([Request(scope).state.request_id, log.REQUEST_ID.get()])
        await Response()(scope, receive, send)

    await call(an_edge(app), headers={"X-Request-Id": UUID_TEXT})
    assert seen == [UUID_TEXT.lower()] * 2
    assert log.REQUEST_ID.get() is None


async def test_every_answer_has_the_standing_headers_and_a_route_may_choose_its_caching() -> None:
    response = await call(an_edge())
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    chosen = await call(an_edge(Response(headers={"Cache-Control": "max-age=60"})))
    assert chosen.headers.get_list("cache-control") == ["max-age=60"]


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/", 10, 200),
        ("/", 11, 413),
        ("/big", 20, 200),
        ("/big", 21, 413),
        ("/big/small", 5, 200),
        ("/big/small", 6, 413),
    ],
)
async def test_a_body_is_capped_by_the_longest_prefix(path: str, size: int, status: int) -> None:
    announced = await call(an_edge(), path, "POST", content=b"a" * size)
    chunked = await call(an_edge(), path, "POST", content=chunks(b"a" * (size - 1), b"a"))
    assert (announced.status_code, chunked.status_code) == (status, status)
    assert "content-length" not in chunked.request.headers
    if status == 413:
        assert slug(announced) == slug(chunked) == "too-large"


async def test_an_announced_body_that_is_too_large_is_not_even_received() -> None:
    received: list[int] = []

    async def receive() -> Message:
        received.append(1)
        return {"type": "http.request", "body": b"a" * 11}

    sent = await _raw(an_edge(), receive, headers=[(b"content-length", b"11")])
    assert sent[0]["status"] == 413
    assert received == []


async def _raw(edge: Edge, receive: Receive, headers: Iterable[tuple[bytes, bytes]] = ()) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": list(headers)}
    await edge(scope, receive, send)
    return sent


async def test_an_absurd_content_length_is_too_large() -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"abc"}

    sent = await _raw(an_edge(), receive, headers=[(b"content-length", b"9" * 5000)])
    assert sent[0]["status"] == 413


@pytest.mark.parametrize("length", ["-1", "1e9", "3", "0", "٣", "x", ""])
async def test_an_odd_content_length_does_not_crash(length: str) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"abc"}

    sent = await _raw(an_edge(), receive, headers=[(b"content-length", length.encode())])
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("query", ["a=%00", "%00", "a=%ff", "a=%c3", "a=%ed%a0%80"])
async def test_a_query_that_is_no_text_is_refused(query: str) -> None:
    response = await call(an_edge(), f"/?{query}")
    assert response.status_code == 422
    assert slug(response) == "malformed"


@pytest.mark.parametrize("query", ["", "a=1", "a=%C3%B5", "a=%25%30%30", "a=%zz", "a=100%"])
async def test_other_queries_pass(query: str) -> None:
    assert (await call(an_edge(), f"/?{query}")).status_code == 200


@pytest.mark.parametrize("path", ["/a%00", "/a%ff", "/%00"])
async def test_a_path_that_is_no_text_leads_nowhere(path: str) -> None:
    assert slug(await call(an_edge(), path)) == "not-found"


async def crash(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError(f"case of {CANARY}")


async def test_a_crash_tells_the_caller_nothing_and_the_log_everything_but_the_message() -> None:
    crashes = {"service": "edge-test"}
    before = REGISTRY.get_sample_value("http_crashes_total", crashes) or 0
    with capture_logs(processors=PROCESSORS) as lines:
        response = await call(an_edge(crash), "/?name=Mari", headers={"Accept-Language": "en"})
    assert response.status_code == 500
    request_id = response.headers["x-request-id"]
    assert response.json() == {
        "type": "urn:turvavork:problem:internal-error",
        "title": "Internal error",
        "status": 500,
        "instance": f"urn:uuid:{request_id}",
    }
    crashed, request = lines
    assert crashed["event"] == "request-crashed"
    assert crashed["exception"] == "builtins.RuntimeError"
    assert crashed["frames"][-1].startswith("tests/kit/test_edge.py:")
    assert crashed["request_id"] == request["request_id"] == request_id
    assert request["status"] == 500
    assert CANARY not in json.dumps(lines)
    assert REGISTRY.get_sample_value("http_crashes_total", crashes) == before + 1


async def test_a_crash_after_the_answer_began_cuts_the_connection_without_a_word() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await crash(scope, receive, send)

    with pytest.raises(BrokenOffError) as caught:
        await call(an_edge(app))
    assert caught.value.__suppress_context__
    assert str(caught.value) == ""


async def test_a_caller_who_hung_up_is_no_crash() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ClientDisconnect

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with capture_logs(processors=PROCESSORS) as lines:
        assert await _raw(an_edge(app), receive) == []
    assert [(line["event"], line["status"]) for line in lines] == [("request", 499)]


async def test_a_cancelled_request_is_told_and_stays_cancelled() -> None:
    started = asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        started.set()
        await asyncio.Event().wait()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with capture_logs(processors=PROCESSORS) as lines:
        task = asyncio.create_task(_raw(an_edge(app), receive))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert lines[0]["status"] == 499


async def test_the_access_line_has_the_template_and_nothing_that_was_sent() -> None:
    labels = {"service": "edge-test", "method": "PUT", "route": "/things/{thing_id}", "status": "200"}
    before = REGISTRY.get_sample_value("http_request_seconds_count", labels) or 0
    with capture_logs(processors=PROCESSORS) as lines:
        await call(
            an_edge(), f"/things/{CANARY}?name={CANARY}", "PUT", headers={"User-Agent": CANARY}, content=b"x"
        )
    (line,) = lines
    assert line["event"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("PUT", "/things/{thing_id}", 200)
    assert line["duration_ms"] >= 0
    assert CANARY not in json.dumps(lines)
    assert REGISTRY.get_sample_value("http_request_seconds_count", labels) == before + 1


async def test_the_time_is_told_in_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 100.0123])
    monkeypatch.setattr("services.kit.edge.time", SimpleNamespace(perf_counter=lambda: next(times)))
    labels = {"service": "edge-time", "method": "GET", "route": "/things/{thing_id}", "status": "200"}
    with capture_logs(processors=PROCESSORS) as lines:
        await call(an_edge(service="edge-time"))
    assert lines[0]["duration_ms"] == 12.3
    assert REGISTRY.get_sample_value("http_request_seconds_sum", labels) == pytest.approx(0.0123)


async def test_unknown_paths_and_methods_make_no_new_labels() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(status_code=404)(scope, receive, send)

    with capture_logs(processors=PROCESSORS) as lines:
        await call(an_edge(app), f"/{CANARY}", CANARY.upper())
    assert (lines[0]["method"], lines[0]["route"]) == ("other", "unmatched")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_probes_are_not_logged(path: str) -> None:
    with capture_logs(processors=PROCESSORS) as lines:
        await call(an_edge(templates={id(ROUTE): path}), path)
    assert lines == []


async def test_a_probe_that_fails_is_logged() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = ROUTE
        await Response(status_code=503)(scope, receive, send)

    with capture_logs(processors=PROCESSORS) as lines:
        await call(an_edge(app, templates={id(ROUTE): "/readyz"}), "/readyz")
    assert [(line["route"], line["status"]) for line in lines] == [("/readyz", 503)]


async def test_what_is_not_http_passes_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing() -> Message:
        return {}

    async def ignored(_: Message) -> None: ...

    await an_edge(app)({"type": "lifespan"}, nothing, ignored)
    assert seen == ["lifespan"]
