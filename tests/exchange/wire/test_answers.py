import base64
import codecs
import hashlib
import quopri
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.rules.delivery import Failure, Nature, Origin, nature
from services.exchange.wire import answers

XML = "text/xml; charset=UTF-8"
HEADER = """
<x:client i:objectType="SUBSYSTEM"><i:xRoadInstance>ee-dev</i:xRoadInstance><i:memberClass>GOV</i:memberClass>
 <i:memberCode>70001975</i:memberCode><i:subsystemCode>turvavork</i:subsystemCode></x:client>
<x:service i:objectType="SERVICE"><i:xRoadInstance>ee-dev</i:xRoadInstance><i:memberClass>GOV</i:memberClass>
 <i:memberCode>70008747</i:memberCode><i:subsystemCode>polis</i:subsystemCode>
 <i:serviceCode>caseNotice</i:serviceCode><i:serviceVersion>v1</i:serviceVersion></x:service>
<x:id>m-1</x:id><x:issue>TV-1</x:issue><x:protocolVersion>4.0</x:protocolVersion>"""
NAMESPACES = (
    'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" '
    'xmlns:i="http://x-road.eu/xsd/identifiers" xmlns:p="http://polis.x-road.eu/producer"'
)
TAKEN = "<p:caseNoticeResponse><notice>m-1</notice></p:caseNoticeResponse>"


def envelope(body: str, header: str = HEADER) -> bytes:
    text = f"<s:Envelope {NAMESPACES}><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    return text.encode()


def fault(code: str) -> bytes:
    return envelope(f"<s:Fault><faultcode>{code}</faultcode><faultstring>Jaan</faultstring></s:Fault>", "")


SENT = envelope("<p:caseNotice/>")


def failure(answer: bytes, status: int = 200, content_type: str | None = XML) -> Failure | None:
    return answers.soap_failure(SENT, status, content_type, answer)


def hashed(value: str, algorithm: str = "http://www.w3.org/2001/04/xmlenc#sha512") -> bytes:
    line = f'<x:requestHash algorithmId="{algorithm}">{value}</x:requestHash>'
    return envelope(TAKEN, HEADER.replace("<x:issue>", line + "<x:issue>"))


def test_an_answer_that_echoes_the_header_is_taken() -> None:
    assert failure(envelope(TAKEN)) is None


def test_prefixes_and_space_between_elements_do_not_matter() -> None:
    other = (
        envelope(TAKEN)
        .replace(b"x:", b"ns1:")
        .replace(b"xmlns:x=", b"xmlns:ns1=")
        .replace(b"</i:memberClass>\n ", b"</i:memberClass>")
    )
    assert failure(other) is None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("70001975", "70001976", "wrong-client"),
        ("<i:serviceVersion>v1", "<i:serviceVersion>v2", "wrong-service"),
        ("<x:id>m-1", "<x:id>m-2", "wrong-id"),
        ("<x:issue>TV-1</x:issue>", "", "wrong-issue"),
        ("<x:issue>", "<x:userId>EE1</x:userId><x:issue>", "wrong-userid"),
    ],
)
def test_an_answer_to_another_message_is_no_answer(old: str, new: str, code: str) -> None:
    assert failure(envelope(TAKEN, HEADER.replace(old, new))) == Failure(Origin.ANSWER, code)


def test_the_request_hash_is_compared_when_it_is_there() -> None:
    digest = base64.b64encode(hashlib.sha512(SENT).digest()).decode()
    assert failure(hashed(f"\n  {digest[:40]}\n{digest[40:]} ")) is None
    other = base64.b64encode(hashlib.sha512(b"other").digest()).decode()
    assert failure(hashed(other)) == Failure(Origin.ANSWER, "wrong-request-hash")
    sha256 = base64.b64encode(hashlib.sha256(SENT).digest()).decode()
    assert failure(hashed(sha256, "http://www.w3.org/2001/04/xmlenc#sha256")) is None
    assert failure(hashed("whatever", "urn:unknown")) is None


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    ("code", "origin"),
    [
        ("Server.ServerProxy.AccessDenied", Origin.SECURITY_SERVER),
        ("server.serverproxy.access_denied", Origin.SECURITY_SERVER),
        ("Client.MissingHeaderField", Origin.SECURITY_SERVER),
        ("soap:Server", Origin.PARTNER),
        ("CODE", Origin.PARTNER),
    ],
)
def test_a_fault_is_a_fault_under_any_status(code: str, origin: Origin, status: int) -> None:
    assert failure(fault(code), status) == Failure(origin, code)


def test_free_text_of_a_fault_goes_nowhere() -> None:
    found = failure(fault("Jaan Tamm, Tartu"))
    assert found == Failure(Origin.PARTNER, "unreadable")


@pytest.mark.parametrize(
    "body",
    [
        "<faultCode>NO_SUCH_CASE</faultCode><faultString>x</faultString>",
        "<fault><faultCode>NO_SUCH_CASE</faultCode></fault>",
    ],
)
def test_a_refusal_in_the_wrapper_is_the_partners_decision(body: str) -> None:
    found = failure(envelope(f"<p:caseNoticeResponse>{body}</p:caseNoticeResponse>"))
    assert found == Failure(Origin.BUSINESS, "NO_SUCH_CASE")
    assert nature(found) is Nature.PERMANENT


def test_a_refusal_without_a_code_is_a_refusal() -> None:
    found = failure(envelope("<p:caseNoticeResponse><faultString>Ei</faultString></p:caseNoticeResponse>"))
    assert found == Failure(Origin.BUSINESS, "unreadable")


@pytest.mark.parametrize("name", ["caseNotice", "noticeResponse", "CaseNoticeResponse"])
def test_another_wrapper_is_not_the_answer(name: str) -> None:
    assert failure(envelope(f"<p:{name}/>")) == Failure(Origin.ANSWER, "wrong-wrapper")


@pytest.mark.parametrize("name", ["caseNoticeResponse", "caseNoticeVastus"])
def test_a_wrapper_begins_with_the_code_as_security_servers_check(name: str) -> None:
    assert failure(envelope(f"<p:{name}/>")) is None


@pytest.mark.parametrize(
    ("nil", "expected"), [("true", None), ("1", None), ("false", Failure(Origin.BUSINESS, "E1"))]
)
def test_a_nil_refusal_is_none(nil: str, expected: Failure | None) -> None:
    """A base type with faultCode and faultString stands in every answer of some registers."""
    told = (
        f'<faultCode xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="{nil}">E1</faultCode>'
        '<faultString xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/><notice>1</notice>'
    )
    answer = envelope(f"<p:caseNoticeResponse>{told}</p:caseNoticeResponse>")
    assert failure(answer) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<x:id>m-1", "<x:id>m<!-- c -->-1"),
        ("<x:id>m-1", "<x:id><![CDATA[m-1]]>"),
        ("<x:id>m-1", "<x:id>&#109;-1"),
        ("<x:id>", '<x:id s:mustUnderstand="0">'),
        ("<x:protocolVersion>4.0</x:protocolVersion>", ""),
        ("<x:id>", "<own xmlns='urn:own'>1</own><x:id>"),
        ("<x:issue>TV-1</x:issue><x:protocolVersion>4.0</x:protocolVersion>",
         "<x:protocolVersion>4.0</x:protocolVersion><x:issue>TV-1</x:issue>"),
    ],
)  # fmt: skip
def test_an_echo_may_be_written_otherwise(old: str, new: str) -> None:
    """Order, comments, forms of text, fields of others: what a security server lets pass."""
    assert old in HEADER
    assert failure(envelope(TAKEN, HEADER.replace(old, new))) is None


@pytest.mark.parametrize("body", ["", TAKEN + TAKEN])
def test_a_body_holds_one_element(body: str) -> None:
    assert failure(envelope(body)) == Failure(Origin.ANSWER, "invalid-body")


@pytest.mark.parametrize(
    ("status", "origin", "expected"),
    [
        (200, Origin.ANSWER, Nature.UNKNOWN),
        (307, Origin.TRANSPORT, Nature.UNKNOWN),
        (403, Origin.TRANSPORT, Nature.UNKNOWN),
        (429, Origin.PARTNER, Nature.TEMPORARY),
        (500, Origin.TRANSPORT, Nature.TEMPORARY),
        (502, Origin.PARTNER, Nature.TEMPORARY),
    ],
)
def test_a_page_of_a_proxy_is_not_read(status: int, origin: Origin, expected: Nature) -> None:
    found = failure(b"<html>Bad Gateway</html>", status, "text/html")
    assert found is not None
    assert (found.origin, found.status, nature(found)) == (origin, status, expected)


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_fault_under_any_status_is_not_the_gateways(status: int) -> None:
    assert failure(fault("client.bad"), status) == Failure(Origin.SECURITY_SERVER, "client.bad")


def test_a_hash_may_be_demanded() -> None:
    right = base64.b64encode(hashlib.sha512(SENT).digest()).decode()

    def strict(answer: bytes) -> Failure | None:
        return answers.soap_failure(SENT, 200, XML, answer, hash_demanded=True)

    assert strict(hashed(right)) is None
    missing = Failure(Origin.ANSWER, "no-request-hash")
    assert [strict(one) for one in (envelope(TAKEN), hashed(right, "urn:unknown"))] == [missing] * 2
    assert strict(fault("soap:Server")) == Failure(Origin.PARTNER, "soap:Server")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<",
        b"<a/>",
        b'<!DOCTYPE s [<!ENTITY e "x">]>' + envelope(TAKEN),
        b"<a>" * 100_000,
        envelope(TAKEN)[:-20],
        envelope(TAKEN).replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"),
    ],
)
def test_no_bytes_of_an_answer_break_the_reader(answer: bytes) -> None:
    assert failure(answer) == Failure(Origin.ANSWER, "no-soap-200", 200)


def rest(
    status: int = 201, body: bytes = b"{}", message_id: str | None = "m-1", **headers: str
) -> Failure | None:
    told = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    if message_id is not None:
        told["x-road-id"] = message_id
    return answers.rest_failure("m-1", status, told, body)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_over_rest_is_taken(status: int) -> None:
    assert rest(status) is None


@pytest.mark.parametrize("message_id", [None, "m-2"])
def test_a_success_for_another_message_is_no_answer(message_id: str | None) -> None:
    assert rest(message_id=message_id) == Failure(Origin.ANSWER, "wrong-id", 201)


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("code", ["Server.ServerProxy.AccessDenied", "server.serverproxy.access_denied"])
def test_x_road_error_decides_whatever_the_status(status: int, code: str) -> None:
    """Servers of different versions give 400 and 500 to the same error."""
    found = rest(status, X_Road_Error=code)
    assert found == Failure(Origin.SECURITY_SERVER, code, status)
    assert nature(found) is Nature.PERMANENT


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"type": "client.bad_request"}', "client.bad_request"),
        (b'{"type": "Jaan Tamm"}', "unreadable"),
        (b"{}", "ERR"),
        (b"[]", "ERR"),
        (b"[" * 100_000, "ERR"),
        (b"<error><type>client.bad_request</type></error>", "ERR"),
    ],
)
def test_a_code_that_is_none_is_looked_for_in_the_body(body: bytes, expected: str) -> None:
    assert rest(400, body, X_Road_Error="ERR") == Failure(Origin.SECURITY_SERVER, expected, 400)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(302, Nature.PERMANENT), (409, Nature.PERMANENT), (429, Nature.TEMPORARY), (500, Nature.UNKNOWN)],
)
def test_a_status_without_x_road_error_is_the_partners_own(status: int, expected: Nature) -> None:
    found = rest(status)
    assert found == Failure(Origin.PARTNER, f"http-{status}", status)
    assert nature(found) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("40", 40), ("0", 0), ("-1", None), ("1e9", None), ("soon", None), ("99999999999", None), ("", None)],
)
def test_retry_after_is_read_as_seconds(value: str, expected: int | None) -> None:
    found = rest(503, Retry_After=value)
    assert found is not None
    assert found.retry_after == (None if expected is None else timedelta(seconds=expected))


@given(answer=st.binary(max_size=300), status=st.integers(100, 599), kind=st.text(max_size=60))
def test_any_bytes_are_an_answer_of_some_kind(answer: bytes, status: int, kind: str) -> None:
    """Nothing that a partner sends may break the worker."""
    for content_type in (kind, "text/xml", f"multipart/related; boundary={kind}"):
        assert isinstance(answers.soap_failure(SENT, status, content_type, answer), Failure)


@pytest.mark.parametrize("content_type", [None, "", "text/html", "application/soap+xml", "multipart/related"])
def test_other_content_types_are_no_soap(content_type: str | None) -> None:
    assert failure(envelope(TAKEN), 200, content_type) == Failure(Origin.ANSWER, "no-soap-200", 200)


def test_the_charset_of_the_transport_outweighs_the_declaration() -> None:
    sent = envelope("<p:caseNotice/>", HEADER.replace("TV-1", "Põlva"))
    declared = (
        '<?xml version="1.0" encoding="UTF-8"?>' + envelope(TAKEN, HEADER.replace("TV-1", "Põlva")).decode()
    )
    assert answers.soap_failure(sent, 200, "text/xml; charset=ISO-8859-1", declared.encode("latin-1")) is None


def test_a_multipart_answer_with_a_single_part_is_read() -> None:
    part = b"\r\n".join(
        [
            b"--b",
            b"Content-Type: text/xml; charset=UTF-8",
            b"Content-Transfer-Encoding: 8bit",
            b"",
            envelope(TAKEN),
        ]
    )
    kind = 'multipart/related; type="text/xml"; boundary=b'
    assert failure(part + b"\r\n--b--\r\n", 200, kind) is None
    assert failure(part, 200, kind) is None  # the closing boundary may be missing


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("base64", base64.encodebytes), ("quoted-printable", quopri.encodestring), ("8bit", bytes)],
)
def test_the_part_of_a_multipart_answer_is_decoded(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    head = f"--b\ncontent-type: text/xml;\n charset=UTF-8\nCONTENT-TRANSFER-ENCODING: {encoding}\n\n"
    answer = head.encode() + encode(envelope(TAKEN)) + b"\n--b--"
    assert failure(answer, 200, 'Multipart/Related; Type="text/xml"; Boundary="b"') is None


@pytest.mark.parametrize("kind", ["application/soap+xml", "", "text/html"])
def test_a_first_part_that_is_not_soap_is_no_answer(kind: str) -> None:
    line = f"Content-Type: {kind}\r\n" if kind else ""
    answer = f"--b\r\n{line}\r\n".encode() + envelope(TAKEN) + b"\r\n--b--"
    assert failure(answer, 200, "multipart/related; boundary=b") == Failure(Origin.ANSWER, "no-soap-200", 200)


def test_a_mark_of_byte_order_may_stand_before_an_answer() -> None:
    assert failure(codecs.BOM_UTF8 + envelope(TAKEN)) is None


def test_a_fault_inside_a_multipart_answer_is_a_fault() -> None:
    part = (
        b'--b\r\nContent-Type: application/xop+xml; type="text/xml"\r\n\r\n'
        + fault("soap:Server")
        + b"\r\n--b--"
    )
    kind = 'multipart/related; type="application/xop+xml"; boundary="b"'
    assert failure(part, 200, kind) == Failure(Origin.PARTNER, "soap:Server")
