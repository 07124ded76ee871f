"""Services and their answers, by the numbered cases of `docs/xroad-cases.md`."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import zeep
from lxml import etree

from services.exchange.actions.intake import Intake
from services.exchange.model.offered import STATUS, SUBMIT

WSDL = {
    "w": "http://schemas.xmlsoap.org/wsdl/",
    "s": "http://schemas.xmlsoap.org/wsdl/soap/",
    "x": "http://x-road.eu/xsd/xroad.xsd",
    "xs": "http://www.w3.org/2001/XMLSchema",
}


def operation(provider: Any, name: str) -> Any:
    return provider.running.app.state.xroad.offered.operations[name]


async def test_p15_two_versions_of_a_code_are_two_services(provider: Any) -> None:
    """``v2`` is the operation that asks, under the code of the one that submits."""
    asks = replace(operation(provider, STATUS), service_code="submitReferral", service_version="v2")
    provider.offer(("submitReferral", "v2"), asks)
    second = provider.changed(">v1<", ">v2<")
    answer = await provider.call(second)
    assert "referral-unknown" in answer.text
    assert (answer.status_code, await provider.kept()) == (200, 0)
    provider.accepted(await provider.call(provider.request))
    assert await provider.kept() == 1
    assert "AWAITING_SCREENING" in (await provider.call(second)).text


async def test_p16_without_a_version_it_is_another_service(provider: Any) -> None:
    bare = provider.changed("<id:serviceVersion>v1</id:serviceVersion>", "")
    assert provider.fault(await provider.call(bare)) == "Client.unknown_service"
    assert await provider.kept() == 0
    provider.offer(("submitReferral", None), operation(provider, SUBMIT))
    provider.accepted(await provider.call(bare))


async def test_p17_a_wrapper_that_only_begins_with_the_code_is_a_fault(provider: Any) -> None:
    """Security servers let ``…Request`` pass; our contract has one name, and nothing else is dispatched."""
    for wrapper in ("submitReferralRequest", "submitReferralX"):
        sent = provider.changed("tv:submitReferral", f"tv:{wrapper}")
        assert provider.fault(await provider.call(sent)) == "Client.inconsistent_headers"
    assert await provider.kept() == 0


async def test_p20_the_description_is_document_literal_and_needs_no_network(provider: Any) -> None:
    answer = await provider.get("/xroad/soap?wsdl")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    root = etree.fromstring(answer.content)
    assert [each.get("style") for each in root.iterfind(".//s:binding", WSDL)] == ["document"]
    assert {each.get("use") for each in root.iterfind(".//s:body", WSDL)} == {"literal"}
    bound = root.findall("w:binding/w:operation", WSDL)
    services = provider.running.app.state.xroad.offered.services
    offered = {code for (code, _), each in services.items() if each.wsdl == "turvavork.wsdl"}
    assert {each.get("name") for each in bound} == offered
    assert {each.findtext("x:version", namespaces=WSDL) for each in bound} == {"v1"}
    for each in root.iterfind("w:portType/w:operation", WSDL):
        assert each.findtext("w:documentation/x:title", namespaces=WSDL)
    assert b"requestHash" not in answer.content
    assert not [
        each.get("schemaLocation")
        for each in root.iter("{*}import", "{*}include")
        if each.get("schemaLocation")
    ]
    client = zeep.Client(BytesIO(answer.content))
    assert {str(each) for each in client.service._binding._operations} == offered


async def test_p21_the_rest_description_is_json(provider: Any) -> None:
    answer = await provider.get("/xroad/rest/marac/v1/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["openapi"].startswith("3.1")
    assert "/xroad/rest/marac/v1/referrals" in answer.json()["paths"]


BODIES = {
    "none": ("", "Client.missing_body"),
    "empty": ("<SOAP-ENV:Body/>", "Client.invalid_body"),
    "text": ("<SOAP-ENV:Body>x</SOAP-ENV:Body>", "Client.invalid_body"),
    "comment": ("<SOAP-ENV:Body><!-- x --></SOAP-ENV:Body>", "Client.invalid_body"),
    "two children": ("<SOAP-ENV:Body>{0}<a/></SOAP-ENV:Body>", "Client.invalid_body"),
    "twice": ("<SOAP-ENV:Body>{0}{0}</SOAP-ENV:Body>", "Client.invalid_body"),
    "two bodies": (
        "<SOAP-ENV:Body>{0}</SOAP-ENV:Body><SOAP-ENV:Body>{0}</SOAP-ENV:Body>",
        "Client.invalid_body",
    ),
}


@pytest.mark.parametrize(("body", "code"), BODIES.values(), ids=BODIES.keys())
async def test_p27_a_body_holds_one_element(provider: Any, body: str, code: str) -> None:
    head, _, rest = provider.request.partition("<SOAP-ENV:Body>")
    payload, _, tail = rest.partition("</SOAP-ENV:Body>")
    assert provider.fault(await provider.call(head + body.format(payload) + tail)) == code
    assert await provider.kept() == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tv:submitReferral", "tv:getReferralStatus"),
        ("tv:submitReferral", "tv:submitreferral"),
        ("tv:submitReferral", "tv:foo"),
        ("http://turvavork.x-road.eu/producer", "http://other.x-road.eu/producer"),
    ],
)
async def test_p28_another_wrapper_is_a_fault(provider: Any, old: str, new: str) -> None:
    assert provider.fault(await provider.call(provider.changed(old, new))) == "Client.inconsistent_headers"
    assert await provider.kept() == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<id:serviceCode>submitReferral", "<id:serviceCode>deleteEverything"),
        ("<id:serviceCode>submitReferral", "<id:serviceCode>SubmitReferral"),
        (">v1<", ">v9<"),
        (">v1<", ">V1<"),
        (">70001975<", ">70001976<"),
        ("<id:subsystemCode>turvavork</id:subsystemCode>", ""),
    ],
)
async def test_p29_an_unknown_service_is_a_fault(provider: Any, old: str, new: str) -> None:
    assert provider.fault(await provider.call(provider.changed(old, new))) == "Client.unknown_service"
    assert await provider.kept() == 0


async def test_p34_a_crash_is_a_fault_that_says_only_where_to_look(
    provider: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def crash(*_: Any) -> None:
        raise ZeroDivisionError("Mari-Liis")

    monkeypatch.setattr(Intake, "submit", crash)
    answer = await provider.call(provider.request)
    assert provider.fault(answer) == "Server.internal_error"
    assert "ZeroDivision" not in answer.text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in lines if line["event"] == "request-crashed"]
    assert told["request_id"] == answer.headers["x-request-id"]
    assert "Mari-Liis" not in json.dumps(lines, ensure_ascii=False)


async def test_p35_a_broken_rule_is_told_in_the_wrapper_and_a_broken_form_as_a_fault(provider: Any) -> None:
    answer = await provider.call(provider.changed("48805042711", "48805042712"))
    assert answer.status_code == 200
    (wrapper,) = etree.fromstring(answer.content)[1]
    assert wrapper.tag == "{http://turvavork.x-road.eu/producer}submitReferralResponse"
    assert wrapper.findtext("faultCode") == "referral-invalid"
    assert wrapper.findtext("faultString")
    assert wrapper.findtext("error/path") == "/submitReferral/referral/persons/person[1]/personalCode"
    assert "48805042712" not in answer.text
    assert provider.fault(await provider.call(provider.changed(">polva<", "><"))) == "Client.schema_violation"
    assert provider.fault(await provider.call(provider.changed("1988-05-04", "1988-06-31"))) == (
        "Client.schema_violation"
    )
    assert await provider.kept() == 0


@pytest.mark.parametrize("required", ["userId", "issue", "representedParty"])
async def test_p36_a_field_that_the_service_demands_is_named(provider: Any, required: str) -> None:
    demands = replace(operation(provider, SUBMIT), requires=frozenset({required}))
    provider.offer(("submitReferral", "v1"), demands)
    sent = provider.changed("<xrd:userId>EE38501170364</xrd:userId>", "<xrd:userId/>")
    sent = sent.replace("<xrd:issue>2017-1203</xrd:issue>", "")
    answer = await provider.call(sent)
    assert provider.fault(answer) == "Client.missing_header_field"
    assert required in answer.text
    assert await provider.kept() == 0
