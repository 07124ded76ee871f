"""Referrals as POLIS (SOAP) and STAR (REST) write them, from the JSON words that ``system.samples`` uses.

A message has ``protocol``, ``messageId``, ``sender`` (client, reference, version) and ``referral``; one
that withdraws has ``reason`` in its place. What it is for is an operation: submit, correct, withdraw.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from system.securityserver.faults import ENVELOPE
from system.securityserver.partners import TURVAVORK
from system.securityserver.soap import IDENTIFIERS, XROAD

PRODUCER: Final = "http://turvavork.x-road.eu/producer"
REST_PATHS: Final = {"submit": "/v1/referrals", "correct": "/v1/corrections", "withdraw": "/v1/withdrawals"}
SERVICES: Final = {"submit": "submitReferral", "correct": "correctReferral", "withdraw": "withdrawReferral"}
_MEMBER: Final = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
#: Order of the children in our schema; a JSON object has none.
ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "referral": (
        "referredOn",
        "region",
        "event",
        "persons",
        "assessment",
        "grounds",
        "judgementReason",
        "consent",
        "victimInformed",
        "victimWishes",
        "referrer",
    ),
    "event": ("occurredAt", "description"),
    "person": (
        "role",
        "relationToVictim",
        "personalCode",
        "birthDate",
        "givenName",
        "familyName",
        "sex",
        "municipality",
        "address",
        "phone",
        "safeContact",
        "language",
    ),
    "assessment": ("instrument", "completedOn", "answers"),
    "referrer": ("name", "unit"),
}
_ITEM: Final = {"persons": "person", "grounds": "ground"}


def soap_message(
    message: Mapping[str, Any],
    *,
    user_id: str | None = None,
    issue: str | None = None,
    operation: str = "submit",
) -> bytes:
    """``submitReferral.v1``, or what comes after it, with the header of a message protocol 4.0 request."""
    sender, service = message["sender"], SERVICES[operation]
    header = _header(sender["client"], message["messageId"], user_id, issue, service)
    wrapper = etree.Element(f"{{{PRODUCER}}}{service}", nsmap={"tv": PRODUCER})
    etree.SubElement(wrapper, "senderReference").text = sender["reference"]
    etree.SubElement(wrapper, "version").text = str(sender["version"])
    _put(wrapper, "referral", message.get("referral"))
    _put(wrapper, "reason", message.get("reason"))
    return _sealed(header, wrapper)


def status_query(client: str, message_id: str, name: str, value: str) -> bytes:
    """``getReferralStatus.v1`` by ``reference``, ``senderReference`` or ``messageId``."""
    wrapper = etree.Element(f"{{{PRODUCER}}}getReferralStatus", nsmap={"tv": PRODUCER})
    etree.SubElement(wrapper, name).text = value
    return _sealed(_header(client, message_id, None, None, "getReferralStatus"), wrapper)


def flag_query(client: str, message_id: str, user_id: str, issue: str, personal_code: str) -> bytes:
    """``getFlags.v1`` about a personal code, for a procedure of the client's own."""
    wrapper = etree.Element(f"{{{PRODUCER}}}getFlags", nsmap={"tv": PRODUCER})
    etree.SubElement(wrapper, "personalCode").text = personal_code
    return _sealed(_header(client, message_id, user_id, issue, "getFlags"), wrapper)


def rest_message(message: Mapping[str, Any]) -> bytes:
    """The same over REST: the words of the referral, the sender's reference and version beside them."""
    sender = message["sender"]
    said = message.get("referral") or {"reason": message["reason"]}
    body = {**said, "senderReference": sender["reference"], "version": sender["version"]}
    return json.dumps(body, ensure_ascii=False).encode()


def _header(
    client: str, message_id: str, user_id: str | None, issue: str | None, service: str = "submitReferral"
) -> etree._Element:
    header = etree.Element(f"{{{ENVELOPE}}}Header", nsmap={"xrd": XROAD, "id": IDENTIFIERS})
    _identify(etree.SubElement(header, f"{{{XROAD}}}client"), "SUBSYSTEM", client)
    element = etree.SubElement(header, f"{{{XROAD}}}service")
    _identify(element, "SERVICE", TURVAVORK)
    etree.SubElement(element, f"{{{IDENTIFIERS}}}serviceCode").text = service
    etree.SubElement(element, f"{{{IDENTIFIERS}}}serviceVersion").text = "v1"
    texts = {"id": message_id, "userId": user_id, "issue": issue, "protocolVersion": "4.0"}
    for name, text in texts.items():
        if text is not None:
            etree.SubElement(header, f"{{{XROAD}}}{name}").text = text
    return header


def _identify(element: etree._Element, kind: str, client: str) -> None:
    element.set(f"{{{IDENTIFIERS}}}objectType", kind)
    for name, part in zip(_MEMBER, client.split("/"), strict=True):
        etree.SubElement(element, f"{{{IDENTIFIERS}}}{name}").text = part


def _sealed(header: etree._Element, payload: etree._Element) -> bytes:
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soapenv": ENVELOPE})
    root.append(header)
    etree.SubElement(root, f"{{{ENVELOPE}}}Body").append(payload)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _put(parent: etree._Element, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """One JSON value as an element; null is left out."""
    if value is None:
        return
    element = etree.SubElement(parent, name)
    if name == "answers":
        for item, answer in value.items():
            etree.SubElement(element, "answer", item=item).text = answer
    elif isinstance(value, list):
        for entry in value:
            _put(element, _ITEM[name], entry)
    elif isinstance(value, dict):
        for child in ORDER[name]:
            _put(element, child, value.get(child))
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    else:
        element.text = str(value)
