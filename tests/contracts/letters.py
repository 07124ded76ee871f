"""SOAP messages made of the same bodies as the JSON ones."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr

import httpx

from tests.contracts.together import POLIS, SECRET, Together

PATH = "/xroad/soap"
_OPEN = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"><e:Header>'
)
_MEMBER = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
_ORDER = (
    *("senderReference", "version", "referral", "referredOn", "region", "event", "occurredAt", "description"),
    *("persons", "role", "relationToVictim", "personalCode", "birthDate", "givenName", "familyName", "sex"),
    *("municipality", "address", "phone", "safeContact", "language", "assessment", "instrument"),
    *("completedOn", "answers", "grounds", "judgementReason", "consent", "victimInformed", "victimWishes"),
    *("referrer", "name", "unit"),
)
_INNER = {"persons": "person", "grounds": "ground"}


async def post(house: Together, content: Any, **headers: str) -> httpx.Response:
    """Sends bytes as the security server does."""
    usual = {"content-type": "text/xml; charset=utf-8", "x-turvavork-gateway": SECRET}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await house.http["exchange"].post(PATH, content=content, headers=usual | named)


async def soap(
    house: Together, body: Mapping[str, Any], client: str = POLIS, header: Mapping[str, str] | None = None
) -> httpx.Response:
    """Submits a referral; ``body`` is what REST would be sent, ``header`` the XML inside of header fields."""
    return await post(house, message(body, client, header))


def message(body: Mapping[str, Any], client: str = POLIS, header: Mapping[str, str] | None = None) -> bytes:
    """The request ``submitReferral``."""
    own = ("senderReference", "version")
    beside = {name: body[name] for name in own}
    referral = {name: value for name, value in body.items() if name not in own}
    payload = _inside({**beside, "referral": referral})
    return (
        f"{_OPEN}{_header(client, header or {})}</e:Header><e:Body>"
        f'<t:submitReferral xmlns:t="http://turvavork.x-road.eu/producer">{payload}</t:submitReferral>'
        "</e:Body></e:Envelope>"
    ).encode()


def question(
    service: str, payload: str, client: str = POLIS, header: Mapping[str, str] | None = None
) -> bytes:
    """Another request: the name of its service, its whole wrapper as XML."""
    return (
        f"{_OPEN}{_header(client, header or {}, service)}</e:Header><e:Body>{payload}</e:Body></e:Envelope>"
    ).encode()


def _header(client: str, changes: Mapping[str, str], code: str = "submitReferral") -> str:
    us = "ee-dev/GOV/70001975/turvavork"
    service = f"<i:serviceCode>{code}</i:serviceCode><i:serviceVersion>v1</i:serviceVersion>"
    fields = {
        "client": _member(client),
        "service": _member(us) + service,
        "id": str(uuid4()),
        "userId": "EE38501170364",
        "issue": "1",
        "protocolVersion": "4.0",
    } | dict(changes)
    kinds = {"client": ' i:objectType="SUBSYSTEM"', "service": ' i:objectType="SERVICE"'}
    return "".join(f"<x:{name}{kinds.get(name, '')}>{text}</x:{name}>" for name, text in fields.items())


def _member(client: str) -> str:
    parts = zip(_MEMBER, client.split("/"), strict=True)
    return "".join(f"<i:{name}>{part}</i:{name}>" for name, part in parts)


def _inside(value: Any, name: str = "") -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "".join(f"<{_INNER[name]}>{_inside(each)}</{_INNER[name]}>" for each in value)
    if name == "answers":
        return "".join(
            f"<answer item={quoteattr(key)}>{escape(text)}</answer>" for key, text in value.items()
        )
    if isinstance(value, dict):
        known = sorted((key for key, inner in value.items() if inner is not None), key=_ORDER.index)
        return "".join(f"<{key}>{_inside(value[key], key)}</{key}>" for key in known)
    return escape(str(value))
