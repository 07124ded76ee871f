"""Traits of answers over SOAP, of security servers of both generations and of the providers behind them.

``TAKEN``: the notice is with the partner; else who said that it is not, and the code.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from services.exchange.rules.delivery import Failure, Origin
from tests.exchange.outbound.doubles import MESSAGE, NOTICE, REFERENCE, XML, answer

TAKEN = None
BOUNDARY = 'multipart/related; type="text/xml"; start="<root>"; boundary=b'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
RIGHT = answer().decode()
CLIENT_PART = re.compile(r"(<id:xRoadInstance>[^<]*</id:xRoadInstance>)(.*?)(</xrd:client>)", re.DOTALL)
HASH = re.compile(r"<xrd:requestHash.*?</xrd:requestHash>")


@dataclass(frozen=True)
class Told:
    """An answer: its body, content type, status line and further fields."""

    body: bytes
    content_type: str = XML
    status: str = "200 OK"
    fields: tuple[str, ...] = ()


Answers = dict[str, tuple[Told, Failure | None]]


def said(*pairs: tuple[str, str], content_type: str = XML, status: str = "200 OK") -> Told:
    """The right answer with other words in it, which must have been there."""
    found = RIGHT
    for old, new in pairs:
        assert old in found, old
        found = found.replace(old, new)
    return Told(found.encode(), content_type, status)


def hashed(algorithm: str, digest: Callable[[bytes], bytes], change: Callable[[str], str] = str) -> Told:
    value = change(base64.b64encode(digest(NOTICE.body)).decode())
    return Told(
        HASH.sub(f'<xrd:requestHash algorithmId="{algorithm}">{value}</xrd:requestHash>', RIGHT).encode()
    )


def body(content: str) -> Told:
    """The right header, and another body."""
    return Told(re.sub(r"<env:Body>.*</env:Body>", content, RIGHT, flags=re.DOTALL).encode())


def parts(
    head: str,
    *,
    kind: str = BOUNDARY,
    content: bytes = RIGHT.encode(),
    more: bytes = b"",
    end: bytes = b"\r\n--b--\r\n",
) -> Told:
    return Told(b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + more + end, kind)


def fault(inner: str, *, header: str = "", status: str = "500 Internal Server Error", more: str = "") -> Told:
    return Told(
        f'{DECLARATION}<S:Envelope xmlns:S="{SOAP_ENVELOPE}">{header}<S:Body><S:Fault>{inner}</S:Fault>{more}'
        "</S:Body></S:Envelope>".encode(),
        status=status,
    )


def wrapper(content: str) -> Told:
    """The right header, and a wrapper that says something else."""
    spaces = 'xmlns:a="urn:a" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    name = "a:caseNoticeResponse"
    return body(f"<env:Body><{name} {spaces}>{content}</{name}></env:Body>")


def of_answer(code: str, status: int | None = None) -> Failure:
    return Failure(Origin.ANSWER, code, status)


def of_server(code: str) -> Failure:
    return Failure(Origin.SECURITY_SERVER, code)


def of_partner(code: str) -> Failure:
    return Failure(Origin.PARTNER, code)


def refused(code: str) -> Failure:
    return Failure(Origin.BUSINESS, code)


DOTTED = "<faultcode>{}</faultcode><faultstring>Mari</faultstring><faultactor></faultactor>"
DETAIL = "<detail><faultDetail xmlns=''>8f3c</faultDetail></detail>"
NO_SOAP = of_answer("no-soap-200", 200)
LATIN = RIGHT.replace("n-1", "põlva")

FORMS: Answers = {
    "as it is": (Told(RIGHT.encode()), TAKEN),
    "with a declaration": (Told((DECLARATION + RIGHT).encode()), TAKEN),
    "with a mark": (Told(b"\xef\xbb\xbf" + RIGHT.encode()), TAKEN),
    "without a charset": (Told(RIGHT.encode(), "text/xml"), TAKEN),
    "with other parameters": (Told(RIGHT.encode(), 'text/xml; action="a"; charset="UTF-8"'), TAKEN),
    "in latin-1, by charset": (
        Told((DECLARATION + LATIN).encode("latin-1"), "text/xml; charset=ISO-8859-1"),
        TAKEN,
    ),
    "in latin-1, by declaration": (
        Told((DECLARATION.replace("UTF-8", "ISO-8859-1") + LATIN).encode("latin-1"), "text/xml"),
        TAKEN,
    ),
    "in latin-1, though told utf-8": (
        Told((DECLARATION.replace("UTF-8", "ISO-8859-1") + LATIN).encode("latin-1")),
        TAKEN,
    ),
    "in utf-16": (Told(RIGHT.encode("utf-16"), "text/xml; charset=utf-16"), TAKEN),
    "with comments": (said(("<env:Body>", "<!-- a --><env:Body><!-- b -->")), TAKEN),
    "with other prefixes": (
        said(("env:", "soapenv:"), ("xmlns:env", "xmlns:soapenv"), ("xrd:", "n:"), ("xmlns:xrd", "xmlns:n")),
        TAKEN,
    ),
    "with a field of its own": (said(("<env:Header>", '<env:Header><a:b xmlns:a="urn:a"/>')), TAKEN),
    "with a security server": (said(("<env:Header>", "<env:Header><xrd:securityServer/>")), TAKEN),
    "without a protocol version": (said(("<xrd:protocolVersion>4.0</xrd:protocolVersion>", "")), TAKEN),
    "with parts of the client in another order": (
        Told(CLIENT_PART.sub(r"\2\1\3", RIGHT, count=1).encode()),
        TAKEN,
    ),
    "with a part that nobody knows": (said(("</xrd:client>", "<x/></xrd:client>")), TAKEN),
    "with a client of another type": (said(('objectType="SUBSYSTEM"', 'objectType="MEMBER"')), TAKEN),
    "with HTTP 500": (said(status="500 Internal Server Error"), TAKEN),
    "with a wrapper in another namespace": (wrapper(""), TAKEN),
    "with a hash in lines": (
        hashed(
            "http://www.w3.org/2001/04/xmlenc#sha512",
            lambda sent: hashlib.sha512(sent).digest(),
            lambda value: f"\n  {value[:40]}\n  {value[40:]}\n",
        ),
        TAKEN,
    ),
    "with a hash of SHA-256": (
        hashed("http://www.w3.org/2001/04/xmlenc#sha256", lambda sent: hashlib.sha256(sent).digest()),
        TAKEN,
    ),
    "with a hash of a bare name": (hashed("SHA-512", lambda sent: hashlib.sha512(sent).digest()), TAKEN),
    "with a wrong hash of a bare name": (hashed("SHA-512", lambda _: b"x"), of_answer("wrong-request-hash")),
    "with a hash of an unknown name": (hashed("MD5", lambda _: b"x"), TAKEN),
    "without a hash": (Told(HASH.sub("", RIGHT).encode()), TAKEN),
    "with an empty hash": (
        hashed("http://www.w3.org/2001/04/xmlenc#sha512", lambda _: b""),
        of_answer("wrong-request-hash"),
    ),
    "alone in parts": (parts("Content-Type: text/xml; charset=UTF-8\r\nContent-ID: <root>"), TAKEN),
    "in parts with a file": (
        parts("content-type:text/xml", more=b"\r\n--b\r\nContent-ID: <a>\r\n\r\n\x00\xff"),
        TAKEN,
    ),
    "in parts, as XOP": (
        parts('Content-Type: application/xop+xml; charset=utf-8; type="application/soap+xml"'),
        TAKEN,
    ),
    "in parts, as XOP by declaration": (
        parts(
            'Content-Type: application/xop+xml; type="text/xml"',
            content=(DECLARATION.replace("UTF-8", "ISO-8859-1") + LATIN).encode("latin-1"),
        ),
        TAKEN,
    ),
    "in parts, in base64": (
        parts(
            "Content-Type: text/xml\r\nContent-Transfer-Encoding: base64",
            content=base64.encodebytes(RIGHT.encode()),
        ),
        TAKEN,
    ),
    "in parts without an end": (parts("Content-Type: text/xml", end=b""), TAKEN),
    "in parts after words": (
        Told(b"MIME\r\n" + parts("Content-Type: text/xml").body, BOUNDARY + "; charset=UTF-8"),
        TAKEN,
    ),
    "in parts of LF": (
        Told(parts("Content-Type: text/xml").body.replace(b"\r\n", b"\n"), BOUNDARY),
        TAKEN,
    ),
    "in parts of no type": (parts("Content-ID: <root>"), NO_SOAP),
    "in parts of another kind": (
        parts("Content-Type: text/xml", kind=BOUNDARY.replace("related", "mixed")),
        NO_SOAP,
    ),
    "in parts without a boundary": (parts("Content-Type: text/xml", kind="multipart/related"), NO_SOAP),
}

FAULTS: Answers = {
    "of a security server": (
        fault(DOTTED.format("server.serverproxy.access_denied") + DETAIL, status="200 OK"),
        of_server("server.serverproxy.access_denied"),
    ),
    "of an older security server": (
        fault(DOTTED.format("Server.ServerProxy.ServiceFailed.HttpError") + DETAIL),
        of_server("Server.ServerProxy.ServiceFailed.HttpError"),
    ),
    "of a client proxy": (
        fault(DOTTED.format("Server.ClientProxy.NetworkError")),
        of_server("Server.ClientProxy.NetworkError"),
    ),
    "of a signer": (
        fault(DOTTED.format("Signer.TokenNotActive")),
        of_server("Signer.TokenNotActive"),
    ),
    "that the message is wrong": (
        fault(DOTTED.format("Client.InvalidXml")),
        of_server("Client.InvalidXml"),
    ),
    "with a code in lines": (
        fault(DOTTED.format("\n  client.bad_request\n ")),
        of_server("client.bad_request"),
    ),
    "with a code in CDATA": (
        fault(DOTTED.format("<![CDATA[client.bad_request]]>")),
        of_server("client.bad_request"),
    ),
    "with a comment in the code": (
        fault(DOTTED.format("client.<!-- a -->bad_request")),
        of_server("client.bad_request"),
    ),
    "of a provider": (fault("<faultcode>S:Server</faultcode>"), of_partner("S:Server")),
    "of a provider, narrowed": (
        fault("<faultcode>S:Client.Schema</faultcode>"),
        of_partner("S:Client.Schema"),
    ),
    "of a bare word": (fault("<faultcode>CODE</faultcode>"), of_partner("CODE")),
    "in several languages": (
        fault(
            '<faultcode>S:Server</faultcode><faultstring xml:lang="et">a</faultstring>'
            '<faultstring xml:lang="en">b</faultstring>'
        ),
        of_partner("S:Server"),
    ),
    "with details of elements": (
        fault("<faultcode>S:Server</faultcode><detail><a><faultcode>c</faultcode></a></detail>"),
        of_partner("S:Server"),
    ),
    "with qualified children": (fault("<S:faultcode>S:Server</S:faultcode>"), of_partner("S:Server")),
    "with children in another order": (
        fault("<detail/><faultstring>a</faultstring><faultcode>S:Server</faultcode>"),
        of_partner("S:Server"),
    ),
    "without a code": (fault("<faultstring>a</faultstring>"), of_partner("unreadable")),
    "with an empty code": (fault("<faultcode/>"), of_partner("unreadable")),
    "with a sentence for a code": (fault("<faultcode>Mari on ohus</faultcode>"), of_partner("unreadable")),
    "with a header": (fault("<faultcode>S:Server</faultcode>", header="<S:Header/>"), of_partner("S:Server")),
    "with something beside it": (
        fault("<faultcode>S:Server</faultcode>", more='<a:b xmlns:a="urn:a"/>'),
        of_partner("S:Server"),
    ),
    "in parts": (
        parts(
            'Content-Type: application/xop+xml; type="application/soap+xml"; charset=utf-8',
            content=fault("<faultcode>soap:Server</faultcode>").body + b"\n",
            end=b"\r\n--b",
        ),
        of_partner("soap:Server"),
    ),
    "in SOAP 1.2": (
        Told(
            b'<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Body/></S:Envelope>',
            status="500 Internal Server Error",
        ),
        Failure(Origin.TRANSPORT, "no-soap-500", 500),
    ),
    "as a wrapper's refusal": (
        wrapper("<faultCode>X1</faultCode><faultString>b</faultString>"),
        refused("X1"),
    ),
    "as a qualified refusal": (wrapper("<a:faultCode>X1</a:faultCode>"), refused("X1")),
    "as a refusal one level down": (wrapper("<fault><faultCode>X1</faultCode></fault>"), refused("X1")),
    "as a refusal of words": (wrapper("<faultString>b</faultString>"), refused("unreadable")),
    "as a refusal that is nil": (
        wrapper("<faultCode i:nil='true'/><faultString i:nil='1'/>"),
        TAKEN,
    ),
}

ODD: Answers = {
    "an empty body": (body("<env:Body/>"), of_answer("invalid-body")),
    "no body": (body(""), of_answer("invalid-body")),
    "two wrappers": (body("<env:Body><caseNoticeResponse/><b/></env:Body>"), of_answer("invalid-body")),
    "the question again": (Told(NOTICE.body), of_answer("wrong-wrapper")),
    "another wrapper": (body("<env:Body><otherResponse/></env:Body>"), of_answer("wrong-wrapper")),
    "a wrapper that begins like it": (body("<env:Body><caseNoticeResult/></env:Body>"), TAKEN),
    "no header": (
        Told(re.sub(r"<env:Header>.*</env:Header>", "", RIGHT, flags=re.DOTALL).encode()),
        of_answer("wrong-client"),
    ),
    "another id": (said((str(MESSAGE), "other")), of_answer("wrong-id")),
    "no issue": (said((f"<xrd:issue>{REFERENCE}</xrd:issue>", "")), of_answer("wrong-issue")),
    "an id twice": (said(("<env:Header>", "<env:Header><xrd:id>a</xrd:id>")), of_answer("wrong-id")),
    "a user whom nobody named": (
        said(("<env:Header>", "<env:Header><xrd:userId>a</xrd:userId>")),
        of_answer("wrong-userid"),
    ),
    "a doctype": (Told(b"<!DOCTYPE a>" + RIGHT.encode()), NO_SOAP),
    "cut short": (Told(RIGHT.encode()[:-9]), NO_SOAP),
    "words after it": (Told(RIGHT.encode() + b"OK"), NO_SOAP),
    "a page": (Told(b"<html><body>OK</body></html>", "text/html"), NO_SOAP),
    "a page called XML": (Told(b"<html/>", "text/xml"), NO_SOAP),
    "JSON": (Told(b'{"faultcode": "a"}', "application/json"), NO_SOAP),
    "the type of SOAP 1.2": (Told(RIGHT.encode(), "application/soap+xml"), NO_SOAP),
    "nothing": (Told(b"", status="202 Accepted"), of_answer("no-soap-202", 202)),
    "a redirect": (
        Told(b"", status="302 Found", fields=("Location: /login",)),
        Failure(Origin.TRANSPORT, "no-soap-302", 302),
    ),
    "no such page": (Told(b"", status="404 Not Found"), Failure(Origin.TRANSPORT, "no-soap-404", 404)),
    "a busy gateway": (Told(b"", status="503 Service Unavailable"), Failure(Origin.PARTNER, "http-503", 503)),
    "compressed, though nobody asked": (
        Told(b"\x1f\x8b\x08\x00", fields=("Content-Encoding: gzip",)),
        NO_SOAP,
    ),
}
