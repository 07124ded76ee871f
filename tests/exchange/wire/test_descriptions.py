import json
import time

import pytest

from services.exchange.model.metadata import Document, MetadataUnreadable, Operation
from services.exchange.wire import descriptions

P = "http://polis.x-road.eu/producer"
NEEDED = Operation("caseNotice", "v1", P, f"{{{P}}}caseNotice", f"{{{P}}}caseNoticeResponse")
WSDL = """<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://x-road.eu/xsd/xroad.xsd"
  targetNamespace="urn:t">
  <w:message name="in"><w:part name="head" element="x:id"/><w:part name="body" element="t:ask"/></w:message>
  <w:message name="out"><w:part name="body" element="t:askResponse"/></w:message>
  <w:portType name="p"><w:operation name="ask"><w:input message="t:in"/><w:output message="t:out"/>
  </w:operation>  </w:portType>
  <w:binding name="b" type="t:p"><s:binding style="document"/>
    <w:operation name="ask">VERSION
      <w:input><s:body parts="body" use="literal"/></w:input><w:output/></w:operation>
    <w:operation name="lost"/>
  </w:binding>
  <w:binding name="http" type="t:p"><w:operation name="other"/></w:binding>
</w:definitions>"""
OPENAPI = {
    "openapi": "3.0.3",
    "paths": {"/a/{id}": {"get": {}, "post": {}, "parameters": [], "summary": "x"}, "/b": {"delete": {}}},
}
ENDPOINTS = (("GET", "/a/{id}"), ("POST", "/a/{id}"), ("DELETE", "/b"))
YAML = """
openapi: 3.0.3
info: {title: T, version: 1, x-date: 2017-13-45, x-odd: !!python/object/apply:os.system [false]}
paths:
  /a/{id}:
    get: {}
    post: {}
    parameters: []
    summary: x
  "/b":
    delete: {}
"""


def read(text: str, kind: str = "text/xml") -> tuple[Operation, ...]:
    return descriptions.operations(Document(kind, text.encode()))


def test_our_own_contract_is_read() -> None:
    found = descriptions.of_contract("polis.wsdl")
    assert found[0] == NEEDED
    assert [each.name for each in found] == ["caseNotice", "getCallouts"]


@pytest.mark.parametrize(
    ("written", "version"),
    [("<x:version>v3</x:version>", "v3"), ("<x:version> v3\n</x:version>", "v3"), ("", None)],
)
@pytest.mark.parametrize("kind", ["text/xml", "application/wsdl+xml; charset=utf-8", "text/plain"])
def test_an_operation_is_what_its_binding_and_its_messages_say(
    written: str, version: str | None, kind: str
) -> None:
    """Also an operation without port type, as some Estonian WSDLs have it; other bindings are no SOAP."""
    assert read(WSDL.replace("VERSION", written), kind) == (
        Operation("ask", version, "urn:t", "{urn:t}ask", "{urn:t}askResponse"),
        Operation("lost", None, "urn:t", None, None),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<a/>",
        "<!DOCTYPE d>" + WSDL,
        '<!DOCTYPE d [<!ENTITY e "x">]>' + WSDL.replace("VERSION", "&e;"),
        WSDL[:-3],
        "<a>" * 300 + "</a>" * 300,
        WSDL + " " * descriptions.LIMITS.bytes,
    ],
)
def test_what_is_no_wsdl_is_unreadable(text: str) -> None:
    with pytest.raises(MetadataUnreadable):
        read(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("application/json", json.dumps(OPENAPI)),
        ("application/json;charset=utf-8", json.dumps(OPENAPI)),
        ("text/plain", json.dumps(OPENAPI)),
        ("application/x-yaml", YAML),
        ("", YAML),
    ],
)
def test_r20_openapi_is_json_or_yaml(kind: str, text: str) -> None:
    assert descriptions.endpoints(Document(kind, text.encode())) == ENDPOINTS


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("application/json", "{"),
        ("application/json", '{"openapi": "3", "paths": {}, "paths": {}}'),
        ("application/json", '{"swagger": "2.0", "paths": {}}'),
        ("application/json", "[]"),
        ("application/x-yaml", "openapi: [\n"),
        ("application/x-yaml", "openapi: 3.0.3\nx: &a {get: {}}\npaths: {/a: *a}"),
        ("application/x-yaml", "openapi: 3.0.3\npaths: {? [a] : b}"),
        ("application/x-yaml", "openapi: 3.0.3\npaths: {}\n" + "#" * 256 * 1024),
        ("application/x-yaml", "[" * 5000),
        ("application/x-yaml", "openapi: 3.0.3\x00"),
        ("text/html", "<html>"),
    ],
)
def test_what_is_no_openapi_is_unreadable(kind: str, text: str) -> None:
    began = time.thread_time()
    with pytest.raises(MetadataUnreadable) as error:
        descriptions.endpoints(Document(kind, text.encode()))
    assert text[:9] not in str(error.value)
    assert time.thread_time() - began < 10
