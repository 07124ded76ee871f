"""SOAP messages to partners: written once with zeep, checked against the partner's schema before they go."""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any, Final

from lxml import etree
from zeep import Client

from services.exchange.model.outbox import NoticeUnfit
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.wire.envelope import ENVELOPE
from services.kit import datafile

CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
PROTOCOL_VERSION: Final = "4.0"
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"


def render(  # noqa: PLR0913 - the parts of an X-Road message
    wsdl: str,
    words: Mapping[str, str | int],
    *,
    client: ClientId,
    service: ServiceId,
    message_id: str,
    issue: str,
) -> bytes:
    """The bytes of one message to a partner.

    Args:
        wsdl: name of the partner's WSDL among our data; its schemas are inside.
        words: content of the wrapper.
        client: who calls: us.
        service: the operation.
        message_id: id of the logical message.
        issue: our reference of the case.

    Raises:
        NoticeUnfit: the words do not fit the schema (zeep itself would send them).
    """
    zeep, schema = _contract(wsdl)
    header = {
        "client": _client_words(client),
        "service": _service_words(service),
        "id": message_id,
        "issue": issue,
        "protocolVersion": PROTOCOL_VERSION,
    }
    try:
        envelope = zeep.create_message(zeep.service, service.code, **words, _soapheaders=header)
    except TypeError as error:  # a word that the schema does not know
        raise NoticeUnfit("the words are not those of the schema") from error
    payload = envelope.find(f"{ENVELOPE}Body")[0]
    if not schema.validate(payload):
        raise NoticeUnfit(_places(schema))
    etree.cleanup_namespaces(envelope)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


@cache
def _contract(wsdl: str) -> tuple[Any, etree.XMLSchema]:
    """The partner's WSDL for zeep, and the partner's own schema out of it as a judge."""
    content = datafile.read_bytes("services.exchange", wsdl)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(content, parser)
    own = root.get("targetNamespace")
    found = next(one for one in root.iter(f"{_XS}schema") if one.get("targetNamespace") == own)
    alone = etree.fromstring(etree.tostring(found), parser)  # with the prefixes that it had inside
    make: Any = Client  # zeep has no types
    return make(BytesIO(content)), etree.XMLSchema(alone)


def _client_words(client: ClientId) -> dict[str, str]:
    words = {
        "objectType": "MEMBER" if client.subsystem is None else "SUBSYSTEM",
        "xRoadInstance": client.instance,
        "memberClass": client.member_class,
        "memberCode": client.member_code,
    }
    return words if client.subsystem is None else {**words, "subsystemCode": client.subsystem}


def _service_words(service: ServiceId) -> dict[str, str]:
    words = {**_client_words(service.provider), "objectType": "SERVICE", "serviceCode": service.code}
    return words if service.version is None else {**words, "serviceVersion": service.version}


def _places(schema: etree.XMLSchema) -> str:
    """Where a message does not fit: libxml2's names of the errors and elements, never the values."""
    entries: Any = schema.error_log  # the stubs do not know that it can be iterated
    return ", ".join(f"{entry.type_name} at {entry.path}" for entry in entries)
