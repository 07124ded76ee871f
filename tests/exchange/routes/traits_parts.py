"""Traits of messages in parts: how they are cut, how each part is named and coded, what refers to what."""

import base64
import binascii
from collections.abc import Callable

from tests.exchange.routes.traits import READ, Make, Sent, Traits

BOUNDARY = "MIME_boundary"
KIND = f'multipart/related; type="text/xml"; start="<root>"; boundary="{BOUNDARY}"'
MTOM = (
    'multipart/related; type="application/xop+xml"; start="<root>"; start-info="text/xml"; '
    f"boundary={BOUNDARY}"
)
SOAP = "Content-Type: text/xml; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\nContent-ID: <root>"
XOP = 'Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\nContent-ID: <root>'
PLACE = "Naabrid kutsusid politsei; kannatanul oli nähtav vigastus käel."
FILE = b"Content-Type: image/png\r\nContent-ID: <file@a>\r\n\r\n\x89PNG\r\n\x1a\n--MIME_boundar\r\n"


def cut(*parts: bytes, boundary: str = BOUNDARY, end: bytes = b"--\r\n") -> bytes:
    """The parts between their boundaries."""
    line = b"\r\n--" + boundary.encode()
    return b"".join(line + b"\r\n" + part for part in parts)[2:] + line + end


def packed(
    head: str = SOAP,
    *more: bytes,
    kind: str = KIND,
    code: Callable[[bytes], bytes] = bytes,
    then: Callable[[bytes], bytes] = bytes,
) -> Make:
    """The golden request as the first part: under this header, ``code``\\ d, and then the whole changed."""
    return lambda golden: Sent(then(cut(f"{head}\r\n\r\n".encode() + code(golden.encode()), *more)), kind)


def bounded(kind: str, boundary: str) -> Make:
    """Cut at another boundary, which the content type names in its way."""
    return lambda golden: Sent(cut(f"{SOAP}\r\n\r\n{golden}".encode(), FILE, boundary=boundary), kind)


def referring(value: str, *more: bytes, head: str = SOAP, kind: str = KIND) -> Make:
    """A value that refers to an attachment."""

    def change(golden: str) -> Sent:
        assert PLACE in golden
        told = golden.replace("</referral>", "</referral><!-- refers -->").replace(PLACE, value)
        return Sent(cut(f"{head}\r\n\r\n{told}".encode(), *more), kind)

    return change


def include(reference: str) -> str:
    """An element of XOP."""
    return f'<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="{reference}"/>'


def quoted(content: bytes) -> bytes:
    return binascii.b2a_qp(content).replace(b"\n", b"\r\n")


def lines_of_lf(message: bytes) -> bytes:
    return message.replace(b"\r\n", b"\n")


PARTS: Traits = {
    "SOAP alone": (packed(), READ),
    "with an attachment": (packed(SOAP, FILE), READ),
    "with three": (packed(SOAP, FILE, b"\r\na", b"Content-Type: text/plain\r\n\r\nb"), READ),
    "MTOM": (packed(XOP, FILE, kind=MTOM), READ),
    "MTOM of a SOAP 1.2 toolkit": (
        packed('content-type: application/xop+xml; charset=utf-8; type="application/soap+xml"', kind=MTOM),
        READ,
    ),
    "xop that ends in a semicolon, folded": (
        packed(
            'content-type: application/xop+xml;\r\n charset=UTF-8;\r\n\ttype="text/xml";'
            "\r\ncontent-id:\r\n   <0>"
        ),
        READ,
    ),
    "no boundary": (packed(kind='multipart/related; type="text/xml"'), "invalid_content_type"),
    "a boundary that is not there": (packed(kind="multipart/related; boundary=other"), "mime_parsing_failed"),
    "a boundary that only begins like it": (
        packed(kind="multipart/related; boundary=MIME"),
        "mime_parsing_failed",
    ),
    "a bare boundary": (bounded("multipart/related;boundary=----=_Part_1_2.3", "----=_Part_1_2.3"), READ),
    "a boundary with white space": (bounded('multipart/related; boundary="a b"', "a b"), READ),
    "a boundary of signs": (bounded('multipart/related; boundary="uuid:(1)+id=2?"', "uuid:(1)+id=2?"), READ),
    "a bare boundary of signs": (bounded("multipart/related; boundary=uuid:1+id=2", "uuid:1+id=2"), READ),
    "a boundary of 70": (bounded(f"multipart/related; boundary={'b' * 70}", "b" * 70), READ),
    "parameters in capitals": (bounded("MULTIPART/RELATED; BOUNDARY=q; TYPE=text/xml", "q"), READ),
    "a quoted type with parameters": (
        bounded('multipart/related; type="text/xml; charset=utf-8"; boundary=q; charset=UTF-8', "q"),
        READ,
    ),
    "parameters after tabs": (
        bounded(
            'multipart/related; type="text/xml"; start="<root>"; \tboundary="----=_Part_1"', "----=_Part_1"
        ),
        READ,
    ),
    "packed anew by a security server": (
        packed(
            "content-type:text/xml; charset=UTF-8\r\nContent-Id: <root>\r\nContent-Transfer-Encoding: binary",
            b"content-type:a/b\r\nContent-Id: <f>\r\n\r\nc",
            kind=f'multipart/related; type="text/xml"; charset=UTF-8; boundary={BOUNDARY}',
            then=lambda all_: b"\r\n" + all_,
        ),
        READ,
    ),
    "a start-info with quotes": (
        bounded('multipart/related; start-info="application/soap+xml; action=\\"a\\""; boundary=q', "q"),
        READ,
    ),
    "words before and after": (packed(then=lambda all_: b"no MIME?\r\n" + all_ + b"\r\nthe end\r\n"), READ),
    "blank lines before": (packed(then=lambda all_: b"\r\n\r\n" + all_), READ),
    "LF alone": (packed(SOAP, FILE, then=lines_of_lf), READ),
    "white space after the boundaries": (
        packed(then=lambda all_: all_.replace(b"boundary\r\n", b"boundary \t\r\n")),
        READ,
    ),
    "no end": (packed(then=lambda all_: all_.removesuffix(b"--\r\n")), READ),
    "no last boundary": (packed(then=lambda all_: all_.rpartition(b"\r\n--")[0]), READ),
    "nothing but a boundary": (lambda _: Sent(b"--MIME_boundary--\r\n", KIND), "mime_parsing_failed"),
    "nothing": (lambda _: Sent(b"", KIND), "mime_parsing_failed"),
    "no parts at all": (lambda golden: Sent(golden.encode(), KIND), "mime_parsing_failed"),
    "SOAP with a mark": (packed(code=lambda soap: b"\xef\xbb\xbf" + soap), READ),
    "SOAP by its declaration": (packed("Content-Type: text/xml"), READ),
    "SOAP in latin-9": (
        packed(
            "Content-Type: text/xml; charset=ISO-8859-15",
            code=lambda soap: soap.decode().replace("–", "-").encode("iso-8859-15"),
        ),
        READ,
    ),
    "SOAP in utf-16": (
        packed("Content-Type: text/xml", code=lambda soap: soap.decode().encode("utf-16")),
        READ,
    ),
    "SOAP in base64": (
        packed("Content-Type: text/xml\r\nContent-Transfer-Encoding: BASE64", code=base64.encodebytes),
        READ,
    ),
    "SOAP in quoted-printable": (
        packed("Content-Type: text/xml\r\nContent-Transfer-Encoding: Quoted-Printable", code=quoted),
        READ,
    ),
    "SOAP called binary": (packed("Content-Type: text/xml\r\nContent-Transfer-Encoding:binary"), READ),
    "SOAP called 7bit": (packed("Content-Type: text/xml\r\nContent-Transfer-Encoding: 7bit"), READ),
    "SOAP in an unknown encoding": (
        packed("Content-Type: text/xml\r\nContent-Transfer-Encoding: uuencode"),
        "mime_parsing_failed",
    ),
    "SOAP under a header in capitals": (packed("CONTENT-TYPE: TEXT/XML\r\nCONTENT-ID: <A>"), READ),
    "SOAP under other fields": (
        packed('Content-Length: 1\r\nContent-Disposition: attachment; name="ü"\r\nContent-Type: text/xml'),
        READ,
    ),
    "SOAP under no header": (packed(""), "invalid_content_type"),
    "SOAP of no type": (packed("Content-ID: <root>"), "invalid_content_type"),
    "SOAP of 1.2": (packed("Content-Type: application/soap+xml"), "invalid_content_type"),
    "SOAP of two types": (packed("Content-Type: text/xml\r\nContent-Type: text/html"), "mime_parsing_failed"),
    "a header that is none": (packed("Content-Type text/xml"), "mime_parsing_failed"),
    "SOAP second, though start names it": (
        lambda golden: Sent(cut(FILE, f"{SOAP}\r\n\r\n{golden}".encode()), KIND),
        "invalid_content_type",
    ),
    "start names nothing": (packed(kind=KIND.replace("<root>", "<other>")), READ),
    "another kind of parts": (packed(kind=KIND.replace("related", "mixed")), "invalid_content_type"),
    "a form": (packed(kind=KIND.replace("related", "form-data")), "invalid_content_type"),
    "an attachment of parts": (
        packed(SOAP, b"Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\na\r\n--in--\r\n"),
        READ,
    ),
    "an attachment without Content-ID": (packed(SOAP, b"Content-Type: a/b\r\n\r\nc"), READ),
    "an attachment without type": (packed(SOAP, b"Content-ID: <a>\r\n\r\nc"), READ),
    "an empty attachment": (packed(SOAP, b"Content-ID: <a>\r\n\r\n"), READ),
    "an attachment that is no base64": (
        packed(SOAP, b"Content-Transfer-Encoding: base64\r\n\r\n!"),
        "mime_parsing_failed",
    ),
    "a hundred parts": (packed(SOAP, *[b"\r\n"] * 99), READ),
    "a hundred and one": (packed(SOAP, *[b"\r\n"] * 100), "mime_parsing_failed"),
    "a reference to nothing": (referring("cid:other", FILE), "attachment_missing"),
    "an Include of nothing": (referring(include("cid:other"), head=XOP, kind=MTOM), "attachment_missing"),
    "an Include beside text": (
        referring(f"a{include('cid:file@a')}", FILE, head=XOP, kind=MTOM),
        "invalid_xml",
    ),
    "an Include by http": (
        referring(include("http://127.0.0.1/"), head=XOP, kind=MTOM),
        "attachment_missing",
    ),
}

#: What of a description is told then.
REFERRING: dict[str, tuple[Make, str]] = {
    "by swaRef": (referring("cid:file@a", FILE), "cid:file@a"),
    "by swaRef, percent-encoded": (referring("cid:file%40a", FILE), "cid:file%40a"),
    "by Include": (
        referring(include("cid:t"), b"Content-ID: <t>\r\n\r\nabc", head=XOP, kind=MTOM),
        "YWJj",
    ),
    "by Include, percent-encoded": (
        referring(include("cid:t%3C1%3E"), b"content-id: <t<1>>\r\n\r\nabc", head=XOP, kind=MTOM),
        "YWJj",
    ),
    "by Include in a plain part": (referring(include("cid:t"), b"Content-ID: t\r\n\r\nabc"), "YWJj"),
    "by Include, coded": (
        referring(
            include("cid:t"),
            b"Content-ID: <t>\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n",
            head=XOP,
            kind=MTOM,
        ),
        "YWJj",
    ),
}
