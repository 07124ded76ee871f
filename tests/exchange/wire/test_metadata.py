import json
from typing import Any

import pytest
from lxml import etree

from services.exchange.model.metadata import Member, MetadataUnreadable
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.wire import metadata

POLIS = ClientId.parse("EE/GOV/70008747/polis")
PPA = ClientId.parse("EE/GOV/70008747")
MEMBERS = (Member(POLIS, "POLIS"), Member(PPA, "Politsei- ja Piirivalveamet"))
IDENTIFIER = {"xroad_instance": "EE", "member_class": "GOV", "member_code": "70008747"}
ROW: dict[str, Any] = {
    **IDENTIFIER,
    "subsystem_code": "polis",
    "service_code": "a",
    "service_type": "OPENAPI",
}
JSON: dict[str, Any] = {
    "member": [
        {
            "id": {**IDENTIFIER, "object_type": "SUBSYSTEM", "subsystem_code": "polis", "new": 1},
            "name": "Politsei- ja Piirivalveamet",
            "subsystem_name": "POLIS",
            "new": {},
        },
        {"id": {**IDENTIFIER, "object_type": "MEMBER"}, "name": "Politsei- ja Piirivalveamet"},
    ]
}
NAMESPACES = 'xmlns="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"'
ID = "".join(
    f"<i:{name}>{text}</i:{name}>"
    for name, text in (("xRoadInstance", "EE"), ("memberClass", "GOV"), ("memberCode", "70008747"))
)
XML = (
    f'<clientList {NAMESPACES}><member><id i:objectType="SUBSYSTEM">{ID}'
    "<i:subsystemCode>polis</i:subsystemCode></id><name>Politsei- ja Piirivalveamet</name>"
    "<subsystemName>POLIS</subsystemName><new/></member>"
    f'<member><id i:objectType="MEMBER">{ID}</id><name>Politsei- ja Piirivalveamet</name></member>'
    "</clientList>"
)


def test_r19_members_are_the_same_in_json_and_in_xml() -> None:
    assert metadata.members("application/json;charset=utf-8", json.dumps(JSON).encode()) == MEMBERS
    assert metadata.members("text/xml;charset=utf-8", XML.encode()) == MEMBERS


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[]"),
        ("application/json", b"{"),
        ("application/json", b'{"member": {}}'),
        ("application/json", b'{"member": [{"id": {"xroad_instance": 1}}]}'),
        ("application/json", b'{"member": [7]}'),
        ("application/json", b'{"member": [{"id": null}]}'),
        ("application/json", b'{"member": [], "member": []}'),
        ("text/xml", b"<clientList/>"),
        ("text/xml", XML.replace("GOV", "").encode()),
        ("text/xml", XML.replace("id>", "it>").replace("<id ", "<it ").encode()),
        ("text/xml", b"<!DOCTYPE a>" + XML.encode()),
        ("text/html", XML.encode()),
        (None, XML.encode()),
    ],
)
def test_another_list_of_members_is_unreadable(kind: str | None, body: bytes) -> None:
    with pytest.raises(MetadataUnreadable) as error:
        metadata.members(kind, body)
    assert "7000" not in str(error.value)


def test_r18_services_are_snake_case_and_unknown_fields_are_passed_over() -> None:
    endpoints = [{"method": "*", "path": "**", "new": 1}]
    rows = [
        {**ROW, "endpoint_list": endpoints, "object_type": "SERVICE", "x": [1]},
        {**ROW, "service_code": "b"},
    ]
    one, two = metadata.rest_services(json.dumps({"service": rows}).encode())
    assert (one.service, one.kind, one.endpoints) == (
        ServiceId(POLIS, "a", None),
        "OPENAPI",
        (("*", "**"),),
    )
    assert (two.service.code, two.endpoints) == ("b", ())


@pytest.mark.parametrize("row", [{}, {**ROW, "service_code": None}, {**ROW, "endpoint_list": [1]}, "a"])
def test_another_row_is_unreadable(row: object) -> None:
    body = json.dumps({"service": [row]}).encode()
    if isinstance(row, dict) and row.get("service_code", "") is None:
        body = body.replace(b"null", b"7")
    with pytest.raises(MetadataUnreadable):
        metadata.rest_services(body)


def test_soap_services_have_versions_or_none() -> None:
    rows = "".join(
        f'<service i:objectType="SERVICE">{ID}<i:subsystemCode>polis</i:subsystemCode>'
        f"<i:serviceCode>{code}</i:serviceCode>{version}</service>"
        for code, version in (("a", "<i:serviceVersion>v1</i:serviceVersion>"), ("b", ""))
    )
    body = f"<e><b><listMethodsResponse {NAMESPACES}>{rows}</listMethodsResponse></b></e>"
    assert metadata.soap_services(etree.fromstring(body)) == (
        ServiceId(POLIS, "a", "v1"),
        ServiceId(POLIS, "b", None),
    )
    with pytest.raises(MetadataUnreadable):
        metadata.soap_services(etree.fromstring(body.replace("serviceCode", "code")))


@pytest.mark.parametrize("body", [b"", b"--b\r\n\r\nx\r\n--b--"])
def test_a_wsdl_is_attached(body: bytes) -> None:
    with pytest.raises(MetadataUnreadable):
        metadata.attached("multipart/related; boundary=b", body)
