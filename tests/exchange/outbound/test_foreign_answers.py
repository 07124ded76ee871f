"""Answers as security servers of both generations and other providers write them, over real HTTP."""

from collections.abc import AsyncIterator

import pytest

from services.exchange.model.outbox import Rendered
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import Failure, Origin
from tests.exchange.outbound.doubles import MESSAGE, NOTICE, XML, answer, deliver, http, listening
from tests.exchange.outbound.foreign_answers import FAULTS, FORMS, ODD, Told

ANSWERS = {
    f"{kind}: {name}": told
    for kind, known in (("answer", FORMS), ("fault", FAULTS), ("odd", ODD))
    for name, told in known.items()
}


class Partner:
    """Whoever is asked says what a test wants to be said."""

    client: SecurityServer
    says: bytes

    async def behave(self, _head: bytes, _body: bytes) -> bytes:
        return self.says

    async def judged(self, says: bytes, notice: Rendered = NOTICE) -> Failure | None:
        self.says = says
        return await deliver(self.client, MESSAGE, notice)


@pytest.fixture(scope="module")
async def partner() -> AsyncIterator[Partner]:
    found = Partner()
    async with listening(found.behave) as found.client:
        yield found


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_foreign_answer_is_understood(partner: Partner, name: str) -> None:
    told, expected = ANSWERS[name]
    found = await partner.judged(http(told.body, told.content_type, told.status, *told.fields))
    assert found == expected


CONTENT = answer()
WAYS = {
    "in chunks": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"".join(
        b"%x;a=b\r\n%s\r\n" % (len(CONTENT[n : n + 99]), CONTENT[n : n + 99])
        for n in range(0, len(CONTENT), 99)
    )
    + b"0\r\n\r\n",
    "after an invitation to go on": b"HTTP/1.1 100 Continue\r\n\r\n" + http(CONTENT),
    "in the old version": http(CONTENT).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "with fields in capitals": http(CONTENT).replace(b"Content-Type", b"CONTENT-TYPE"),
    "without a reason": http(CONTENT).replace(b"200 OK", b"200 ", 1),
    "with a cookie and a request id": http(CONTENT, XML, "200 OK", "Set-Cookie: a=b", "x-road-request-id: 1"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_an_answer_is_read_however_it_comes(partner: Partner, way: str) -> None:
    assert await partner.judged(WAYS[way]) is None


JSON_NOTICE = Rendered("rest", "POST", "/r1/ee-dev/GOV/1/star/caseNotice", "application/json", b"{}")
RIGHT_ID = f"X-Road-Id: {MESSAGE}"
SERVER, PARTNER = Origin.SECURITY_SERVER, Origin.PARTNER
DENIED = "server.serverproxy.access_denied"
ERROR = f'{{"type": "{DENIED}", "message": "Mari", "detail": "8f3c"}}'
XML_ERROR = f"<error><type>{DENIED}</type><message>Mari</message><detail>8f3c</detail></error>"
OVER_REST: dict[str, tuple[Told, tuple[str, ...], Failure | None]] = {
    "taken": (Told(b"{}", "application/json"), (RIGHT_ID,), None),
    "taken, nothing said": (Told(b"", "", "204 No Content"), (RIGHT_ID,), None),
    "taken, fields in capitals": (
        Told(b"", "text/plain", "201 Created"),
        (RIGHT_ID.replace("X-Road-Id", "X-ROAD-ID"),),
        None,
    ),
    "taken, a page said": (Told(b"<html/>", "text/html"), (RIGHT_ID,), None),
    "an id of another": (Told(b"{}"), ("X-Road-Id: other",), Failure(Origin.ANSWER, "wrong-id", 200)),
    "no id": (Told(b"{}"), (), Failure(Origin.ANSWER, "wrong-id", 200)),
    "an error": (
        Told(ERROR.encode(), "application/json;charset=utf-8", "500 Error"),
        (f"X-Road-Error: {DENIED}",),
        Failure(SERVER, DENIED, 500),
    ),
    "an error of 7.7": (
        Told(b"", "", "400 Bad Request"),
        ("x-road-error: Server.ServerProxy.AccessDenied",),
        Failure(SERVER, "Server.ServerProxy.AccessDenied", 400),
    ),
    "an error with 200": (Told(b"{}"), (f"X-Road-Error: {DENIED}", RIGHT_ID), Failure(SERVER, DENIED, 200)),
    "an error told in JSON": (
        Told(ERROR.encode(), "application/json", "500 Error"),
        ("X-Road-Error: Mari",),
        Failure(SERVER, DENIED, 500),
    ),
    "an error told in JSON with a mark": (
        Told(b"\xef\xbb\xbf" + ERROR.encode(), "application/json", "500 Error"),
        ("X-Road-Error:",),
        Failure(SERVER, DENIED, 500),
    ),
    "an error told in XML": (
        Told(XML_ERROR.encode(), "application/xml", "500 Error"),
        ("X-Road-Error: 1 2",),
        Failure(SERVER, DENIED, 500),
    ),
    "an error told in XML of a charset": (
        Told(f"<?xml version='1.0'?>\n{XML_ERROR}".encode("utf-16"), "text/xml;charset=utf-16", "500 Error"),
        ("X-Road-Error: 1 2",),
        Failure(SERVER, DENIED, 500),
    ),
    "an error told in XML of a namespace": (
        Told(XML_ERROR.replace("<error", '<error xmlns="urn:a"').encode(), "text/xml", "500 Error"),
        ("X-Road-Error: 1 2",),
        Failure(SERVER, DENIED, 500),
    ),
    "an error that nobody can read": (
        Told(b"<a", "text/xml", "500 Error"),
        ("X-Road-Error: Mari on ohus",),
        Failure(SERVER, "unreadable", 500),
    ),
    "a partner's 400": (
        Told(ERROR.encode(), status="400 Bad Request"),
        (RIGHT_ID,),
        Failure(PARTNER, "http-400", 400),
    ),
    "a partner's 500": (Told(ERROR.encode(), status="500 Error"), (), Failure(PARTNER, "http-500", 500)),
    "a redirect": (
        Told(b"", status="307 Temporary"),
        ("Location: /a", RIGHT_ID),
        Failure(PARTNER, "http-307", 307),
    ),
}


@pytest.mark.parametrize("name", OVER_REST)
async def test_a_foreign_answer_over_rest_is_understood(partner: Partner, name: str) -> None:
    told, fields, expected = OVER_REST[name]
    says = http(told.body, told.content_type, told.status, *fields)
    assert await partner.judged(says, JSON_NOTICE) == expected
