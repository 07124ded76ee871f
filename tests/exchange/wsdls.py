"""WSDLs as Estonian registers publish them, each with a trait that has broken clients; all names invented."""

from dataclasses import dataclass
from typing import Final

NAMESPACE: Final = "http://register.x-road.eu/producer"
_SCHEMA: Final = """<xs:schema targetNamespace="{space}"{form}>{imports}
  <xs:complexType name="Period"><xs:sequence>
    <xs:element name="from" type="xs:date"/>
    <xs:element name="to" type="xs:date" minOccurs="0"/>
  </xs:sequence></xs:complexType>
  <xs:element name="lookUp"><xs:complexType><xs:sequence>
    <xs:element name="code" type="{code}"/>
    <xs:element name="period" type="r:Period" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="lookUpResponse"><xs:complexType><xs:sequence>
    <xs:element name="count" type="xs:int"/>
  </xs:sequence></xs:complexType></xs:element>
  {more}
</xs:schema>"""
_OPERATION: Final = """<wsdl:operation name="lookUp">
  <wsdl:input message="r:lookUp"/><wsdl:output message="r:lookUpResponse"/>
</wsdl:operation>"""
_HEADER: Final = """<wsdl:message name="header">
  <wsdl:part name="client" element="xrd:client"/><wsdl:part name="service" element="xrd:service"/>
  <wsdl:part name="id" element="xrd:id"/><wsdl:part name="protocolVersion" element="xrd:protocolVersion"/>
  {parts}
</wsdl:message>"""
_PROTOCOL: Final = """<xs:schema><xs:import namespace="http://x-road.eu/xsd/xroad.xsd"
  schemaLocation="http://x-road.eu/xsd/xroad.xsd"/></xs:schema>"""
_WSDL: Final = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xrd="http://x-road.eu/xsd/xroad.xsd"
  xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:away="http://elsewhere.invalid/types"
  xmlns:r="{space}" targetNamespace="{space}">
<wsdl:types>{protocol}{schema}</wsdl:types>
{header}
<wsdl:message name="lookUp"><wsdl:part name="body" element="r:lookUp"/></wsdl:message>
<wsdl:message name="lookUpResponse"><wsdl:part name="body" element="r:lookUpResponse"/></wsdl:message>
<wsdl:portType name="port">{operation}</wsdl:portType>
<wsdl:binding name="binding" type="r:port">
  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
  <wsdl:operation name="lookUp">{version}<soap:operation soapAction="{action}"/>
    <wsdl:input><soap:body use="literal"/>
      <soap:header message="r:header" part="client" use="literal"/>
      <soap:header message="r:header" part="id" use="literal"/>
    </wsdl:input>
    <wsdl:output><soap:body use="literal"/></wsdl:output>
  </wsdl:operation>{again}
</wsdl:binding>
<wsdl:service name="s"><wsdl:port name="p" binding="r:binding">
  <soap:address location="http://example.org/xroad-endpoint"/></wsdl:port></wsdl:service>
</wsdl:definitions>"""
V1: Final = "<xrd:version>v1</xrd:version>"


_PLAIN: Final = {
    "header": _HEADER.format(parts=""),
    "operation": _OPERATION,
    "version": V1,
    "action": "",
    "again": "",
    "protocol": _PROTOCOL,
}


@dataclass(frozen=True, slots=True)
class Trait:
    """A WSDL, what is expected of it, and how its service is called."""

    wsdl: bytes
    way: str
    judged: bool
    version: str | None = "v1"
    qualified: bool = False


def wsdl(form: str = "", **parts: str) -> bytes:
    """The WSDL of a register with one operation, ``lookUp``; ``parts`` replace those of a plain one."""
    told = {"imports": "", "code": "xs:token", "more": "", **_PLAIN, **parts}
    return _WSDL.format(
        space=NAMESPACE, schema=_SCHEMA.format(space=NAMESPACE, form=form, **told), **told
    ).encode()


_ENCODING: Final = '<xs:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/>'
_ARRAY: Final = """<xs:complexType name="Texts"><xs:complexContent><xs:restriction base="enc:Array">
  <xs:attribute ref="enc:arrayType"/></xs:restriction></xs:complexContent></xs:complexType>
  <xs:element name="texts" type="r:Texts"/>"""
_AWAY: Final = (
    '<xs:import namespace="http://elsewhere.invalid/types" '
    'schemaLocation="http://elsewhere.invalid:9/types.xsd"/>'
)
_OWN_FIELD: Final = '<wsdl:part name="system" element="r:system"/>'
_AGAIN: Final = """<wsdl:operation name="lookUp"><xrd:version>v2</xrd:version><soap:operation soapAction=""/>
  <wsdl:input><soap:body use="literal"/></wsdl:input></wsdl:operation>"""
TRAITS: Final = {
    "plain": Trait(wsdl(), "zeep", judged=True),
    "unqualified-said": Trait(wsdl(form=' elementFormDefault="unqualified"'), "zeep", judged=True),
    "qualified": Trait(wsdl(form=' elementFormDefault="qualified"'), "zeep", judged=True, qualified=True),
    "no-header-message": Trait(wsdl(header=""), "raw", judged=True),
    "no-header-message-qualified": Trait(
        wsdl(header="", form=' elementFormDefault="qualified"'), "raw", judged=True, qualified=True
    ),
    "soap-encoding": Trait(wsdl(imports=_ENCODING, more=_ARRAY), "raw", judged=False),
    "remote-import": Trait(wsdl(imports=_AWAY, code="away:Code"), "raw", judged=False),
    "remote-include": Trait(
        wsdl(imports='<xs:include schemaLocation="http://elsewhere.invalid:9/more.xsd"/>'), "raw", judged=True
    ),
    "local-file": Trait(
        wsdl(imports='<xs:import namespace="urn:file" schemaLocation="file:///etc/passwd"/>'),
        "raw",
        judged=True,
    ),
    "not-in-port-type": Trait(wsdl(operation=""), "raw", judged=True),
    "no-version": Trait(wsdl(version=""), "zeep", judged=True, version=None),
    "two-versions": Trait(wsdl(again=_AGAIN), "raw", judged=True, version="v2"),
    "custom-field": Trait(
        wsdl(header=_HEADER.format(parts=_OWN_FIELD), more='<xs:element name="system" type="xs:string"/>'),
        "zeep",
        judged=True,
    ),
    "foreign-action": Trait(wsdl(action="http://register.x-road.eu/other#verb"), "zeep", judged=True),
}
