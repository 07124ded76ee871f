"""Messages with attachments: what is the same message, and where references lead."""

import base64

import pytest
from lxml import etree

from services.exchange.model.problems import AttachmentMissing, InvalidContentType, InvalidXml
from services.exchange.wire import attachments
from services.exchange.wire.attachments import Package
from services.kit.problem import TooLarge

XOP = 'xmlns:x="http://www.w3.org/2004/08/xop/include"'
SOAP = b"Content-Type: text/xml\r\n\r\n<a/>"


def package(*parts: bytes, boundary: str = "b", soap: bytes = SOAP) -> Package:
    line = f"\r\n--{boundary}\r\n".encode()
    whole = line + line.join((soap, *parts)) + f"\r\n--{boundary}--\r\n".encode()
    return attachments.read(whole, f"multipart/related; boundary={boundary}", 1000)


def test_the_first_part_is_the_message() -> None:
    found = package(b"Content-ID: <a>\r\n\r\nx")
    assert (found.soap, found.content_type, len(found.attachments)) == (b"<a/>", "text/xml", 1)


def test_a_first_part_that_does_not_say_what_it_is_is_none() -> None:
    with pytest.raises(InvalidContentType):
        package(soap=b"A: b\r\n\r\n<a/>")


def test_the_message_itself_stays_bounded() -> None:
    with pytest.raises(TooLarge):
        package(soap=b"Content-Type: text/xml\r\n\r\n" + b"a" * 1001)


def test_how_a_message_is_packed_makes_no_difference_to_its_digest() -> None:
    one = package(b"Content-ID: <a>\r\n\r\nabc", b"\r\ndef")
    coded = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"abc")
    other = package(coded, b"A: b\r\n\r\ndef", boundary="other", soap=SOAP.replace(b"<a", b"\xef\xbb\xbf<a"))
    digests = [attachments.digest(each.soap, each.attachments) for each in (one, other)]
    assert digests[0] == digests[1]
    assert attachments.digest(package().soap) == attachments.digest(b"<a/>")


@pytest.mark.parametrize(
    "parts", [(), (b"\r\nabc",), (b"\r\ndef", b"\r\nabc"), (b"\r\nabcdef",), (b"\r\nabcd", b"\r\nef")]
)
def test_what_is_attached_makes_a_difference(parts: tuple[bytes, ...]) -> None:
    one, other = package(b"\r\nabc", b"\r\ndef"), package(*parts)
    assert attachments.digest(one.soap, one.attachments) != attachments.digest(other.soap, other.attachments)


@pytest.mark.parametrize(
    ("content_id", "reference"),
    [
        ("<data.bin>", "cid:data.bin"),
        ("data.bin", "cid:data.bin"),
        ("<data.bin>", "CID:data.bin"),
        ("<data.bin>", " cid:data.bin\n"),
        ("<a b@c>", "cid:a%20b%40c"),
        ("<a%40c>", "cid:a%40c"),
        ("<a%40c>", "cid:a@c"),
        ("<a>", "cid:<a>"),
        ("<http://tempuri.org/1/636>", "cid:http%3A%2F%2Ftempuri.org%2F1%2F636"),
        ("\r\n\t<folded>", "cid:folded"),
    ],
)
def test_a_reference_finds_its_attachment(content_id: str, reference: str) -> None:
    found = package(b"\r\nno", f"Content-ID: {content_id}\r\n\r\nyes".encode(), b"Content-ID: z\r\n\r\nno")
    assert attachments.named(found.attachments, reference).read(3) == b"yes"


@pytest.mark.parametrize("reference", ["cid:b", "cid:A", "a", "cid:", "http://a", "", "cid:twice"])
def test_a_reference_to_nothing_or_to_one_of_two_is_refused(reference: str) -> None:
    twice = b"Content-ID: <twice>\r\n\r\n"
    with pytest.raises(AttachmentMissing):
        attachments.named(package(b"Content-ID: <a>\r\n\r\n", twice, twice, b"\r\n").attachments, reference)


PART = b"Content-ID: <a>\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\xff\r\n"


@pytest.mark.parametrize("wrap", ["<a>{0}</a>", "<a><b/><c><d> {0}\n</d></c></a>"])
def test_an_include_gives_way_to_what_it_names(wrap: str) -> None:
    payload = etree.fromstring(wrap.format(f'<x:Include {XOP} href="cid:a"/>'))
    attachments.resolve(payload, package(PART).attachments, 100)
    assert [each.text for each in payload.iter() if each.text] == [base64.b64encode(b"\x00\xff\r\n").decode()]


INCLUDE = f'<x:Include {XOP} href="cid:a"/>'
WRONG = {
    "missing": (f'<a><x:Include {XOP} href="cid:b"/></a>', AttachmentMissing),
    "without address": (f"<a><x:Include {XOP}/></a>", AttachmentMissing),
    "with text": (f"<a>b{INCLUDE}</a>", InvalidXml),
    "with text behind": (f"<a>{INCLUDE}b</a>", InvalidXml),
    "with a sister": (f"<a><b/>{INCLUDE}</a>", InvalidXml),
    "alone": (INCLUDE, InvalidXml),
    "too much": (f"<r>{f'<a>{INCLUDE}</a>' * 26}</r>", TooLarge),
    "text": ("<a><b>cid:b</b></a>", AttachmentMissing),
    "attribute": ('<a><b c="cid:b"/></a>', AttachmentMissing),
}


@pytest.mark.parametrize(("payload", "problem"), WRONG.values(), ids=WRONG.keys())
def test_a_reference_that_leads_nowhere_is_refused(payload: str, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        attachments.resolve(etree.fromstring(payload), package(PART).attachments, 100)


@pytest.mark.parametrize("text", ["cid:a", "see cid:b", "acid:b", "cid: b"])
def test_words_are_no_references(text: str) -> None:
    attachments.resolve(etree.fromstring(f"<a><b>{text}</b></a>"), package(PART).attachments, 100)
