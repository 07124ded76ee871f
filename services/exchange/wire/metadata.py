"""The metadata services of a security server: what is asked, and what the answers say.

Sources: X-Road service metadata protocol 2.16 (listClients; listMethods, allowedMethods, getWsdl over SOAP)
and its like for REST 0.8, whose examples, not its schema, are what servers do: snake_case under ``service``.
Fields that we do not know are passed over; a row that is no identifier makes the answer unreadable.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from lxml import etree

from services.exchange.model.metadata import Document, Member, MetadataUnreadable, RestService
from services.exchange.model.outbox import Rendered
from services.exchange.model.problems import InvalidContentType, InvalidXml, MimeParsingFailed
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.wire import calls, mediatype, mime, reader
from services.exchange.wire.headers import IDENTIFIERS, XROAD
from services.kit import strictjson
from services.kit.problem import Malformed, TooLarge

Listing = Literal["listMethods", "allowedMethods"]
LIMITS: Final = reader.Limits(bytes=8 * 1024 * 1024, elements=300_000, attributes=600_000, namespaces=50_000)
#: The other name of XML, which is no name of SOAP.
_APPLICATION: Final = re.compile(r"\s*application/xml(?=\s*(;|\Z))", re.IGNORECASE)
_MOST_VALUES: Final = 500_000
_MEMBER: Final = ("xroad_instance", "member_class", "member_code")
_CLIENT_PARTS: Final = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
Row = TypeVar("Row")


def ask_services(us: ClientId, provider: ClientId, listing: Listing, message_id: UUID) -> Rendered:
    """Asks over SOAP which services a provider has, or allows to us."""
    payload = etree.Element(f"{XROAD}{listing}", nsmap={"xrd": XROAD[1:-1]})
    return _rendered(us, ServiceId(provider, listing, None), payload, message_id)


def ask_wsdl(us: ClientId, service: ServiceId, message_id: UUID) -> Rendered:
    """Asks for the WSDL of a SOAP service."""
    words = {"serviceCode": service.code, "serviceVersion": service.version}
    payload = calls.wrapper(XROAD[1:-1], "getWsdl", words, qualified=True)
    return _rendered(us, ServiceId(service.provider, "getWsdl", None), payload, message_id)


def _rendered(us: ClientId, service: ServiceId, payload: etree._Element, message_id: UUID) -> Rendered:
    body = calls.write(calls.header(Headers(us, str(message_id)), service), payload)
    return Rendered("soap", "POST", "/", calls.CONTENT_TYPE, body)


def members(content_type: str | None, body: bytes) -> tuple[Member, ...]:
    """Members and subsystems in an answer of listClients, JSON or XML; MetadataUnreadable."""
    if mediatype.read(content_type).get_content_type() == "application/json":
        return tuple(_each(_rows(body, "member"), _json_member))
    root = _tree(content_type, body)
    if root.tag != f"{XROAD}clientList":
        raise MetadataUnreadable("the list of members has another root")
    return tuple(_each(root.findall(f"{XROAD}member"), _xml_member))


def soap_services(envelope: etree._Element) -> tuple[ServiceId, ...]:
    """Services in an answer of listMethods or allowedMethods over SOAP; MetadataUnreadable."""
    return tuple(_each(list(envelope.iterfind(f"*/*/{XROAD}service")), _xml_service))


def rest_services(body: bytes) -> tuple[RestService, ...]:
    """Services in an answer of listMethods or allowedMethods over REST; MetadataUnreadable."""
    return tuple(_each(_rows(body, "service"), _json_service))


def attached(content_type: str | None, body: bytes) -> Document:
    """The WSDL beside the envelope in an answer of getWsdl; MetadataUnreadable."""
    try:
        _, wsdl, *_ = mime.parts(body, content_type or "", mime.Limits())
        return Document(wsdl.content_type or "text/xml", wsdl.read(LIMITS.bytes))
    except (InvalidContentType, MimeParsingFailed, TooLarge, ValueError):
        raise MetadataUnreadable("the answer has no WSDL attached") from None


def _each(rows: list[Any], read: Callable[[Any], Row]) -> list[Row]:
    try:
        return [read(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise MetadataUnreadable("a row of the list is not as the protocol has it") from None


def _json_member(row: Mapping[str, Any]) -> Member:
    client = _json_client(row["id"])
    names = (row.get("subsystem_name"), row.get("name"))
    return Member(client, next((str(name) for name in names if name), ""))


def _json_client(told: Mapping[str, Any]) -> ClientId:
    instance, member_class, member_code = (_text(told[name]) for name in _MEMBER)
    return ClientId(instance, member_class, member_code, _text(told.get("subsystem_code")) or None)


def _json_service(row: Mapping[str, Any]) -> RestService:
    service = ServiceId(_json_client(row), _text(row["service_code"]), None)
    endpoints = tuple((_text(each["method"]), _text(each["path"])) for each in row.get("endpoint_list") or ())
    return RestService(service, _text(row.get("service_type")) or "REST", endpoints)


def _text(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError("text was expected")
    return value or ""


def _xml_member(row: etree._Element) -> Member:
    identifier = row.find(f"{XROAD}id")
    if identifier is None:
        raise ValueError("a member without id")
    name = row.findtext(f"{XROAD}subsystemName") or row.findtext(f"{XROAD}name") or ""
    return Member(_xml_client(identifier), name)


def _xml_client(element: etree._Element) -> ClientId:
    parts = [(element.findtext(f"{IDENTIFIERS}{name}") or "").strip() for name in _CLIENT_PARTS]
    return ClientId(parts[0], parts[1], parts[2], parts[3] or None)


def _xml_service(element: etree._Element) -> ServiceId:
    code = (element.findtext(f"{IDENTIFIERS}serviceCode") or "").strip()
    version = (element.findtext(f"{IDENTIFIERS}serviceVersion") or "").strip()
    if not code:
        raise ValueError("a service without code")
    return ServiceId(_xml_client(element), code, version or None)


def _rows(body: bytes, key: str) -> list[Any]:
    try:
        told: Any = strictjson.loads(body.removeprefix(codecs.BOM_UTF8), max_values=_MOST_VALUES)
        rows = told[key]
    except (Malformed, KeyError, TypeError):
        rows = None
    if not isinstance(rows, list):
        raise MetadataUnreadable(f"the answer is not a list under {key}")
    return rows


def _tree(content_type: str | None, body: bytes) -> etree._Element:
    try:
        return reader.read(body, _APPLICATION.sub("text/xml", content_type or ""), LIMITS)
    except (InvalidContentType, InvalidXml, TooLarge):
        raise MetadataUnreadable("the answer is not XML that can be read") from None
