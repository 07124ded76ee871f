"""The metadata services, which a security server answers by itself: listClients, listMethods and their like.

The shapes are those of the examples and of the servers, which differ from the schema of the REST protocol.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from lxml import etree
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from system.securityserver import callouts, partners, soap
from system.securityserver.faults import XRoadError
from system.securityserver.soap import IDENTIFIERS, XROAD

#: Both lists, and the description, in the order: of everything, of what the caller may call.
LISTS: Final = ("listMethods", "allowedMethods")
SOAP_SERVICES: Final = (*LISTS, "getWsdl")
REST_SERVICES: Final = (*LISTS, "getOpenAPI")
XML: Final = "text/xml;charset=UTF-8"
_HERE: Final = Path(__file__).parent
_ADDRESS: Final = re.compile(rb'(<soap:address\s+location=)"[^"]*"')
_PLACEHOLDER: Final = rb'\1"http://example.org/xroad-endpoint"'
_PARTS: Final = (
    "xRoadInstance",
    "memberClass",
    "memberCode",
    "subsystemCode",
    "serviceCode",
    "serviceVersion",
)


@dataclass(slots=True)
class Service:
    """A service as its security server knows it; tests change it to see whether that is noticed."""

    provider: str
    code: str
    version: str | None
    description: bytes
    content_type: str
    allowed: bool = True
    endpoints: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_soap(self) -> bool:
        """Whether it is described by a WSDL."""
        return self.content_type == "text/xml"


def _services() -> list[Service]:
    wsdl = (_HERE / "polis.wsdl").read_bytes()
    openapi = (_HERE / "star.yaml").read_bytes()
    return [
        Service(partners.POLIS, "caseNotice", "v1", wsdl, "text/xml"),
        Service(partners.POLIS, "heartbeat", "v1", wsdl, "text/xml", allowed=False),
        Service(
            partners.STAR,
            "caseNotice",
            None,
            openapi,
            "application/x-yaml",
            endpoints=[("POST", "/v1/notices")],
        ),
        Service(
            partners.STAR,
            "submitChildNotice",
            None,
            (_HERE / "star-children.yaml").read_bytes(),
            "application/x-yaml",
            endpoints=[("POST", "/v1/child-notices")],
        ),
        Service(partners.POLIS, callouts.SERVICE, "v1", wsdl, "text/xml"),
        Service(partners.STAR, "heartbeat", None, b"", "", allowed=False, endpoints=[("*", "**")]),
    ]


class MetaServices:
    """Who is registered, and what they offer."""

    def __init__(self) -> None:
        self.names = {
            partners.TURVAVORK: ("Sotsiaalkindlustusamet", "Turvavõrk"),
            partners.POLIS: ("Politsei- ja Piirivalveamet", "POLIS"),
            partners.STAR: ("Sotsiaalministeerium", "STAR"),
        }
        self.services = _services()

    async def list_clients(self, request: Request) -> Response:
        """``GET /listClients[?xRoadInstance=…]``; other instances are not federated with ours."""
        instance = request.query_params.get("xRoadInstance", "ee-dev")
        known = [(client, names) for client, names in self.names.items() if client.split("/")[0] == instance]
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"member": [_json_member(client, names) for client, names in known]})
        root = etree.Element(f"{{{XROAD}}}clientList", nsmap={"xroad": XROAD, "id": IDENTIFIERS})
        for client, (name, subsystem) in known:
            member = etree.SubElement(root, f"{{{XROAD}}}member")
            _identify(etree.SubElement(member, f"{{{XROAD}}}id"), "SUBSYSTEM", client.split("/"))
            etree.SubElement(member, f"{{{XROAD}}}name").text = name
            etree.SubElement(member, f"{{{XROAD}}}subsystemName").text = subsystem
        return Response(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), media_type=XML)

    def soap(self, message: soap.Message, raw: bytes) -> Response:
        """One of ``SOAP_SERVICES``, for the provider that the message names."""
        provider = "/".join(part for part in message.fields["service"].split("/")[:4] if part)
        known = [one for one in self._of(provider) if one.is_soap]
        if message.service_code == "getWsdl":
            return _wsdl(message, raw, known)
        answer = etree.Element(f"{{{XROAD}}}{message.service_code}Response", nsmap={"xroad": XROAD})
        for one in _listed(known, message.service_code):
            element = etree.SubElement(answer, f"{{{XROAD}}}service", nsmap={"id": IDENTIFIERS})
            _identify(element, "SERVICE", [*provider.split("/"), one.code, one.version or ""])
        return Response(_stamped(message, raw, answer), media_type=XML)

    def rest(self, service: str, service_code: str | None) -> Response:
        """One of ``REST_SERVICES``; ``service_code`` is the query of getOpenAPI."""
        provider, _, name = service.rpartition("/")
        known = [one for one in self._of(provider) if not one.is_soap]
        if name in LISTS:
            return JSONResponse({"service": [_json_service(one) for one in _listed(known, name)]})
        found = next((one for one in known if one.code == service_code and one.description), None)
        if found is None:
            raise XRoadError("server.serverproxy.unknown_service", "Unknown service")
        return Response(found.description, headers={"content-type": found.content_type})

    def _of(self, provider: str) -> list[Service]:
        if provider not in self.names:
            raise XRoadError("server.clientproxy.unknown_member", "Unknown member")
        return [one for one in self.services if one.provider == provider]


def _listed(known: Iterable[Service], name: str) -> list[Service]:
    return [one for one in known if one.allowed or name == "listMethods"]


def _wsdl(message: soap.Message, raw: bytes, known: Iterable[Service]) -> Response:
    """The answer with the WSDL attached; the provider's own address is not told."""
    code, version = (message.payload.findtext(f"{{{XROAD}}}{name}") for name in _PARTS[4:])
    found = next((one for one in known if (one.code, one.version) == (code, version or None)), None)
    if found is None:
        raise XRoadError("server.serverproxy.service_failed.unknown_service", "Unknown service")
    answer = etree.Element(f"{{{XROAD}}}getWsdlResponse", nsmap={"xroad": XROAD})
    etree.SubElement(answer, f"{{{XROAD}}}serviceCode").text = found.code
    if found.version is not None:
        etree.SubElement(answer, f"{{{XROAD}}}serviceVersion").text = found.version
    border = f"xroad-{uuid4()}"
    lines = [
        f"--{border}\r\nContent-Type: {XML}\r\n\r\n".encode(),
        _stamped(message, raw, answer),
        f"\r\n--{border}\r\nContent-Type: text/xml\r\n\r\n".encode(),
        _ADDRESS.sub(_PLACEHOLDER, found.description),
        f"\r\n--{border}--\r\n".encode(),
    ]
    kind = f'multipart/related; type="text/xml"; charset=UTF-8; boundary={border}'
    return Response(b"".join(lines), headers={"content-type": kind})


def _stamped(message: soap.Message, raw: bytes, answer: etree._Element) -> bytes:
    return soap.stamp(soap.read(soap.echo(message, answer), XML), raw)


def _identify(element: etree._Element, kind: str, parts: Iterable[str]) -> None:
    element.set(f"{{{IDENTIFIERS}}}objectType", kind)
    for name, part in zip(_PARTS, parts, strict=False):
        if part:
            etree.SubElement(element, f"{{{IDENTIFIERS}}}{name}").text = part


def _json_client(client: str) -> dict[str, Any]:
    instance, member_class, member_code, subsystem = client.split("/")
    return {
        "member_class": member_class,
        "member_code": member_code,
        "subsystem_code": subsystem,
        "xroad_instance": instance,
    }


def _json_member(client: str, names: tuple[str, str]) -> dict[str, Any]:
    identifier = {"object_type": "SUBSYSTEM", **_json_client(client)}
    return {"id": identifier, "name": names[0], "subsystem_name": names[1]}


def _json_service(one: Service) -> dict[str, Any]:
    return {
        **_json_client(one.provider),
        "object_type": "SERVICE",
        "service_code": one.code,
        "service_type": "OPENAPI" if one.description else "REST",
        "endpoint_list": [{"method": method, "path": path} for method, path in one.endpoints],
    }
