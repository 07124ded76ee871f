import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from services.kit import log
from services.kit.client import Response, ServiceClient
from services.kit.log.output import PROCESSORS
from services.kit.problem import UpstreamUnavailable, UpstreamWrong

UUID_TEXT = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"
CANARY = "Maasikas"

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Person:
    subject: str = "EE60001019906"


class Signer:
    def token(self, audience: str, subject: str, purpose: str) -> str:
        return f"{audience}.{subject}.{purpose}"


class Server:
    """Says what it is told to, byte for byte, and keeps what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:-2])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.requests.append((head[0], headers, body))
                await self.answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def close(self) -> None:
        for writer in self._open:
            writer.close()


def plain(status: int, body: bytes = b"{}", *headers: str) -> Answer:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    if not any(line.lower().startswith("content-type") for line in headers):
        lines.append("Content-Type: application/json")

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return answer


def raw(data: bytes, *, close: bool = False) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if close:
            await writer.drain()
            writer.close()

    return answer


async def silence(_writer: asyncio.StreamWriter) -> None: ...


async def drip(writer: asyncio.StreamWriter) -> None:
    """Never late by the byte, never done."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\na\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def talking_to(answer: Answer, **options: Any) -> AsyncIterator[tuple[ServiceClient, Server]]:
    server = Server(answer)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    given = {
        "base_url": f"http://127.0.0.1:{port}",
        "audience": "riskscore",
        "signer": Signer(),
        "read_timeout": 0.5,
    }
    client = ServiceClient(**(given | options))
    try:
        yield client, server
    finally:
        await client.aclose()
        server.close()
        listener.close()
        await listener.wait_closed()
        await asyncio.sleep(0)


async def ask(client: ServiceClient, method: str = "GET", path: str = "/x", **options: Any) -> Response:
    return await client.request(method, path, act_for=Person(), purpose="case-work", **options)


async def test_a_call_carries_token_purpose_and_request_id() -> None:
    async with talking_to(plain(200)) as (client, server):
        token = log.REQUEST_ID.set(UUID_TEXT)
        try:
            await ask(
                client, "POST", "/scores", json={"a": "õ"}, params={"limit": 5}, headers={"If-Match": '"1"'}
            )
        finally:
            log.REQUEST_ID.reset(token)
    ((line, headers, body),) = server.requests
    assert line == "POST /scores?limit=5 HTTP/1.1"
    assert headers["authorization"] == "Bearer riskscore.EE60001019906.case-work"
    assert headers["x-purpose"] == "case-work"
    assert headers["x-request-id"] == UUID_TEXT
    assert headers["if-match"] == '"1"'
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert json.loads(body) == {"a": "õ"}


async def test_a_body_that_is_json_already_goes_as_it_is_under_the_request_that_is_named() -> None:
    async with talking_to(plain(200)) as (client, server):
        await ask(client, "POST", "/scores", written=b'{"a" : "b"}', request_id=UUID_TEXT)
    ((_, headers, body),) = server.requests
    assert (body, headers["content-type"]) == (b'{"a" : "b"}', "application/json")
    assert headers["x-request-id"] == UUID_TEXT


async def test_outside_a_request_each_call_gets_an_id_of_its_own() -> None:
    async with talking_to(plain(200)) as (client, server):
        await ask(client)
        await ask(client)
    first, second = [UUID(headers["x-request-id"]) for _, headers, _ in server.requests]
    assert first != second


async def test_the_standing_headers_cannot_be_overridden() -> None:
    async with talking_to(plain(200)) as (client, server):
        await ask(client, headers={"X-Purpose": "statistics", "authorization": "Bearer x"})
    assert server.requests[0][1]["x-purpose"] == "case-work"
    assert server.requests[0][1]["authorization"].startswith("Bearer riskscore.")


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 404, 409, 422, 429])
async def test_answers_and_refusals_are_returned(status: int) -> None:
    body = b"" if status == 204 else b'{"a":1}'
    async with talking_to(plain(status, body, "X-Thing: 7")) as (client, _):
        response = await ask(client)
    assert (response.status_code, response.content, response.headers["x-thing"]) == (status, body, "7")


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_service_that_is_away_is_unavailable(status: int) -> None:
    async with talking_to(plain(status)) as (client, _):
        with pytest.raises(UpstreamUnavailable):
            await ask(client)


@pytest.mark.parametrize("status", [500, 501, 599, 300, 304])
async def test_a_service_that_fails_is_wrong(status: int) -> None:
    async with talking_to(plain(status)) as (client, _):
        with pytest.raises(UpstreamWrong):
            await ask(client)


async def test_a_redirect_is_not_followed() -> None:
    async with talking_to(plain(307, b"", "Location: /elsewhere")) as (client, server):
        with pytest.raises(UpstreamWrong):
            await ask(client)
    assert len(server.requests) == 1


async def test_nobody_listening_is_unavailable() -> None:
    listener = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    client = ServiceClient(base_url=f"http://127.0.0.1:{port}", audience="riskscore", signer=Signer())
    with capture_logs(processors=PROCESSORS) as lines, pytest.raises(UpstreamUnavailable) as caught:
        await ask(client, path=f"/{CANARY}")
    await client.aclose()
    assert lines[0]["event"] == "service-unreachable"
    assert lines[0]["target"] == "riskscore"
    assert CANARY not in repr(lines)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("answer", [silence, drip], ids=["silence", "drip"])
async def test_a_call_ends_in_time(answer: Answer) -> None:
    async with talking_to(answer, read_timeout=0.2) as (client, _):
        began = asyncio.get_running_loop().time()
        with pytest.raises(UpstreamUnavailable):
            await ask(client)
        assert asyncio.get_running_loop().time() - began < 2


async def test_one_call_may_wait_longer_or_shorter() -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        await plain(200)(writer)

    async with talking_to(late, read_timeout=0.1) as (client, _):
        assert (await ask(client, timeout=5)).status_code == 200
    async with talking_to(late, read_timeout=5) as (client, _):
        with pytest.raises(UpstreamUnavailable):
            await ask(client, timeout=0.1)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
async def test_an_answer_that_is_cut_is_no_answer(data: bytes) -> None:
    async with talking_to(raw(data, close=True)) as (client, _):
        with pytest.raises(UpstreamUnavailable):
            await ask(client, "POST")


@pytest.mark.parametrize(
    "data",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_bytes_that_are_no_http_are_wrong(data: bytes) -> None:
    async with talking_to(raw(data, close=True)) as (client, _):
        with (
            capture_logs(processors=PROCESSORS) as lines,
            pytest.raises((UpstreamWrong, UpstreamUnavailable)),
        ):
            await ask(client)
    assert [line["event"] for line in lines] in (["service-answered-wrongly"], ["service-unreachable"])


async def test_an_answer_is_bounded() -> None:
    async with talking_to(plain(200, b"a" * 1000), max_answer=1000) as (client, _):
        assert len((await ask(client)).content) == 1000
    async with talking_to(plain(200, b"a" * 1001), max_answer=1000) as (client, _):
        with pytest.raises(UpstreamWrong):
            await ask(client)


async def test_an_answer_that_unpacks_to_more_is_bounded_too() -> None:
    packed = gzip.compress(b"a" * 1_000_000)
    async with talking_to(plain(200, packed, "Content-Encoding: gzip"), max_answer=10_000) as (client, _):
        with pytest.raises(UpstreamWrong):
            await ask(client)


async def test_a_connection_is_used_again_and_survives_refusals() -> None:
    async with talking_to(plain(404)) as (client, server):
        for _ in range(3):
            await ask(client)
        assert len(server.requests) == 3
        assert len(server._open) == 1


async def test_an_answer_is_read_as_strict_json() -> None:
    async with talking_to(plain(200, b'{"a":[1,"\xc3\xb5"]}')) as (client, _):
        assert (await ask(client)).json() == {"a": [1, "õ"]}


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b'{"a":1,"a":2}', "application/json"),
        (b"NaN", "application/json"),
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"{}", "text/html"),
        (b"{}", "text/json"),
    ],
)
async def test_anything_else_is_wrong(body: bytes, media: str) -> None:
    async with talking_to(plain(200, body, f"Content-Type: {media}")) as (client, _):
        response = await ask(client)
        with pytest.raises(UpstreamWrong):
            response.json()


@pytest.mark.parametrize(
    "media",
    ["application/json; charset=utf-8", "application/problem+json", "application/cloudevents-batch+json"],
)
async def test_kinds_of_json_are_json(media: str) -> None:
    async with talking_to(plain(200, b"[]", f"Content-Type: {media}")) as (client, _):
        assert (await ask(client)).json() == []
