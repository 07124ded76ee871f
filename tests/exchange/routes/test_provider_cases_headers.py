"""The header, by the numbered cases of `docs/xroad-cases.md`: what comes back, what is refused."""

from typing import Any

import pytest
from lxml import etree

SPACE = {"e": "http://schemas.xmlsoap.org/soap/envelope/", "x": "http://x-road.eu/xsd/xroad.xsd"}
SECURITY_SERVER = (
    '<xrd:securityServer id:objectType="SERVER"><id:xRoadInstance>ee-dev</id:xRoadInstance>'
    "<id:memberClass>GOV</id:memberClass><id:memberCode>70001975</id:memberCode>"
    "<id:serverCode>ss1</id:serverCode></xrd:securityServer>"
)
REPRESENTED = (
    '<repr:representedParty xmlns:repr="http://x-road.eu/xsd/representation.xsd">'
    "<repr:partyClass>COM</repr:partyClass><repr:partyCode>10000001</repr:partyCode></repr:representedParty>"
)
TOKEN = (
    '<ns7:securityToken xmlns:ns7="http://x-road.eu/xsd/security-token.xsd" '
    'ns7:tokenType="urn:ietf:params:oauth:token-type:jwt">a.b.c</ns7:securityToken>'
)
PDU = (
    '<p:pdu xmlns:p="http://x-road.eu/xsd/pdu.xsd" a="1" p:b="&lt;2&gt;"><p:hidden>true</p:hidden></p:pdu>'
    '<infosysteem xmlns="urn:adit">SYS</infosysteem><bare xsi:type="id:q" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
)
XML_IN_TEXT = (
    "<xrd:xml><![CDATA[<a><b>1 & 2</b></a>]]></xrd:xml><xrd:coded>&lt;a&gt;&amp;&#13;&#xe4;</xrd:coded>"
)


def fields(message: str) -> list[bytes]:
    """The header fields as they were sent."""
    header = etree.fromstring(message.encode()).find("e:Header", SPACE)
    return [etree.tostring(each, method="c14n", exclusive=True, with_tail=False) for each in header]


async def test_p01_a_plain_request_is_answered_with_all_its_header_fields_in_order(provider: Any) -> None:
    """INV-5: and nothing but what the schema says."""
    answer = await provider.call(provider.request)
    wrapper = provider.accepted(answer)
    assert (wrapper.findtext("reference") or "").startswith("TV-")
    assert provider.echoed(answer) == fields(provider.request)
    assert len(fields(provider.request)) == 6


@pytest.mark.parametrize("extra", [PDU, XML_IN_TEXT])
async def test_p02_unknown_header_blocks_come_back_with_text_and_attributes(
    provider: Any, extra: str
) -> None:
    sent = provider.with_header(extra)
    answer = await provider.call(sent)
    provider.accepted(answer)
    assert provider.echoed(answer) == fields(sent)


@pytest.mark.parametrize(
    "extra", [SECURITY_SERVER, REPRESENTED, TOKEN, SECURITY_SERVER + REPRESENTED + TOKEN]
)
async def test_p03_the_fields_of_the_extensions_come_back(provider: Any, extra: str) -> None:
    sent = provider.with_header(extra)
    answer = await provider.call(sent)
    provider.accepted(answer)
    assert provider.echoed(answer) == fields(sent)


async def test_p04_what_was_not_sent_is_not_invented(provider: Any) -> None:
    sent = provider.changed("<xrd:userId>EE38501170364</xrd:userId>", "")
    sent = sent.replace("<xrd:issue>2017-1203</xrd:issue>", "")
    answer = await provider.call(sent)
    provider.accepted(answer)
    names = [each.tag.rpartition("}")[2] for each in etree.fromstring(answer.content)[0]]
    assert names == ["client", "service", "id", "protocolVersion"]


@pytest.mark.parametrize("issue", ["", "  ", "\n  12\n\t13 \n", "a\r\nb", "&#13;&#10;x"])
async def test_p05_an_empty_or_long_winded_issue_comes_back_literally(provider: Any, issue: str) -> None:
    sent = provider.changed("2017-1203", issue)
    answer = await provider.call(sent)
    provider.accepted(answer)
    assert provider.echoed(answer) == fields(sent)


async def test_p06_a_request_hash_is_ignored_and_never_answered(provider: Any) -> None:
    hashed = '<xrd:requestHash algorithmId="urn:x">bm90IHRoZSBoYXNo</xrd:requestHash>'
    answer = await provider.call(provider.with_header(hashed))
    provider.accepted(answer)
    assert b"requestHash" not in answer.content
    assert provider.echoed(answer) == fields(provider.request)


@pytest.mark.parametrize("action", [None, "", '""', '"http://foreign.example/deleteEverything"', "bare"])
async def test_p07_the_soap_action_means_nothing(provider: Any, action: str | None) -> None:
    provider.accepted(
        await provider.call(provider.request, **({} if action is None else {"soapaction": action}))
    )
    assert provider.taken()["sender"]["reference"] == "PV-2017-001203"


async def test_p08_the_fields_may_stand_in_any_order_with_others_between(provider: Any) -> None:
    root = etree.fromstring(provider.request.encode())
    header = root.find("e:Header", SPACE)
    for element in reversed(list(header)):
        header.append(element)
        header.append(etree.fromstring('<between xmlns="urn:other"/>'))
    sent = etree.tostring(root, encoding="unicode")
    answer = await provider.call(sent)
    provider.accepted(answer)
    assert provider.echoed(answer) == fields(sent)
    assert len(fields(sent)) == 12


@pytest.mark.parametrize("version", ["4.0", "4.1", "4.x"])
async def test_p14_every_minor_version_of_4_is_spoken_and_echoed(provider: Any, version: str) -> None:
    sent = provider.changed(">4.0<", f">{version}<")
    answer = await provider.call(sent)
    provider.accepted(answer)
    echoed = etree.fromstring(answer.content).findtext("e:Header/x:protocolVersion", namespaces=SPACE)
    assert echoed == version


async def test_p19_a_member_without_subsystem_may_call(provider: Any) -> None:
    provider.open_to("ee-dev/GOV/70008747", "submit_referral")
    sent = provider.changed('xrd:client id:objectType="SUBSYSTEM"', 'xrd:client id:objectType="MEMBER"')
    sent = sent.replace("<id:subsystemCode>polis</id:subsystemCode>", "")
    answer = await provider.call(sent)
    provider.accepted(answer)
    assert provider.echoed(answer) == fields(sent)
    assert provider.taken()["sender"]["client"] == "ee-dev/GOV/70008747"


async def test_p22_without_a_header_it_is_a_fault(provider: Any) -> None:
    start, end = (provider.request.index(f"<{each}SOAP-ENV:Header>") for each in ("", "/"))
    sent = provider.request[:start] + provider.request[end + len("</SOAP-ENV:Header>") :]
    assert provider.fault(await provider.call(sent)) == "Client.missing_header"


@pytest.mark.parametrize("name", ["client", "service", "id", "protocolVersion"])
async def test_p23_without_a_mandatory_field_it_is_a_fault_that_names_it(provider: Any, name: str) -> None:
    answer = await provider.call(_header_with(provider.request, name, 0))
    assert provider.fault(answer) == "Client.missing_header_field"
    assert name in answer.text
    assert await provider.kept() == 0


@pytest.mark.parametrize("name", ["client", "service", "id", "protocolVersion", "userId", "issue"])
async def test_p24_a_field_that_stands_there_twice_is_a_fault(provider: Any, name: str) -> None:
    answer = await provider.call(_header_with(provider.request, name, 2))
    assert provider.fault(answer) == "Client.duplicate_header_field"
    assert await provider.kept() == 0


@pytest.mark.parametrize("name", ["client", "service"])
async def test_p25_an_identifier_without_object_type_is_a_fault(provider: Any, name: str) -> None:
    kind = {"client": "SUBSYSTEM", "service": "SERVICE"}[name]
    for written in ("", f'objectType="{kind}"', 'id:objectType="FOO"', 'id:objectType=""'):
        sent = provider.changed(f'xrd:{name} id:objectType="{kind}"', f"xrd:{name} {written}")
        assert provider.fault(await provider.call(sent)) == "Client.invalid_header_field"


@pytest.mark.parametrize("version", ["3.5", "foo", "xxx", "4", "40", "5.0"])
async def test_p26_another_protocol_is_a_fault(provider: Any, version: str) -> None:
    answer = await provider.call(provider.changed(">4.0<", f">{version}<"))
    assert provider.fault(answer) == "Client.invalid_protocol_version"


def _header_with(message: str, name: str, times: int) -> str:
    """The message with a header field that many times."""
    end = f"</xrd:{name}>"
    start, stop = message.index(f"<xrd:{name}"), message.index(end) + len(end)
    return message[:start] + message[start:stop] * times + message[stop:]
