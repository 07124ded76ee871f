"""The service description as others read it: zeep, and the rules of X-Road for WSDL."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
import zeep
from lxml import etree

from services.exchange.catalog import offered
from services.exchange.wire import schema

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XRD = "{http://x-road.eu/xsd/xroad.xsd}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HEADERS = ["client", "service", "id", "userId", "issue", "protocolVersion"]


FILES = ("turvavork.wsdl", "findusage.wsdl")


@pytest.fixture(scope="module", params=FILES)
def file(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def root(file: str) -> etree._Element:
    return etree.fromstring(schema.wsdl(file))


@pytest.fixture(scope="module")
def client() -> zeep.Client:
    return zeep.Client(BytesIO(schema.wsdl()))


def _offered(file: str) -> set[tuple[str, str | None]]:
    return {service for service, each in offered.load("ee-dev").services.items() if each.wsdl == file}


def test_every_service_is_described_somewhere() -> None:
    assert {each.wsdl for each in offered.load("ee-dev").services.values()} == set(FILES)


def test_its_operations_are_those_that_are_offered(root: etree._Element, file: str) -> None:
    bound = {
        (each.get("name"), each.findtext(f"{XRD}version"))
        for each in root.iterfind(f"{WSDL}binding/{WSDL}operation")
    }
    assert bound == _offered(file)


def test_every_operation_has_titles_and_plain_soap(root: etree._Element) -> None:
    for each in root.iterfind(f"{WSDL}portType/{WSDL}operation"):
        titles = each.findall(f"{WSDL}documentation/{XRD}title")
        assert [title.get(LANG) for title in titles] == ["et", "en"]
    for each in root.iterfind(f"{WSDL}binding/{WSDL}operation"):
        action = each.find(f"{SOAP}operation")
        assert (action.get("soapAction"), action.get("style")) == ("", "document")
        for direction in ("input", "output"):
            parts = [header.get("part") for header in each.iterfind(f"{WSDL}{direction}/{SOAP}header")]
            assert parts == HEADERS
            assert dict(each.find(f"{WSDL}{direction}/{SOAP}body").attrib) == {"use": "literal"}


def test_it_needs_no_other_file_and_says_nothing_of_hashes(root: etree._Element, file: str) -> None:
    assert not [
        each
        for each in root.iter()
        if each.get("schemaLocation") or each.get("location", "").startswith("file")
    ]
    assert b"requestHash" not in schema.wsdl(file)


def test_wrappers_are_named_after_their_operations(root: etree._Element, file: str) -> None:
    for message in root.iterfind(f"{WSDL}message"):
        if message.get("name") != "requestHeader":
            (element,) = [part.get("element") for part in message]
            prefix, _, name = element.partition(":")
            assert (root.nsmap[prefix], name) == (schema.namespace(file), message.get("name"))


def test_zeep_knows_all_operations(file: str) -> None:
    client = zeep.Client(BytesIO(schema.wsdl(file)))
    assert set(client.service._operations) == {code for code, _ in _offered(file)}


def test_a_message_made_by_zeep_fits_the_schema(
    client: zeep.Client, zeep_headers: Mapping[str, Any], zeep_referral: Mapping[str, Any]
) -> None:
    made = client.create_message(client.service, "submitReferral", **zeep_referral, _soapheaders=zeep_headers)
    schema.check(made[1][0])
