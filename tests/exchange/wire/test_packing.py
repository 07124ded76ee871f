"""Attachments that go out, and Faults among parts, by the numbered cases of `docs/xroad-cases.md`."""

from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from services.exchange.rules.delivery import Failure, Origin
from services.exchange.wire import answers, attachments, mime, packing
from services.exchange.wire.packing import Attachment, Packed

SOAP = "<a><ref>cid:data.bin</ref>õ</a>".encode()
BLOB = bytes(range(256)) * 1000
DATA = Attachment("data.bin", "application/octet-stream", BLOB, {"Client-Header": "FooBar"})
NOTE = Attachment("note@x-y", 'text/plain; name="a"', b"\r\n--part\r\n")


def by_another_reader(packed: Packed) -> tuple[Message, list[Message]]:
    """As Python's ``email`` reads it."""
    whole = message_from_bytes(b"Content-Type: " + packed.content_type.encode() + b"\r\n\r\n" + packed.body)
    assert not whole.defects
    parts: Any = whole.get_payload()
    return whole, parts


@pytest.mark.parametrize("mtom", [False, True])
def test_what_is_packed_is_found_again(*, mtom: bool) -> None:
    packed = packing.pack(SOAP, [DATA, NOTE], mtom=mtom)
    found = attachments.read(packed.body, packed.content_type, 1000)
    assert found.soap == SOAP
    assert [each.read(len(BLOB)) for each in found.attachments] == [BLOB, NOTE.content]
    assert attachments.named(found.attachments, DATA.reference).headers["client-header"] == "FooBar"
    assert attachments.named(found.attachments, NOTE.reference).content_type == 'text/plain; name="a"'
    assert packing.pack(SOAP, [DATA, NOTE], mtom=mtom) == packed


def test_a09_soap_with_attachments_goes_out_as_the_protocol_says() -> None:
    whole, (root, data, note) = by_another_reader(packing.pack(SOAP, [DATA, NOTE]))
    assert (whole.get_content_type(), whole.get_param("type")) == ("multipart/related", "text/xml")
    assert whole.get_param("start") == root["Content-ID"] == "<rootpart>"
    assert (root.get_content_type(), root.get_content_charset()) == ("text/xml", "utf-8")
    assert root["Content-Transfer-Encoding"] == "8bit"
    assert root.get_payload(decode=True) == SOAP
    assert data.get_payload(decode=True) == BLOB
    assert (data["Content-ID"], data["Client-Header"]) == ("<data.bin>", "FooBar")
    assert note.get_payload(decode=True) == NOTE.content


def test_a10_mtom_goes_out_as_the_protocol_says() -> None:
    packed = packing.pack(SOAP, [DATA], mtom=True)
    whole, (root, _) = by_another_reader(packed)
    assert (whole.get_param("type"), whole.get_param("start-info")) == ("application/xop+xml", "text/xml")
    assert (root.get_content_type(), root.get_param("type")) == ("application/xop+xml", "text/xml")
    assert root.get_payload(decode=True) == SOAP
    (_, data) = mime.parts(packed.body, packed.content_type, mime.Limits())
    assert (data.encoding, data.read(len(BLOB))) == ("binary", BLOB)


def test_a_message_alone_may_be_packed() -> None:
    packed = packing.pack(SOAP, [])
    assert [each.read(100) for each in mime.parts(packed.body, packed.content_type, mime.Limits())] == [SOAP]


@pytest.mark.parametrize(
    ("content_id", "content_type", "headers"),
    [
        ("a\r\nb", "a/b", {}),
        ("a>", "a/b", {}),
        ("", "a/b", {}),
        ("a", "a/b\r\nX: y", {}),
        ("a", "a/b", {"X": "y\nZ: z"}),
        ("a", "a/b", {"X\n": "y"}),
        ("a", "a/b", {"Content-ID": "y"}),
        ("a", "a/õ", {}),
    ],
)
def test_no_header_is_smuggled_in(content_id: str, content_type: str, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header field"):
        Attachment(content_id, content_type, b"", headers)


FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    "<faultcode>{0}</faultcode><faultstring>x</faultstring></s:Fault></s:Body></s:Envelope>"
)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("mtom", [False, True])
@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize(
    ("code", "origin"),
    [("server.serverproxy.access_denied", Origin.SECURITY_SERVER), ("s:Server", Origin.PARTNER)],
)
def test_a12_a_fault_among_parts_is_a_fault(
    *, status: int, mtom: bool, cut: bool, code: str, origin: Origin
) -> None:
    packed = packing.pack(FAULT.format(code).encode(), [DATA], mtom=mtom)
    body = packed.body.rpartition(b"\r\n--")[0].replace(b"\r\n", b"\n") if cut else packed.body
    assert answers.soap_failure(SOAP, status, packed.content_type, body) == Failure(
        origin, answers.clean_code(code)
    )
