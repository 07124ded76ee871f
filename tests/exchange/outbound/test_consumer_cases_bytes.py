"""The cases of a consumer, C10 to C15 and C17, over HTTP; C16 is with the metadata."""

import asyncio

import httpx
import pytest
from lxml import etree
from structlog.testing import capture_logs

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.outbound import securityserver
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import (
    Failure,
    History,
    Nature,
    Origin,
    Quarantine,
    Terms,
    after_failure,
    nature,
)
from services.kit.log.output import PROCESSORS
from tests.exchange.outbound.doubles import (
    MESSAGE,
    NOTICE,
    REFERENCE,
    US,
    XML,
    answer,
    deliver,
    fault,
    field,
    http,
    judged,
    listening,
    told,
)


@pytest.mark.parametrize("status", ["500 Internal Server Error", "502 Bad Gateway", "504 Gateway Timeout"])
@pytest.mark.parametrize("page", [b"<html><faultcode>Server.x</faultcode></html>", b"", b"%PDF"])
async def test_c10_a_page_of_a_proxy_is_an_error_of_transport(status: str, page: bytes) -> None:
    found = await judged(page, "text/html", status)
    assert found is not None
    assert nature(found) is Nature.TEMPORARY
    assert found.code.endswith(status[:3])


@pytest.mark.parametrize("charset", ["ISO-8859-1", "UTF-8"])
async def test_c11_the_charset_of_the_transport_outweighs_the_declaration(charset: str) -> None:
    message = Rendered("soap", "POST", "/", XML, NOTICE.body.replace(REFERENCE.encode(), "Põlva".encode()))

    async def behave(_head: bytes, _body: bytes) -> bytes:
        text = answer(lambda root: root[0].remove(field(root, "requestHash"))).decode()
        declared = '<?xml version="1.0" encoding="UTF-8"?>' + text.replace(REFERENCE, "Põlva")
        return http(declared.encode("latin-1"), f"text/xml; charset={charset}")

    async with listening(behave) as client:
        found = await deliver(client, MESSAGE, message)
    assert found == (None if charset == "ISO-8859-1" else Failure(Origin.ANSWER, "no-soap-200", 200))


@pytest.mark.parametrize("place", [0, 1, 2, 5, 6])
async def test_c12_the_hash_may_stand_anywhere_in_the_header(place: int) -> None:
    def move(root: etree._Element) -> None:
        root[0].insert(place, field(root, "requestHash"))

    def spoil(root: etree._Element) -> None:
        move(root)
        field(root, "requestHash").text = "eA=="

    assert await judged(answer(move)) is None
    assert await judged(answer(spoil)) == Failure(Origin.ANSWER, "wrong-request-hash")


@pytest.mark.parametrize("kind", [XML, 'application/xop+xml; charset=UTF-8; type="text/xml"'])
@pytest.mark.parametrize("end", [b"\r\n--b--\r\n", b"\r\n--b--", b""])
async def test_c13_a_multipart_answer_may_have_a_single_part(kind: str, end: bytes) -> None:
    outer = 'multipart/related; type="text/xml"; start="<a>"; boundary="b"'
    for content, expected in (
        (answer(), None),
        (fault("soap:Server"), Failure(Origin.PARTNER, "soap:Server")),
    ):
        part = b"--b\r\nContent-Type: " + kind.encode() + b"\r\nContent-ID: <a>\r\n\r\n" + content + end
        assert await judged(part, outer) == expected


async def test_c14_reading_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(securityserver, "READ_SECONDS", 0.2)

    async def behave(_head: bytes, _body: bytes) -> None:
        """Takes the message and says nothing."""

    async with listening(behave) as client:
        async with asyncio.timeout(5):
            assert await client.send(MESSAGE, NOTICE) == Failure(Origin.TRANSPORT, "timeout")


async def test_c14_nobody_there_is_told_at_once() -> None:
    async with listening(lambda _head, _body: asyncio.sleep(0, b"")) as client:
        pass
    client = SecurityServer(client._base, US)
    assert await client.send(MESSAGE, NOTICE) == Failure(Origin.TRANSPORT, "connection")
    await client.aclose()


def test_c14_we_wait_longer_than_the_security_server_does_for_its_provider() -> None:
    assert securityserver.CONNECT_SECONDS < 60 < securityserver.READ_SECONDS < securityserver.TRY_SECONDS


@pytest.mark.parametrize(
    ("code", "again"),
    [
        ("server.serverproxy.network_error", True),
        ("Server.ServerProxy.IOError", True),
        ("server.clientproxy.network_error", True),
        ("server.clientproxy.unknown_host", True),
        ("server.clientproxy.maintenance_mode", True),
        ("Server.ServerProxy.AccessDenied", False),
        ("client.bad_request", False),
        ("server.clientproxy.unknown_member", False),
        ("server.serverproxy.service_disabled", False),
        ("server.clientproxy.service_failed.inconsistent_response", False),
    ],
)
async def test_c14_only_what_may_be_tried_again_is(
    network: httpx.AsyncClient,
    server: SecurityServer,
    code: str,
    again: bool,  # noqa: FBT001
) -> None:
    await told(network, effect="fault", code=code.lower() if "." not in code[:7] else code)
    found = await deliver(server, MESSAGE, NOTICE)
    assert found is not None
    next_ = after_failure(found, History(0, 0).after(found), Terms(), 0)
    assert isinstance(next_, Quarantine) is not again


async def test_c14_no_redirect_is_followed_and_no_cookie_is_kept() -> None:
    heads: list[bytes] = []

    async def behave(head: bytes, _body: bytes) -> bytes:
        heads.append(head)
        return http(b"", "text/plain", "307 Temporary", "Location: /inside", "Set-Cookie: a=b; Path=/")

    async with listening(behave) as client:
        for _ in range(2):
            reply = await client.send(MESSAGE, NOTICE)
            assert isinstance(reply, Reply)
            assert reply.status == 307
    assert [head.split(b" ")[1] for head in heads] == [b"/", b"/"]
    assert not any(b"cookie" in head.lower() for head in heads)


@pytest.mark.parametrize(
    "content",
    [fault("Mari Maasikas"), fault("soap:Server"), b"Mari Maasikas", answer()],
    ids=["a fault's code", "a fault", "no XML", "an answer"],
)
async def test_c17_nothing_of_a_message_is_logged(content: bytes) -> None:
    with capture_logs(processors=PROCESSORS) as lines:
        await judged(content)
        await judged(content, "text/html", "500 Mari")
    text = str(lines)
    assert str(MESSAGE) in text
    for secret in ("Mari", "4880", "<", REFERENCE, "PPA-1", "ACCEPTED"):
        assert secret not in text
