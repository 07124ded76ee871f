"""SOAP messages of ours without a WSDL: an envelope around an element, where a WSDL cannot be loaded.

Source: X-Road message protocol 4.0, sections 2.1 to 2.3. Of 31 Estonian WSDLs four cannot be loaded (a
missing header message, SOAP encoding, imports from elsewhere); the metadata services have none.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from lxml import etree

from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.wire.envelope import ENVELOPE
from services.exchange.wire.headers import IDENTIFIERS, OBJECT_TYPE, XROAD

#: Words of a message: texts by element, or words again of the elements inside.
Words: TypeAlias = Mapping[str, "str | int | Words | None"]

CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
PROTOCOL_VERSION: Final = "4.0"
_PERSONAL_CODE: Final = re.compile(r"[0-9]{11}")
_WITH_COUNTRY: Final = re.compile(r"[A-Z]{2}.+")
_PREFIXES: Final = {"env": ENVELOPE[1:-1], "xrd": XROAD[1:-1], "id": IDENTIFIERS[1:-1]}


def write(fields: Sequence[etree._Element], payload: etree._Element) -> bytes:
    """The bytes of one message: its header fields (:func:`header`) and its wrapper."""
    root = etree.Element(f"{ENVELOPE}Envelope", nsmap=_PREFIXES)
    etree.SubElement(root, f"{ENVELOPE}Header").extend(fields)
    etree.SubElement(root, f"{ENVELOPE}Body").append(payload)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def header(
    headers: Headers, service: ServiceId, more: Mapping[str, str] | None = None
) -> list[etree._Element]:
    """The header fields of a message.

    Args:
        headers: client and id, and the optional userId and issue; nothing else of it is written.
        service: who is called.
        more: fields of the partner's own, by ``{namespace}name``.

    Raises:
        ValueError: the userId is neither an Estonian personal code nor prefixed with its country.
    """
    found = [
        _identify("client", _client(headers.client)),
        _identify("service", _service(service), kind="SERVICE"),
        _text(f"{XROAD}id", headers.id),
    ]
    if headers.user_id is not None:
        found.append(_text(f"{XROAD}userId", user_id(headers.user_id)))
    if headers.issue is not None:
        found.append(_text(f"{XROAD}issue", headers.issue))
    found.append(_text(f"{XROAD}protocolVersion", PROTOCOL_VERSION))
    return found + [_text(tag, text) for tag, text in (more or {}).items()]


def wrapper(namespace: str, name: str, words: Words, *, qualified: bool = False) -> etree._Element:
    """A request's wrapper with its children in the order given; None is left out.

    Args:
        namespace: of the wrapper; of what is inside too when that is ``qualified`` (``elementFormDefault``).
        name: the operation.
        words: names and texts of the children, or words again of what is inside them.
        qualified: as the service's schema has it.
    """
    element = etree.Element(f"{{{namespace}}}{name}", nsmap={"ns": namespace})
    _fill(element, words, f"{{{namespace}}}" if qualified else "")
    return element


def _fill(element: etree._Element, words: Words, space: str) -> None:
    for name, value in words.items():
        if value is None:
            continue
        child = etree.SubElement(element, f"{space}{name}")
        if isinstance(value, Mapping):
            _fill(child, value, space)
        else:
            child.text = str(value)


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


def _identify(name: str, parts: Mapping[str, str | None], *, kind: str | None = None) -> etree._Element:
    element = etree.Element(f"{XROAD}{name}", nsmap=_PREFIXES)
    element.set(OBJECT_TYPE, kind or ("SUBSYSTEM" if parts["subsystemCode"] else "MEMBER"))
    for part, text in parts.items():
        if text is not None:
            etree.SubElement(element, f"{IDENTIFIERS}{part}").text = text
    return element


def _text(tag: str, text: str) -> etree._Element:
    element = etree.Element(tag, nsmap=_PREFIXES)
    element.text = text
    return element
