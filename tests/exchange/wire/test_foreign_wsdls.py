"""WSDLs with traits of other people's: what they offer is read, and nothing of them is followed."""

from typing import Any

import pytest

from services.exchange.model.metadata import Document, MetadataUnreadable, Operation
from services.exchange.wire import descriptions


def described(
    *,
    types: str = "",
    bindings: str = "",
    style: str = "document",
    part: str = 'element="t:ask"',
    output: str = 'message="t:out"',
) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?><!-- made by a tool -->
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:t="urn:t" xmlns:x="http://x-road.eu/xsd/xroad.xsd"
 targetNamespace="urn:t" name="õ"><documentation>words</documentation>{types}
<message name="in"><part name="p" {part}/></message>
<message name="out"><part name="p" element="t:askResponse"/></message>
<portType name="pt"><operation name="ask"><documentation><x:title>õ</x:title></documentation>
<input name="a" message="t:in"/><output {output}/><fault name="f" message="t:in"/></operation></portType>
<binding name="b" type="t:pt"><soap:binding style="{style}" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="ask"><soap:operation soapAction=""/><x:version>v1</x:version>
<input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation></binding>
{bindings}
<service name="s"><port name="p" binding="t:b">
<soap:address location="http://example.org/xroad-endpoint"/></port></service>
</definitions>"""


ASK = Operation("ask", "v1", "urn:t", "{urn:t}ask", "{urn:t}askResponse")
SECOND = (
    '<binding name="c" type="t:pt"><soap:binding/><operation name="ask"><x:version>v2</x:version>'
    "<input><soap:body parts='p'/></input><output><soap:body/></output></operation></binding>"
)
OTHER = '<binding name="c" type="t:pt"><soap12:binding/><operation name="ask"><input/></operation></binding>'
IMPORTS = (
    '<import namespace="urn:o" location="http://127.0.0.1:9/o.wsdl"/><types>'
    '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">'
    '<s:import namespace="urn:o" schemaLocation="http://127.0.0.1:9/o.xsd"/>'
    '<s:include schemaLocation="o.xsd"/></s:schema></types>'
)
WSDLS: dict[str, tuple[bytes, str, Any]] = {
    "plain": (described().encode(), "text/xml", (ASK,)),
    "with a mark": (b"\xef\xbb\xbf" + described().encode(), "text/xml", (ASK,)),
    "in utf-16": (described().replace("UTF-8", "UTF-16").encode("utf-16"), "text/xml", (ASK,)),
    "in latin-1, by declaration": (
        described().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        "text/xml;charset=utf-8",
        (ASK,),
    ),
    "after comments": (described().replace('"?>', '"?><!-- a --><?b?>').encode(), "text/xml", (ASK,)),
    "with imports, which nobody fetches": (described(types=IMPORTS).encode(), "text/xml", (ASK,)),
    "with two bindings and versions": (
        described(bindings=SECOND).encode(),
        "application/wsdl+xml",
        (ASK, Operation("ask", "v2", "urn:t", "{urn:t}ask", "{urn:t}askResponse")),
    ),
    "with a binding of SOAP 1.2": (described(bindings=OTHER).encode(), "text/xml", (ASK,)),
    "with parts of types, as rpc has them": (
        described(style="rpc", part='type="x:string"').encode(),
        "text/xml",
        (Operation("ask", "v1", "urn:t", None, "{urn:t}askResponse"),),
    ),
    "with an answer of no message": (
        described(output="").encode(),
        "text/xml",
        (Operation("ask", "v1", "urn:t", "{urn:t}ask", None),),
    ),
    "with a version of protocol 3.1": (
        described().replace("x-road.eu/xsd/xroad.xsd", "x-road.ee/xsd/x-road.xsd").encode(),
        "text/xml",
        (ASK,),
    ),
    "with a namespace that is no address": (
        described().replace("urn:t", "urn: t").encode(),
        "text/xml",
        (Operation("ask", "v1", "urn: t", "{urn: t}ask", "{urn: t}askResponse"),),
    ),
}


@pytest.mark.parametrize("name", WSDLS)
def test_a_foreign_wsdl_is_read(name: str) -> None:
    content, kind, operations = WSDLS[name]
    assert descriptions.operations(Document(kind, content)) == operations


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE definitions>" + described().encode(),
        b'<description xmlns="http://www.w3.org/ns/wsdl"/>',
        b"<html/>",
        b"\r\n" + described().encode(),
        described().encode()[:-3],
        b"",
    ],
    ids=["a doctype", "WSDL 2.0", "a page", "space before the declaration", "cut", "nothing"],
)
def test_what_is_no_wsdl_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(MetadataUnreadable):
        descriptions.operations(Document("text/xml", content))
