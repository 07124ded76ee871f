import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import aiohttp
import httpx
import pytest

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.xroad import ClientId
from services.exchange.outbound import securityserver
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import Failure, Origin

US = ClientId.parse("ee-dev/GOV/70001975/turvavork")
MESSAGE = UUID("6d0f4b0e-3f0e-4f57-9d0b-2b9f1f6c3a10")
SOAP = Rendered("soap", "POST", "/", "text/xml; charset=UTF-8", b"<a/>")
REST = Rendered(
    "rest", "POST", "/r1/ee-dev/GOV/70009770/star/caseNotice/v1/notices", "application/json", b"{}"
)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """A body as it comes from the network."""
    for part in parts:
        yield part


async def send(answer: Callable[[httpx.Request], httpx.Response], message: Rendered) -> Reply | Failure:
    server = SecurityServer("http://ss", US, transport=httpx.MockTransport(answer))
    try:
        return await server.send(MESSAGE, message)
    finally:
        await server.aclose()


async def test_soap_goes_as_it_was_written() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=chunks(b"<", b"b/>"), headers={"Content-Type": "text/xml"})

    reply = await send(answer, SOAP)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (200, b"<b/>")
    (request,) = seen
    assert (request.method, str(request.url), request.content) == ("POST", "http://ss/", b"<a/>")
    assert request.headers["content-type"] == "text/xml; charset=UTF-8"
    assert request.headers["soapaction"] == '""'
    assert not [name for name in request.headers if name.startswith("x-road")]


async def test_rest_says_who_we_are_and_which_message_it_is() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, content=chunks())

    await send(answer, REST)
    (request,) = seen
    assert request.url.raw_path == REST.target.encode()
    assert request.headers["x-road-client"] == str(US)
    assert request.headers["x-road-id"] == str(MESSAGE)
    assert request.headers["accept"] == "application/json"


async def test_a_redirect_is_not_followed() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, content=chunks(), headers={"Location": "http://inside.example/"})

    reply = await send(answer, REST)
    assert isinstance(reply, Reply)
    assert reply.status == 302


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectError("x"), "connection"),
        (httpx.ReadError("x"), "connection"),
        (httpx.RemoteProtocolError("x"), "connection"),
        (aiohttp.ClientPayloadError("x"), "connection"),
        (ConnectionResetError("x"), "connection"),
        (httpx.ConnectTimeout("x"), "connection"),
        (httpx.ReadTimeout("x"), "timeout"),
        (TimeoutError(), "timeout"),
    ],
)
async def test_whatever_the_network_does_is_a_failure_of_transport(error: Exception, code: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    assert await send(answer, SOAP) == Failure(Origin.TRANSPORT, code)


async def test_an_answer_that_never_ends_is_cut_off() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    assert await send(answer, SOAP) == Failure(Origin.ANSWER, "too-large", 200)


async def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(securityserver, "TRY_SECONDS", 0.2)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.02)
            yield b"x"

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=dripping())

    assert await send(answer, SOAP) == Failure(Origin.TRANSPORT, "timeout")


async def test_a_bomb_stays_packed() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=chunks(b"\x1f\x8b bomb"), headers={"Content-Encoding": "gzip"})

    reply = await send(answer, SOAP)
    assert isinstance(reply, Reply)
    assert reply.body == b"\x1f\x8b bomb"
