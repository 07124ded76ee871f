"""The simulated security server tells of members and services as a real one does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.parser import BytesParser
from uuid import UUID

import httpx
import pytest
from lxml import etree

from services.kit.clock import FixedClock
from system.securityserver import partners, soap
from system.securityserver.app import create_app

XML = {"Content-Type": "text/xml; charset=UTF-8"}
US = {"X-Road-Client": partners.TURVAVORK, "X-Road-Id": "m-1"}
X = f"{{{soap.XROAD}}}"
I = f"{{{soap.IDENTIFIERS}}}"  # noqa: E741 - as the schemas abbreviate it
SS = "http://schemas.xmlsoap.org/soap/envelope/"
CLIENT, PROVIDER = (
    "".join(
        f"<i:{name}>{part}</i:{name}>"
        for name, part in zip(
            ("xRoadInstance", "memberClass", "memberCode", "subsystemCode"), each.split("/"), strict=True
        )
    )
    for each in (partners.TURVAVORK, partners.POLIS)
)


def question(code: str, content: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{SS}" xmlns:x="{soap.XROAD}" xmlns:i="{soap.IDENTIFIERS}"><s:Header>'
        f'<x:client i:objectType="SUBSYSTEM">{CLIENT}</x:client>'
        f'<x:service i:objectType="SERVICE">{PROVIDER}<i:serviceCode>{code}</i:serviceCode></x:service>'
        "<x:id>m-1</x:id><x:protocolVersion>4.0</x:protocolVersion></s:Header>"
        f"<s:Body><x:{code}>{content}</x:{code}></s:Body></s:Envelope>"
    ).encode()


@pytest.fixture
async def server() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(client=httpx.AsyncClient(), clock=FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ss") as client:
        yield client


async def test_members_are_told_in_json_or_in_xml(server: httpx.AsyncClient) -> None:
    told = (await server.get("/listClients", headers={"Accept": "application/json"})).json()
    assert told["member"][1] == {
        "id": {
            "object_type": "SUBSYSTEM",
            "xroad_instance": "ee-dev",
            "member_class": "GOV",
            "member_code": "70008747",
            "subsystem_code": "polis",
        },
        "name": "Politsei- ja Piirivalveamet",
        "subsystem_name": "POLIS",
    }
    answer = await server.get("/listClients?xRoadInstance=ee-dev")
    assert soap.media_type(answer.headers["content-type"]) == "text/xml"
    root = etree.fromstring(answer.content)
    assert root.tag == f"{X}clientList"
    assert [one.get(f"{I}objectType") for one in root.iter(f"{X}id")] == ["SUBSYSTEM"] * 3
    assert root[1].findtext(f"{X}id/{I}memberCode") == "70008747"
    assert len(etree.fromstring((await server.get("/listClients?xRoadInstance=EE")).content)) == 0


@pytest.mark.parametrize("code", ["listMethods", "allowedMethods"])
async def test_soap_services_are_listed_with_a_stamped_header(server: httpx.AsyncClient, code: str) -> None:
    raw = question(code)
    answer = await server.post("/", content=raw, headers=XML)
    root = etree.fromstring(answer.content)
    assert root.findtext(f".//{X}requestHash") == soap.request_hash(raw)
    (wrapper,) = root[1]
    assert wrapper.tag == f"{X}{code}Response"
    assert {one.tag for one in wrapper} == {f"{X}service"}
    codes = [one.findtext(f"{I}serviceCode") for one in wrapper]
    ours = ["caseNotice", "getCallouts"]
    assert codes == ([ours[0], "heartbeat", ours[1]] if code == "listMethods" else ours)


async def test_a_wsdl_is_the_second_part(server: httpx.AsyncClient) -> None:
    words = "<x:serviceCode>caseNotice</x:serviceCode><x:serviceVersion>v1</x:serviceVersion>"
    answer = await server.post("/", content=question("getWsdl", words), headers=XML)
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    envelope, wsdl = BytesParser().parsebytes(head + answer.content).get_payload()
    (wrapper,) = etree.fromstring(envelope.get_payload(decode=True))[1]
    assert wrapper.tag == f"{X}getWsdlResponse"
    assert [(one.tag, one.text) for one in wrapper] == [
        (f"{X}serviceCode", "caseNotice"),
        (f"{X}serviceVersion", "v1"),
    ]
    root = etree.fromstring(wsdl.get_payload(decode=True))
    assert [one.get("location") for one in root.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")] == [
        "http://example.org/xroad-endpoint"
    ]


async def test_rest_services_are_listed_in_snake_case(server: httpx.AsyncClient) -> None:
    answer = await server.get(f"/r1/{partners.STAR}/allowedMethods", headers=US)
    assert answer.headers["x-road-id"] == "m-1"
    assert UUID(answer.headers["x-road-request-id"])
    assert answer.json() == {
        "service": [
            {
                "member_class": "GOV",
                "member_code": "70009770",
                "object_type": "SERVICE",
                "service_code": "caseNotice",
                "service_type": "OPENAPI",
                "subsystem_code": "star",
                "xroad_instance": "ee-dev",
                "endpoint_list": [{"method": "POST", "path": "/v1/notices"}],
            },
            {
                "member_class": "GOV",
                "member_code": "70009770",
                "object_type": "SERVICE",
                "service_code": "submitChildNotice",
                "service_type": "OPENAPI",
                "subsystem_code": "star",
                "xroad_instance": "ee-dev",
                "endpoint_list": [{"method": "POST", "path": "/v1/child-notices"}],
            },
        ]
    }


async def test_an_openapi_document_is_told_by_its_service(server: httpx.AsyncClient) -> None:
    answer = await server.get(f"/r1/{partners.STAR}/getOpenAPI?serviceCode=caseNotice", headers=US)
    assert answer.headers["content-type"] == "application/x-yaml"
    assert answer.content.startswith(b"#")
    for query in ("", "?serviceCode=heartbeat", "?serviceCode=other"):
        refused = await server.get(f"/r1/{partners.STAR}/getOpenAPI{query}", headers=US)
        assert refused.headers["x-road-error"] == "server.serverproxy.unknown_service"


async def test_metadata_are_for_registered_clients(server: httpx.AsyncClient) -> None:
    other = {**US, "X-Road-Client": "ee-dev/GOV/1/x"}
    refused = await server.get(f"/r1/{partners.STAR}/listMethods", headers=other)
    assert refused.headers["x-road-error"] == "server.clientproxy.unknown_member"
    raw = question("listMethods").replace(b"70001975", b"70001976")
    answer = await server.post("/", content=raw, headers=XML)
    assert etree.fromstring(answer.content).findtext(".//faultcode") == "server.clientproxy.unknown_member"
