"""X-Road header fields of a SOAP message: read strictly, echoed as they came."""

from collections.abc import Container
from functools import lru_cache
from typing import Final

from lxml import etree

from services.exchange.model.problems import (
    DuplicateHeaderField,
    InvalidHeaderField,
    InvalidProtocolVersion,
    MissingHeaderField,
)
from services.exchange.model.xroad import ClientId, Headers, ServiceId

XROAD: Final = "{http://x-road.eu/xsd/xroad.xsd}"
IDENTIFIERS: Final = "{http://x-road.eu/xsd/identifiers}"
REPRESENTATION: Final = "{http://x-road.eu/xsd/representation.xsd}"
REQUEST_HASH: Final = f"{XROAD}requestHash"
OBJECT_TYPE: Final = f"{IDENTIFIERS}objectType"
_PROTOCOL: Final = "4."
#: White space of XML: of Unicode's many spaces each is a letter like any other, and another client.
_SPACE: Final = " \t\r\n"
_LONGEST: Final = 255
_LONGEST_ISSUE: Final = 4000
_KNOWN: Final = {
    f"{XROAD}{name}"
    for name in (
        "client",
        "service",
        "id",
        "userId",
        "issue",
        "protocolVersion",
        "requestHash",
        "securityServer",
    )
} | {f"{REPRESENTATION}representedParty"}
#: Namespaces of the header of protocol 2.0, 3.0 and 3.1.
_EARLIER: Final = frozenset(
    {
        "http://x-tee.riik.ee/xsd/xtee.xsd",
        "http://x-rd.net/xsd/xroad.xsd",
        "http://x-road.ee/xsd/x-road.xsd",
    }
)
_MEMBER: Final = ("xRoadInstance", "memberClass", "memberCode")
_CLIENT: Final = (*_MEMBER, "subsystemCode")
_SERVICE: Final = (*_MEMBER, "subsystemCode", "serviceCode", "serviceVersion")
_SERVER: Final = (*_MEMBER, "serverCode")
_PARTY: Final = (f"{REPRESENTATION}partyClass", f"{REPRESENTATION}partyCode")


def read(header: etree._Element) -> tuple[Headers, ServiceId]:
    """The fields, and the service that is called.

    Raises MissingHeaderField, DuplicateHeaderField, InvalidHeaderField, InvalidProtocolVersion.
    """
    fields = _fields(header)
    _spoken(header, fields)
    for name in ("client", "service", "id", "protocolVersion"):
        if f"{XROAD}{name}" not in fields:
            raise MissingHeaderField(f"{name} is missing")
    version = _text(fields[f"{XROAD}protocolVersion"], "protocolVersion")
    if not version.startswith(_PROTOCOL):
        raise InvalidProtocolVersion
    headers = Headers(
        client=_client(fields[f"{XROAD}client"]),
        id=_text(fields[f"{XROAD}id"], "id"),
        user_id=_optional(fields, f"{XROAD}userId", _LONGEST),
        issue=_optional(fields, f"{XROAD}issue", _LONGEST_ISSUE),
        represented_party=_represented(fields.get(f"{REPRESENTATION}representedParty")),
        security_server=_server(fields.get(f"{XROAD}securityServer")),
    )
    return headers, _service(fields[f"{XROAD}service"])


def echo(header: etree._Element) -> bytes:
    """The header with every field in its order, without requestHash, ready to stand in an answer."""
    for found in header.findall(REQUEST_HASH):
        header.remove(found)
    return etree.tostring(header, encoding="utf-8", with_tail=False)


def _fields(header: etree._Element) -> dict[str, etree._Element]:
    fields: dict[str, etree._Element] = {}
    for element in header:
        if element.tag not in _KNOWN:
            continue
        if element.tag in fields:
            raise DuplicateHeaderField(f"{_local(element)} is there twice")
        fields[element.tag] = element
    return fields


def _spoken(header: etree._Element, fields: Container[str]) -> None:
    """Who still speaks an earlier protocol learns that, and not that some field is missing."""
    if f"{XROAD}protocolVersion" not in fields and any(_space(one) in _EARLIER for one in header):
        raise InvalidProtocolVersion("the header is of protocol 2.0, 3.0 or 3.1")


def _space(element: etree._Element) -> str:
    return element.tag.rpartition("}")[0].removeprefix("{")


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: etree._Element, name: str, longest: int = _LONGEST) -> str:
    if len(element):
        raise InvalidHeaderField(f"{name} holds elements")
    text = (element.text or "").strip(_SPACE)
    if not text:
        raise MissingHeaderField(f"{name} is empty")
    if len(text) > longest:
        raise InvalidHeaderField(f"{name} is too long")
    return text


def _optional(fields: dict[str, etree._Element], tag: str, longest: int) -> str | None:
    element = fields.get(tag)
    if element is None or not (len(element) or (element.text or "").strip(_SPACE)):
        return None
    return _text(element, _local(element), longest)


def _parts(element: etree._Element, names: tuple[str, ...], types: set[str]) -> dict[str, str]:
    """The parts of an identifier as a security server reads them: in any order, and others do not count.

    It is the parts, too, and not the type, that tell a subsystem from a member.
    """
    field = _local(element)
    if element.get(OBJECT_TYPE) not in types:
        raise InvalidHeaderField(f"{field} has no objectType that fits it")
    parts: dict[str, str] = {}
    for child in element:
        space, _, name = child.tag.rpartition("}")
        if f"{space}}}" != IDENTIFIERS or name not in names:
            continue
        if name in parts:
            raise DuplicateHeaderField(f"{field} has a part twice")
        parts[name] = _text(child, field)
    return parts


def _member(field: str, parts: dict[str, str], last: str = "subsystemCode") -> ClientId:
    if not all(name in parts for name in _MEMBER):
        raise InvalidHeaderField(f"{field} lacks a part")
    try:
        return _identifier(*(parts[name] for name in _MEMBER), parts.get(last))
    except ValueError as error:
        raise InvalidHeaderField(f"{field}: {error}") from None


@lru_cache(maxsize=1024)
def _identifier(instance: str, member_class: str, member_code: str, last: str | None) -> ClientId:
    return ClientId(instance, member_class, member_code, last)


def _client(element: etree._Element) -> ClientId:
    return _member("client", _parts(element, _CLIENT, {"MEMBER", "SUBSYSTEM"}))


def _service(element: etree._Element) -> ServiceId:
    parts = _parts(element, _SERVICE, {"SERVICE"})
    if "serviceCode" not in parts:
        raise InvalidHeaderField("service lacks a part")
    return ServiceId(_member("service", parts), parts["serviceCode"], parts.get("serviceVersion"))


def _server(element: etree._Element | None) -> str | None:
    if element is None:
        return None
    parts = _parts(element, _SERVER, {"SERVER"})
    if "serverCode" not in parts:
        raise InvalidHeaderField("securityServer lacks a part")
    return str(_member("securityServer", parts, "serverCode"))


def _represented(element: etree._Element | None) -> str | None:
    if element is None:
        return None
    tags = [child.tag for child in element if child.tag in _PARTY]
    if _PARTY[1] not in tags or len(set(tags)) != len(tags):
        raise InvalidHeaderField("representedParty has a partyCode and may have a partyClass")
    found = (element.find(tag) for tag in _PARTY)
    return "/".join(_text(child, "representedParty") for child in found if child is not None)
