"""How other programs speak HTTP: in chunks, pieces, pipelines; a message is read however it comes."""

import hashlib
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from tests.exchange.routes import sockets
from tests.exchange.routes.traits import TEXT
from tests.exchange.routes.traits_parts import FILE, KIND, SOAP, cut


@pytest.fixture(scope="module")
async def port(_shared: Any) -> AsyncIterator[int]:
    async with sockets.listening(_shared.app) as found:
        yield found


@pytest.mark.parametrize("size", [100, 1000, 1_000_000])
@pytest.mark.parametrize("parts", [False, True])
async def test_a_body_comes_in_chunks(provider: Any, port: int, size: int, parts: bool) -> None:  # noqa: FBT001
    body, kind = provider.request.encode(), TEXT
    if parts:
        body, kind = cut(f"{SOAP}\r\n\r\n".encode() + body, FILE), KIND
    (answer,) = await sockets.sent(port, sockets.chunked(body, kind, size))
    provider.accepted(answer)


async def test_chunks_may_have_extensions_and_trailers(provider: Any, port: int) -> None:
    body = provider.request.encode()
    coded = b"%X;a=b\r\n%s\r\n0;c\r\nX-Trailer: d\r\n\r\n" % (len(body), body)
    fields = (f"Content-Type: {TEXT}", "Transfer-Encoding: chunked", "TE: trailers", "Trailer: X-Trailer")
    (answer,) = await sockets.sent(port, sockets.head(*fields) + coded)
    provider.accepted(answer)


async def test_a_message_comes_in_pieces(provider: Any, port: int) -> None:
    """Cut within the request line, a header field, a letter of two bytes."""
    whole = sockets.request(provider.request.encode())
    places = [
        0,
        3,
        40,
        whole.index(b"\r\n\r\n") + 2,
        whole.index("ä".encode()) + 1,
        len(whole) - 1,
        len(whole),
    ]
    pieces = [whole[start:stop] for start, stop in pairwise(places)]
    (answer,) = await sockets.sent(port, *pieces)
    provider.accepted(answer)


async def test_who_asks_first_whether_to_go_on_is_told_so(provider: Any, port: int) -> None:
    body = provider.request.encode()
    head = sockets.head(f"Content-Type: {TEXT}", "Expect: 100-continue", f"Content-Length: {len(body)}")
    for pieces in ((head, body), (head + body,)):
        (answer,) = await sockets.sent(port, *pieces)
        provider.accepted(answer)


async def test_http_1_0_is_answered(provider: Any, port: int) -> None:
    body = provider.request.encode()
    fields = (f"Content-Type: {TEXT}", f"Content-Length: {len(body)}")
    for more in ((), ("Connection: keep-alive",)):
        head = sockets.head(*fields, *more, start="POST /xroad/soap HTTP/1.0")
        (answer,) = await sockets.sent(port, head + body)
        provider.accepted(answer)


async def test_several_messages_on_one_connection_are_answered_in_their_order(
    provider: Any, port: int
) -> None:
    """Sent before the first is answered; a refusal among them spoils nothing."""
    told = [provider.request, provider.changed("PV-2017-001203", "PV-1").replace("4c2b", "5c2b"), "<a/>"]
    told.append(told[0])
    whole = b"".join(sockets.request(one.encode()) for one in told)
    first, second, wrong, again = await sockets.sent(port, whole, answers=4)
    references = [provider.accepted(one).findtext("reference") for one in (first, second, again)]
    assert provider.fault(wrong) == "Client.invalid_soap"
    assert references[0] == references[2] != references[1]
    assert await provider.kept() == 2


@pytest.mark.parametrize(
    "line", ["POST http://exchange/xroad/soap HTTP/1.1", "POST /xroad/soap?a=b HTTP/1.1"]
)
async def test_an_address_may_be_absolute_or_have_a_query(provider: Any, port: int, line: str) -> None:
    body = provider.request.encode()
    head = sockets.head(f"Content-Type: {TEXT}", f"Content-Length: {len(body)}", start=line)
    (answer,) = await sockets.sent(port, head + body)
    provider.accepted(answer)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_another_method_is_a_fault(provider: Any, port: int, method: str) -> None:
    body = provider.request.encode()
    fields = (f"Content-Type: {TEXT}", f"Content-Length: {len(body)}")
    (answer,) = await sockets.sent(port, sockets.head(*fields, start=f"{method} /xroad/soap HTTP/1.1") + body)
    assert provider.fault(answer).startswith("Client.")
    assert await provider.kept() == 0


async def test_a_message_that_breaks_off_leaves_nothing(provider: Any, port: int) -> None:
    whole = sockets.request(provider.request.encode())
    for length in (10, 200, len(whole) - 1):
        await sockets.sent(port, whole[:length], answers=0)
    (answer,) = await sockets.sent(port, whole)
    provider.accepted(answer)
    assert await provider.kept() == 1


async def test_a_refused_body_leaves_the_connection_whole_and_its_digest(provider: Any, port: int) -> None:
    body = provider.request.encode()
    coded = body + b" "
    refused = sockets.request(coded, TEXT, "Content-Encoding: gzip")
    wrong, right = await sockets.sent(port, refused + sockets.request(body), answers=2)
    assert provider.fault(wrong) == "Client.invalid_content_type"
    provider.accepted(right)
    rows = await provider.running.rows("select canonical from message_log")
    digest = hashlib.sha256(coded).hexdigest()
    assert [digest in bytes(row["canonical"]).decode() for row in rows].count(True) == 1


@pytest.mark.parametrize("field", ["Content-Encoding: gzip", "Content-Type: text/xml"])
async def test_parts_are_one_type_and_plain_as_well(provider: Any, port: int, field: str) -> None:
    body = cut(f"{SOAP}\r\n\r\n{provider.request}".encode(), FILE)
    (answer,) = await sockets.sent(port, sockets.request(body, KIND, field))
    assert provider.fault(answer) == "Client.invalid_content_type"
    assert await provider.kept() == 0
