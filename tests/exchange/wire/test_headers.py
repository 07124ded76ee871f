"""Header fields of SOAP: what must be there, what may, and how it comes back."""

from collections.abc import Callable

import pytest
from lxml import etree

from services.exchange.model.problems import (
    DuplicateHeaderField,
    InvalidHeaderField,
    InvalidProtocolVersion,
    MissingHeaderField,
)
from services.exchange.wire import headers
from services.kit.problem import Problem

CLIENT = """<xrd:client id:objectType="SUBSYSTEM"><id:xRoadInstance>ee-dev</id:xRoadInstance>
<id:memberClass>GOV</id:memberClass><id:memberCode>70008747</id:memberCode>
<id:subsystemCode>polis</id:subsystemCode></xrd:client>"""
SERVICE = """<xrd:service id:objectType="SERVICE"><id:xRoadInstance>ee-dev</id:xRoadInstance>
<id:memberClass>GOV</id:memberClass><id:memberCode>70001975</id:memberCode>
<id:subsystemCode>turvavork</id:subsystemCode><id:serviceCode>submitReferral</id:serviceCode>
<id:serviceVersion>v1</id:serviceVersion></xrd:service>"""
SERVER = """<xrd:securityServer id:objectType="SERVER"><id:xRoadInstance>a</id:xRoadInstance>
<id:memberClass>b</id:memberClass><id:memberCode>c</id:memberCode><id:serverCode>d</id:serverCode>
</xrd:securityServer>"""
ID, VERSION = "<xrd:id>m-1</xrd:id>", "<xrd:protocolVersion>4.0</xrd:protocolVersion>"
FIELDS = {"client": CLIENT, "service": SERVICE, "id": ID, "protocolVersion": VERSION}


def header(*fields: str) -> etree._Element:
    return etree.fromstring(
        '<env:Header xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers" '
        'xmlns:rep="http://x-road.eu/xsd/representation.xsd">' + "".join(fields) + "</env:Header>"
    )


def changed(**fields: str) -> etree._Element:
    return header(*{**FIELDS, **fields}.values())


def test_the_fields_are_read_in_any_order() -> None:
    read, service = headers.read(header(VERSION, ID, "<other/>", SERVICE, CLIENT))
    assert str(read.client) == "ee-dev/GOV/70008747/polis"
    assert read.id == "m-1"
    assert (service.name, str(service.provider)) == ("submitReferral.v1", "ee-dev/GOV/70001975/turvavork")


@pytest.mark.parametrize("name", FIELDS)
def test_a_mandatory_field_that_lacks_is_named(name: str) -> None:
    with pytest.raises(MissingHeaderField, match=name):
        headers.read(header(*(field for key, field in FIELDS.items() if key != name)))


@pytest.mark.parametrize(
    "name", [*FIELDS, "userId", "issue", "requestHash", "securityServer", "representedParty"]
)
def test_a_field_that_stands_there_twice_is_named(name: str) -> None:
    space = "rep" if name == "representedParty" else "xrd"
    twice = FIELDS.get(name, f"<{space}:{name}>x</{space}:{name}>") * 2
    with pytest.raises(DuplicateHeaderField, match=name):
        headers.read(header(*[field for key, field in FIELDS.items() if key != name], twice))


@pytest.mark.parametrize("version", ["4.0", "4.1", "4.x", " 4.0 "])
def test_every_minor_version_of_4_is_spoken(version: str) -> None:
    headers.read(changed(protocolVersion=f"<xrd:protocolVersion>{version}</xrd:protocolVersion>"))


@pytest.mark.parametrize("version", ["3.5", "foo", "xxx", "4", "40", "5.0"])
def test_another_major_version_is_not(version: str) -> None:
    with pytest.raises(InvalidProtocolVersion):
        headers.read(changed(protocolVersion=f"<xrd:protocolVersion>{version}</xrd:protocolVersion>"))


def without_type(field: str) -> str:
    return field.replace('id:objectType="SUBSYSTEM"', "").replace('id:objectType="SERVICE"', "")


WRONG: dict[str, tuple[str, str, type[Problem]]] = {
    "client without type": ("client", without_type(CLIENT), InvalidHeaderField),
    "unqualified type": ("client", CLIENT.replace("id:objectType", "objectType"), InvalidHeaderField),
    "client of type service": ("client", CLIENT.replace("SUBSYSTEM", "SERVICE"), InvalidHeaderField),
    "service without type": ("service", without_type(SERVICE), InvalidHeaderField),
    "service without code": (
        "service",
        SERVICE.replace("<id:serviceCode>submitReferral</id:serviceCode>", ""),
        InvalidHeaderField,
    ),
    "part twice": (
        "client",
        CLIENT.replace("<id:memberClass>", "<id:xRoadInstance>a</id:xRoadInstance><id:memberClass>"),
        DuplicateHeaderField,
    ),
    "part of another namespace": (
        "client",
        CLIENT.replace("id:memberCode", "xrd:memberCode"),
        InvalidHeaderField,
    ),
    "no member": ("client", '<xrd:client id:objectType="MEMBER"/>', InvalidHeaderField),
    "empty part": ("client", CLIENT.replace("70008747", " "), MissingHeaderField),
    "invisible part": ("client", CLIENT.replace("70008747", "\u200b7"), InvalidHeaderField),
    "empty id": ("id", "<xrd:id> </xrd:id>", MissingHeaderField),
    "id with elements": ("id", "<xrd:id>a<b/></xrd:id>", InvalidHeaderField),
    "long id": ("id", f"<xrd:id>{'a' * 256}</xrd:id>", InvalidHeaderField),
    "long issue": ("issue", f"<xrd:issue>{'a' * 4001}</xrd:issue>", InvalidHeaderField),
    "no server code": (
        "securityServer",
        SERVER.replace("<id:serverCode>d</id:serverCode>", ""),
        InvalidHeaderField,
    ),
    "party without code": (
        "representedParty",
        "<rep:representedParty><rep:partyClass>COM</rep:partyClass></rep:representedParty>",
        InvalidHeaderField,
    ),
}


@pytest.mark.parametrize(("name", "field", "problem"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_field_is_named_and_not_repeated(name: str, field: str, problem: type[Problem]) -> None:
    with pytest.raises(problem) as caught:
        headers.read(changed(**{name: field}))
    assert caught.value.detail is not None
    assert caught.value.detail.startswith(name)
    assert "70008747" not in caught.value.detail


def test_a_member_without_subsystem_may_call() -> None:
    member = CLIENT.replace("SUBSYSTEM", "MEMBER").replace("<id:subsystemCode>polis</id:subsystemCode>", "")
    assert str(headers.read(changed(client=member))[0].client) == "ee-dev/GOV/70008747"


def test_an_identifier_is_read_as_a_security_server_reads_it() -> None:
    """It takes the parts as they come, passes over what it does not know, and goes by the parts alone."""
    first = "<id:xRoadInstance>ee-dev</id:xRoadInstance>"
    swapped = CLIENT.replace(first, "").replace("</xrd:client>", f"{first}</xrd:client>")
    assert str(headers.read(changed(client=swapped))[0].client) == "ee-dev/GOV/70008747/polis"
    more = "<id:groupCode>a</id:groupCode><xrd:memberCode>b</xrd:memberCode><other/></xrd:client>"
    for form in (
        CLIENT.replace("</xrd:client>", more),
        CLIENT.replace("SUBSYSTEM", "MEMBER"),
    ):
        assert str(headers.read(changed(client=form))[0].client) == "ee-dev/GOV/70008747/polis"
    member = CLIENT.replace("<id:subsystemCode>polis</id:subsystemCode>", "")
    assert str(headers.read(changed(client=member))[0].client) == "ee-dev/GOV/70008747"


@pytest.mark.parametrize(
    "space",
    [
        "http://x-tee.riik.ee/xsd/xtee.xsd",
        "http://x-rd.net/xsd/xroad.xsd",
        "http://x-road.ee/xsd/x-road.xsd",
    ],
)
def test_who_speaks_an_earlier_protocol_learns_that(space: str) -> None:
    old = f'<old:consumer xmlns:old="{space}">70008747</old:consumer>'
    with pytest.raises(InvalidProtocolVersion):
        headers.read(header(old))
    assert headers.read(header(old, *FIELDS.values()))[0].id == "m-1"
    with pytest.raises(MissingHeaderField, match="client is missing"):
        headers.read(header("<other/>"))


def test_optional_fields_are_read_and_nothing_is_invented() -> None:
    bare, _ = headers.read(header(*FIELDS.values()))
    assert (bare.user_id, bare.issue, bare.represented_party, bare.security_server) == (None,) * 4
    full, _ = headers.read(
        changed(
            userId="<xrd:userId>EE:PIN:abc</xrd:userId>",
            issue="<xrd:issue>\n 12\n 13 </xrd:issue>",
            party="<rep:representedParty><rep:partyClass>COM</rep:partyClass><rep:partyCode>9</rep:partyCode></rep:representedParty>",
            server=SERVER,
        )
    )
    assert full.user_id == "EE:PIN:abc"
    assert full.issue == "12\n 13"
    assert full.represented_party == "COM/9"
    assert full.security_server == "a/b/c/d"


def test_a_represented_party_is_class_and_code_in_either_order() -> None:
    parts = ["<rep:partyClass>COM</rep:partyClass>", "<rep:partyCode>9</rep:partyCode>"]
    for order in (parts, parts[::-1]):
        party = f"<rep:representedParty>{''.join(order)}</rep:representedParty>"
        assert headers.read(changed(party=party))[0].represented_party == "COM/9"


def test_an_empty_issue_is_allowed() -> None:
    assert headers.read(changed(issue="<xrd:issue/>"))[0].issue is None


def test_the_echo_is_the_header_without_its_hash() -> None:
    given = header(
        *("<xrd:issue>\n a </xrd:issue>", CLIENT, '<x:y xmlns:x="urn:x" x:z="1"><![CDATA[<&>]]></x:y>'),
        '<xrd:requestHash algorithmId="a">hash</xrd:requestHash><t xsi:type="id:q" xmlns:xsi="urn:xsi"/>',
    )
    echo = etree.fromstring(headers.echo(given))
    assert [child.tag for child in echo] == [
        "{http://x-road.eu/xsd/xroad.xsd}issue",
        "{http://x-road.eu/xsd/xroad.xsd}client",
        "{urn:x}y",
        "t",
    ]
    assert echo[0].text == "\n a "
    assert (echo[2].text, echo[2].get("{urn:x}z")) == ("<&>", "1")
    assert echo[3].nsmap["id"] == "http://x-road.eu/xsd/identifiers"
    assert etree.tostring(echo[1], method="c14n") == etree.tostring(given[1], method="c14n")


def test_a_golden_header_comes_back_as_it_was(golden: Callable[[str], bytes]) -> None:
    found = etree.fromstring(golden("submitReferral.request.xml"))[0]
    echo = etree.fromstring(headers.echo(found))
    assert etree.tostring(echo, method="c14n").strip() == etree.tostring(found, method="c14n").strip()
