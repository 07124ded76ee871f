"""The cases of a consumer, C01 to C09, over HTTP: the simulated security server, or one that misbehaves."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from lxml import etree
from structlog.testing import capture_logs

from services.exchange.model.outbox import Reply
from services.exchange.model.problems import InvalidContentType, MimeParsingFailed
from services.exchange.model.xroad import Headers
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import (
    Failure,
    Nature,
    Origin,
    nature,
    reason,
)
from services.exchange.wire import answers, calls, requesthash
from services.kit.log.output import PROCESSORS
from tests.exchange.outbound.doubles import (
    MESSAGE,
    NOTICE,
    POLIS,
    US,
    XML,
    XROAD,
    answer,
    deliver,
    fault,
    field,
    http,
    judged,
    listening,
    soap,
    told,
)


async def test_c01_a_message_has_one_id_and_every_try_repeats_it_and_the_bytes() -> None:
    seen: list[bytes] = []

    async def behave(_head: bytes, body: bytes) -> bytes:
        seen.append(body)
        return http(b"<html/>", "text/html", "503 Busy")

    other = uuid4()
    async with listening(behave) as client:
        for message_id, message in ((MESSAGE, NOTICE), (MESSAGE, NOTICE), (other, soap(other))):
            await deliver(client, message_id, message)
    assert seen[0] == seen[1] == NOTICE.body
    ids = [etree.fromstring(body).findtext(f".//{XROAD}id") for body in seen]
    assert ids == [str(MESSAGE), str(MESSAGE), str(other)]


async def test_c01_the_id_of_the_answer_is_compared(
    network: httpx.AsyncClient, server: SecurityServer
) -> None:
    await told(network, effect="mismatch", times=1)
    assert await deliver(server, MESSAGE, NOTICE) == Failure(Origin.ANSWER, "wrong-id")
    assert await deliver(server, MESSAGE, NOTICE) is None
    rows = (await network.get("/control/received")).json()["items"]
    assert [(row["duplicate"], row["sameBytes"]) for row in rows] == [(False, True), (True, True)]


@pytest.mark.parametrize(("given", "sent"), [("38501170364", "EE38501170364"), ("EE385", "EE385")])
def test_c02_eleven_digits_get_their_country(given: str, sent: str) -> None:
    headers = Headers(US, "m-1", user_id=given)
    body = calls.write(calls.header(headers, POLIS), calls.wrapper("urn:x", "caseNotice", {}))
    assert etree.fromstring(body).findtext(f".//{XROAD}userId") == sent


@pytest.mark.parametrize("given", ["", "3850117036", "385011703644", "ee38501170364", "Jaan"])
def test_c02_another_user_is_refused_and_not_changed(given: str) -> None:
    with pytest.raises(ValueError, match="country") as error:
        calls.user_id(given)
    assert not given or given not in str(error.value)


def _other(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        last = [*field(root, name).iter()][-1]
        last.text = "x"

    return change


def _add(tag: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        etree.SubElement(root[0], tag).text = "x"

    return change


PARTY = "{http://x-road.eu/xsd/representation.xsd}representedParty"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        *((_other(name), f"wrong-{name}") for name in ("client", "service", "id", "issue")),
        *((_add(f"{XROAD}{name}"), f"wrong-{name.lower()}") for name in ("userId", "issue", "id")),
        (_add(PARTY), "wrong-representedparty"),
        (lambda root: root.remove(root[0]), "wrong-client"),
    ],
)
async def test_c03_an_answer_with_another_header_is_inconsistent(
    change: Callable[[etree._Element], None], code: str
) -> None:
    assert await judged(answer()) is None
    assert await judged(answer(change)) == Failure(Origin.ANSWER, code)


async def test_c04_the_hash_is_of_the_bytes_that_were_sent(
    network: httpx.AsyncClient, server: SecurityServer
) -> None:
    await told(network, effect="wrong-hash", times=1)
    assert await deliver(server, MESSAGE, NOTICE) == Failure(Origin.ANSWER, "wrong-request-hash")
    assert await deliver(server, MESSAGE, NOTICE) is None


@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("http://www.w3.org/2001/04/xmlenc#sha256", hashlib.sha256),
        ("http://www.w3.org/2001/04/xmldsig-more#sha384", hashlib.sha384),
        ("http://www.w3.org/2001/04/xmlenc#sha512", hashlib.sha512),
    ],
)
async def test_c04_the_algorithm_is_that_of_the_attribute(algorithm: str, make: Any) -> None:
    value = base64.b64encode(make(NOTICE.body).digest()).decode()

    def change(root: etree._Element) -> None:
        field(root, "requestHash").set("algorithmId", algorithm)
        field(root, "requestHash").text = f"\n {value[:20]}\n {value[20:]}\n"

    assert await judged(answer(change)) is None
    value = value[::-1]
    assert await judged(answer(change)) == Failure(Origin.ANSWER, "wrong-request-hash")


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda root: root[0].remove(field(root, "requestHash")), "absent"),
        (lambda root: field(root, "requestHash").set("algorithmId", "urn:x"), "unknown-algorithm"),
    ],
)
async def test_c04_an_answer_that_cannot_be_verified_is_taken_with_a_warning(
    change: Callable[[etree._Element], None], outcome: str
) -> None:
    with capture_logs(processors=PROCESSORS) as lines:
        assert await judged(answer(change)) is None
        assert await judged(answer()) is None
    warned = [line["outcome"] for line in lines if line["event"] == "request-hash-not-verified"]
    assert warned == [outcome]


async def test_c04_a_hash_that_is_demanded_must_be_there() -> None:
    async def behave(_head: bytes, _body: bytes) -> bytes:
        return http(answer(lambda root: root[0].remove(field(root, "requestHash"))))

    async with listening(behave) as client:
        reply = await client.send(MESSAGE, NOTICE)
    assert isinstance(reply, Reply)
    found = answers.failure(MESSAGE, NOTICE, reply, hash_demanded=True)
    assert found == Failure(Origin.ANSWER, "no-request-hash")


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
@pytest.mark.parametrize("boundary", ["b", '"jetty 12;x"'])
def test_c05_of_a_multipart_request_the_first_part_is_hashed(newline: bytes, boundary: str) -> None:
    content = b"\xef\xbb\xbf<a>\r\n--bb\n</a>\n"  # its byte order mark and last line end are of it
    border = b"--" + boundary.strip('"').encode()
    lines = [b"preamble", border, b"Content-Type: text/xml", b"X-Folded: a", b" b", b"", content]
    body = newline.join([*lines, border, b"", b"second", border + b"--", b""])
    kind = f"multipart/related; type=text/xml; boundary={boundary}"
    assert requesthash.covered(kind, body) == content
    assert requesthash.covered(XML, body) == body


@pytest.mark.parametrize("body", [b"", b"--b", b"--c\r\n\r\nx", b"--b\r\nContent-Type: text/xml"])
def test_c05_a_multipart_request_has_a_first_part(body: bytes) -> None:
    with pytest.raises((InvalidContentType, MimeParsingFailed)):
        requesthash.covered("multipart/related; boundary=b", body)


async def test_c06_a_fault_with_http_200_is_a_fault(
    network: httpx.AsyncClient, server: SecurityServer
) -> None:
    await told(network, effect="fault", code="server.serverproxy.access_denied")
    found = await deliver(server, MESSAGE, NOTICE)
    assert found == Failure(Origin.SECURITY_SERVER, "server.serverproxy.access_denied")


@pytest.mark.parametrize("generation", ["7.7", "7.8"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("server.serverproxy.access_denied", "access-denied"),
        ("server.serverproxy.unknown_service", "service-unknown"),
        ("client.missing_header_field", "message-refused"),
        ("server.clientproxy.service_failed.inconsistent_response", "answer-inconsistent"),
    ],
)
async def test_c07_both_generations_of_codes_mean_the_same(
    network: httpx.AsyncClient, server: SecurityServer, generation: str, code: str, expected: str
) -> None:
    await told(network, effect="fault", code=code, generation=generation)
    found = await deliver(server, MESSAGE, NOTICE)
    assert found is not None
    assert (found.code == code) is (generation == "7.8")
    assert (found.origin, nature(found), reason(found)) == (
        Origin.SECURITY_SERVER,
        Nature.PERMANENT,
        expected,
    )


@pytest.mark.parametrize("code", ["soap:Server", "env:Client", "CODE", "Server", "servers.x"])
async def test_c08_a_fault_of_the_partner_is_not_the_security_servers(code: str) -> None:
    for status in ("200 OK", "500 Internal Server Error"):
        assert await judged(fault(code), status=status) == Failure(Origin.PARTNER, code)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("<faultCode>E7</faultCode><faultString>Jaan</faultString>", "E7"),
        ("<faultString>Jaan</faultString><faultCode>E7</faultCode>", "E7"),
        ("<out/><fault><faultCode>E7</faultCode><faultString>x</faultString></fault>", "E7"),
        ("<faultString>Jaan Tamm</faultString>", "unreadable"),
    ],
)
async def test_c09_a_business_error_in_the_wrapper_is_told_with_its_code(words: str, code: str) -> None:
    def change(root: etree._Element) -> None:
        (wrapper,) = root[1]
        wrapper[:] = list(etree.fromstring(f"<a>{words}</a>"))

    assert await judged(answer(change)) == Failure(Origin.BUSINESS, code)
