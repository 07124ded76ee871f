"""SOAP messages of ours without a WSDL: an envelope around an element, where a WSDL cannot be loaded.

Source: X-Road message protocol 4.0, sections 2.1 to 2.3. Of 31 Estonian WSDLs four cannot be loaded (a
missing header message, SOAP encoding, imports from elsewhere); the metadata services have none.
"""

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.wire.envelope import ENVELOPE
from services.exchange.wire.headers import IDENTIFIERS, OBJECT_TYPE, XROAD

CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
PROTOCOL_VERSION: Final = "4.0"
_PERSONAL_CODE: Final = re.compile(r"[0-9]{11}")
_WITH_COUNTRY: Final = re.compile(r"[A-Z]{2}.+")
_PREFIXES: Final = {"env": ENVELOPE[1:-1], "xrd": XROAD[1:-1], "id": IDENTIFIERS[1:-1]}


def write(headers: Headers, service: ServiceId, payload: etree._Element) -> bytes:
    """The bytes of one message.

    Args:
        headers: client and id, and the optional userId and issue; nothing else of it is written.
        service: who is called.
        payload: the wrapper.

    Raises:
        ValueError: the userId is neither an Estonian personal code nor prefixed with its country.
    """
    root = etree.Element(f"{ENVELOPE}Envelope", nsmap=_PREFIXES)
    header = etree.SubElement(root, f"{ENVELOPE}Header")
    _identify(header, "client", _client(headers.client))
    _identify(header, "service", _service(service), kind="SERVICE")
    _text(header, "id", headers.id)
    if headers.user_id is not None:
        _text(header, "userId", user_id(headers.user_id))
    if headers.issue is not None:
        _text(header, "issue", headers.issue)
    _text(header, "protocolVersion", PROTOCOL_VERSION)
    etree.SubElement(root, f"{ENVELOPE}Body").append(payload)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def wrapper(
    namespace: str, name: str, words: Mapping[str, str | None], *, qualified: bool = False
) -> etree._Element:
    """A request's wrapper with its children in the order given; None is left out.

    Args:
        namespace: of the wrapper; of the children too when they are ``qualified`` (``elementFormDefault``).
        name: the operation.
        words: names and texts of the children.
        qualified: as the service's schema has it.
    """
    element = etree.Element(f"{{{namespace}}}{name}", nsmap={"ns": namespace})
    for child, text in words.items():
        if text is not None:
            etree.SubElement(element, f"{{{namespace}}}{child}" if qualified else child).text = text
    return element


def user_id(text: str) -> str:
    """A userId as it is sent: 11 digits get the prefix EE; what has a prefix stays; ValueError otherwise."""
    if _PERSONAL_CODE.fullmatch(text):
        return f"EE{text}"
    if not _WITH_COUNTRY.fullmatch(text):
        raise ValueError("a userId begins with the two letters of its country")
    return text


def _client(client: ClientId) -> dict[str, str | None]:
    return {
        "xRoadInstance": client.instance,
        "memberClass": client.member_class,
        "memberCode": client.member_code,
        "subsystemCode": client.subsystem,
    }


def _service(service: ServiceId) -> dict[str, str | None]:
    return {**_client(service.provider), "serviceCode": service.code, "serviceVersion": service.version}


def _identify(
    header: etree._Element, name: str, parts: Mapping[str, str | None], *, kind: str | None = None
) -> None:
    element = etree.SubElement(header, f"{XROAD}{name}")
    element.set(OBJECT_TYPE, kind or ("SUBSYSTEM" if parts["subsystemCode"] else "MEMBER"))
    for part, text in parts.items():
        if text is not None:
            etree.SubElement(element, f"{IDENTIFIERS}{part}").text = text


def _text(header: etree._Element, name: str, text: str) -> None:
    etree.SubElement(header, f"{XROAD}{name}").text = text
