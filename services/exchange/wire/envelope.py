"""A SOAP 1.1 envelope of X-Road: its header, and the one element in its body."""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from services.exchange.model.problems import (
    InvalidBody,
    InvalidSoap,
    MissingBody,
    MissingHeader,
    SoapVersionUnsupported,
)
from services.exchange.model.xroad import Headers, ServiceId
from services.exchange.wire import headers, reader
from services.exchange.wire.mime import Part

ENVELOPE: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
_HEADER: Final = f"{ENVELOPE}Header"
_BODY: Final = f"{ENVELOPE}Body"
_SOAP_1_2: Final = "{http://www.w3.org/2003/05/soap-envelope}"
_OPEN: Final = (
    b"<?xml version='1.0' encoding='UTF-8'?>\n"
    b'<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">'
)
_CLOSE: Final = b"</env:Envelope>"
CONTENT_TYPE: Final = "text/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request whose header is in order; what its payload says is not yet known.

    ``refers``: attachments came with it, or it may speak of some, so that references must be looked for.
    """

    headers: Headers
    service: ServiceId
    header: etree._Element
    payload: etree._Element
    attachments: tuple[Part, ...] = ()
    refers: bool = False


def read(
    body: bytes, content_type: str | None, limits: reader.Limits, attachments: tuple[Part, ...] = ()
) -> Envelope:
    """Reads a request; raises the problems of bytes, header and body (``model.problems``)."""
    root = reader.read(body, content_type, limits)
    if root.tag != f"{ENVELOPE}Envelope":
        raise SoapVersionUnsupported if root.tag.startswith(_SOAP_1_2) else InvalidSoap
    header, payload = _header(root), _payload(root)
    read_headers, service = headers.read(header)
    refers = bool(attachments) or b"cid:" in body or b"xop/include" in body
    return Envelope(read_headers, service, header, payload, attachments, refers)


def answer(request: Envelope, payload: bytes) -> bytes:
    """The request's header echoed, and the payload (serialised, with its namespaces) as the body."""
    return b"".join((_OPEN, headers.echo(request.header), b"<env:Body>", payload, b"</env:Body>", _CLOSE))


def bare(payload: bytes) -> bytes:
    """An envelope without header: for faults, which repeat nothing of the request."""
    return b"".join((_OPEN, b"<env:Body>", payload, b"</env:Body>", _CLOSE))


def _header(root: etree._Element) -> etree._Element:
    found = [child for child in root if child.tag == _HEADER]
    if not found:
        raise MissingHeader
    if len(found) > 1:
        raise InvalidSoap("the envelope has more than one header")
    return found[0]


def _payload(root: etree._Element) -> etree._Element:
    bodies = [child for child in root if child.tag == _BODY]
    if not bodies:
        raise MissingBody
    if len(bodies) > 1 or len(bodies[0]) != 1:
        raise InvalidBody
    return bodies[0][0]
