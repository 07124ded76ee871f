"""Read, check and stamp SOAP messages as a security server does."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from lxml import etree

from system.securityserver.faults import ENVELOPE, XRoadError, refused_as

XROAD: Final = "http://x-road.eu/xsd/xroad.xsd"
IDENTIFIERS: Final = "http://x-road.eu/xsd/identifiers"
REPRESENTATION: Final = "http://x-road.eu/xsd/representation.xsd"
SHA512: Final = "http://www.w3.org/2001/04/xmlenc#sha512"
_KNOWN: Final = ("client", "service", "id", "userId", "issue", "protocolVersion")
_MANDATORY: Final = ("client", "service", "id", "protocolVersion")
_HTTP_STATUSES: Final = (200, 500)
_FAILED: Final = "server.serverproxy.service_failed"
_ECHOED: Final = ("client", "service", "userId", "issue", "id", "representedParty")
_CLIENT_PARTS: Final = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
_SERVICE_PARTS: Final = (*_CLIENT_PARTS, "serviceCode", "serviceVersion")


@dataclass(frozen=True, slots=True)
class Message:
    """One SOAP message: its tree, the header fields that are compared, and the single child of its body."""

    root: etree._Element
    fields: dict[str, str]
    payload: etree._Element

    @property
    def service_code(self) -> str:
        """Name of the called operation."""
        return self.fields["service"].split("/")[4]

    @property
    def is_fault(self) -> bool:
        """True when the body holds a SOAP Fault."""
        return self.payload.tag == f"{{{ENVELOPE}}}Fault"


def media_type(content_type: str | None) -> str:
    """The bare media type, lower case."""
    return (content_type or "").partition(";")[0].strip().lower()


def read(raw: bytes, content_type: str | None) -> Message:
    """The message in these bytes.

    Raises:
        XRoadError: with the last part of the code only (``missing_header``); the reader's side adds the rest.
    """
    if media_type(content_type) != "text/xml":
        raise XRoadError("invalid_content_type", "Invalid content type")
    root = _tree(raw)
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise XRoadError("invalid_soap", "Not a SOAP 1.1 envelope")
    payload = _payload(root)
    if payload.tag == f"{{{ENVELOPE}}}Fault":
        return Message(root, {}, payload)
    fields = _fields(root)
    message = Message(root, fields, payload)
    if not etree.QName(payload).localname.startswith(message.service_code):
        raise XRoadError("inconsistent_headers", "Body does not match the service of the header")
    return message


def _tree(raw: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise XRoadError("invalid_xml", "Malformed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise XRoadError("invalid_xml", "DOCTYPE is not allowed")
    return root


def _elements(parent: etree._Element) -> list[etree._Element]:
    return list(parent.iterchildren("{*}*"))


def _payload(root: etree._Element) -> etree._Element:
    body = root.find(f"{{{ENVELOPE}}}Body")
    children = [] if body is None else _elements(body)
    if len(children) != 1:
        code = "missing_body" if body is None else "invalid_body"
        raise XRoadError(code, "Body must have exactly one child")
    return children[0]


def _fields(root: etree._Element) -> dict[str, str]:
    header = root.find(f"{{{ENVELOPE}}}Header")
    if header is None:
        raise XRoadError("missing_header", "No header")
    found: dict[str, str] = {}
    for element in _elements(header):
        name = etree.QName(element)
        known = name.namespace == XROAD and name.localname in _KNOWN
        if not known and element.tag != f"{{{REPRESENTATION}}}representedParty":
            continue
        if name.localname in found:
            raise XRoadError("duplicate_header_field", f"{name.localname} is there twice")
        found[name.localname] = _value(element, name.localname)
    for name_ in _MANDATORY:
        if not found.get(name_):
            raise XRoadError("missing_header_field", f"{name_} is missing")
    if not found["protocolVersion"].startswith("4."):
        raise XRoadError("invalid_protocol_version", "Protocol version must be 4.x")
    return found


def _value(element: etree._Element, name: str) -> str:
    if name == "client":
        return _identifier(element, _CLIENT_PARTS, {"MEMBER", "SUBSYSTEM"})
    if name == "service":
        return _identifier(element, _SERVICE_PARTS, {"SERVICE"})
    if name == "representedParty":
        return "/".join(child.text or "" for child in _elements(element))
    return element.text or ""


def _identifier(element: etree._Element, parts: tuple[str, ...], kinds: set[str]) -> str:
    if element.get(f"{{{IDENTIFIERS}}}objectType") not in kinds:
        raise XRoadError("invalid_xml", "objectType is missing or wrong")
    texts = {etree.QName(child).localname: child.text or "" for child in _elements(element)}
    if not set(texts) <= set(parts) or len(texts) < len(_CLIENT_PARTS) - 1:
        raise XRoadError("invalid_xml", "Identifier has unknown or missing parts")
    if parts is _SERVICE_PARTS:  # always six parts, so that the service code has a fixed place
        return "/".join(texts.get(part, "") for part in parts)
    return "/".join(texts[part] for part in parts if part in texts)


def check_answer(request: Message, answer: Message) -> None:
    """What the two servers check between a request and its answer.

    Raises:
        XRoadError: ``inconsistent_response``: a header field is not echoed, or the wrapper has another name.
    """
    if answer.is_fault:
        return
    for name in _ECHOED:
        if request.fields.get(name) != answer.fields.get(name):
            raise XRoadError("inconsistent_response", f"{name} of the answer differs from the request")
    expected = etree.QName(request.payload).localname + "Response"
    if etree.QName(answer.payload).localname != expected:
        raise XRoadError("inconsistent_response", "Wrapper of the answer has another name")


def pass_on(request: Message, sent: bytes, status: int, content_type: str | None, body: bytes) -> bytes:
    """The answer of a provider as the client gets it: its fault as it is, else checked and stamped.

    Raises:
        XRoadError: the answer breaks the protocol.
    """
    if status not in _HTTP_STATUSES:
        raise XRoadError(f"{_FAILED}.http_error", f"Server responded with error {status}")
    with refused_as(_FAILED):
        answer = read(body, content_type)
    if answer.is_fault:
        return body
    with refused_as("server.clientproxy.service_failed"):
        check_answer(request, answer)
    return stamp(answer, sent)


def request_hash(raw: bytes) -> str:
    """The value of ``requestHash`` for these bytes of a request."""
    return base64.b64encode(hashlib.sha512(raw).digest()).decode()


def stamp(answer: Message, sent: bytes) -> bytes:
    """The answer as the client gets it: written anew, with ``requestHash`` right after ``id``."""
    for old in list(answer.root.iter(f"{{{XROAD}}}requestHash")):
        parent = old.getparent()
        if parent is not None:
            parent.remove(old)
    identifier = answer.root.find(f"{{{ENVELOPE}}}Header/{{{XROAD}}}id")
    if identifier is not None:
        element = identifier.makeelement(f"{{{XROAD}}}requestHash")
        element.set("algorithmId", SHA512)
        element.text = request_hash(sent)
        identifier.addnext(element)
    return etree.tostring(answer.root, xml_declaration=True, encoding="UTF-8")


def echo(request: Message, payload: etree._Element) -> bytes:
    """An answer of a partner: the request's header copied as it is, and this payload."""
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"SOAP-ENV": ENVELOPE})
    header = request.root.find(f"{{{ENVELOPE}}}Header")
    if header is not None:
        root.append(etree.fromstring(etree.tostring(header, with_tail=False)))
    etree.SubElement(root, f"{{{ENVELOPE}}}Body").append(payload)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
