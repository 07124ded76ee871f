"""Traits of the envelope: its header fields, its body, and what other toolkits put around them."""

import re

from tests.exchange.routes.traits import ENVELOPE, READ, Make, Traits, as_utf_8, swap

HEADER = "<SOAP-ENV:Header>"
BODY = "<SOAP-ENV:Body>"
CLIENT = re.compile(r"<xrd:client .*?</xrd:client>", re.DOTALL)
SERVICE = re.compile(r"<xrd:service .*?</xrd:service>", re.DOTALL)
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SECURITY = (
    f'<wsse:Security xmlns:wsse="{WSSE}" SOAP-ENV:mustUnderstand="1"><wsu:Timestamp xmlns:wsu="{WSU}" '
    'wsu:Id="T-1"><wsu:Created>2017-05-04T12:00:00Z</wsu:Created></wsu:Timestamp></wsse:Security>'
)
ADDRESSING = (
    '<wsa:To xmlns:wsa="http://www.w3.org/2005/08/addressing" SOAP-ENV:mustUnderstand="1">urn:a</wsa:To>'
    '<wsa:MessageID xmlns:wsa="http://www.w3.org/2005/08/addressing">urn:uuid:1</wsa:MessageID>'
)
PARTY = 'xmlns:repr="http://x-road.eu/xsd/representation.xsd"'
CENTRAL = (
    '<xrd:centralService id:objectType="CENTRALSERVICE"><id:xRoadInstance>ee-dev</id:xRoadInstance>'
    "<id:serviceCode>submitReferral</id:serviceCode></xrd:centralService>"
)
SERVER = (
    '<xrd:securityServer id:objectType="SERVER"><id:xRoadInstance>ee-dev</id:xRoadInstance>'
    "<id:memberClass>GOV</id:memberClass><id:memberCode>70001975</id:memberCode>"
    "<id:serverCode>ss1</id:serverCode></xrd:securityServer>"
)
HASH = '<xrd:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">eA==</xrd:requestHash>'
TOKEN = '<t:securityToken xmlns:t="http://x-road.eu/xsd/security-token.xsd" tokenType="a">x</t:securityToken>'
OLD_2 = (
    '<xtee:asutus xmlns:xtee="http://x-tee.riik.ee/xsd/xtee.xsd">70008747</xtee:asutus>'
    '<xtee:nimi xmlns:xtee="http://x-tee.riik.ee/xsd/xtee.xsd">turvavork.submitReferral.v1</xtee:nimi>'
)
OLD_3 = (
    '<o:consumer xmlns:o="http://x-road.ee/xsd/x-road.xsd">70008747</o:consumer>'
    '<o:service xmlns:o="http://x-road.ee/xsd/x-road.xsd">turvavork.submitReferral.v1</o:service>'
)


def first(block: str) -> Make:
    """One more header block, before all others."""
    return swap((HEADER, HEADER + block))


def last(block: str) -> Make:
    """One more header block, after all others."""
    return swap(("</SOAP-ENV:Header>", block + "</SOAP-ENV:Header>"))


def without(field: str) -> Make:
    """A header field that is not there."""
    found = re.compile(rf"<xrd:{field}\b.*?</xrd:{field}>", re.DOTALL)
    return as_utf_8(lambda golden: found.sub("", golden, count=1))


def valued(field: str, value: str) -> Make:
    """A header field of another value."""
    found = re.compile(rf"<xrd:{field}>[^<]*</xrd:{field}>")
    return as_utf_8(lambda golden: found.sub(f"<xrd:{field}>{value}</xrd:{field}>", golden, count=1))


def only(header: str) -> Make:
    """Another header altogether."""
    found = re.compile(r"(<SOAP-ENV:Header>).*(</SOAP-ENV:Header>)", re.DOTALL)
    return as_utf_8(lambda golden: found.sub(rf"\g<1>{header}\g<2>", golden))


def emptied(part: str, instead: str = "") -> Make:
    """The header or the body away, or another in its place."""
    found = re.compile(rf"<SOAP-ENV:{part}>.*</SOAP-ENV:{part}>", re.DOTALL)
    return as_utf_8(lambda golden: found.sub(instead, golden))


def sent_instead(wrapper: str) -> Make:
    """Another wrapper."""
    found = re.compile(r"<tv:submitReferral .*</tv:submitReferral>", re.DOTALL)
    return as_utf_8(lambda golden: found.sub(wrapper, golden))


def between(something: str) -> Make:
    """Something after each line that ends an element, but not before the root."""
    return as_utf_8(lambda golden: golden.replace(">\n", f">{something}\n").replace(f'"?>{something}', '"?>'))


def exchanged(golden: str) -> str:
    """Client and service in each other's place."""
    client, service = CLIENT.search(golden), SERVICE.search(golden)
    assert client is not None
    assert service is not None
    return golden.replace(client[0], "\0").replace(service[0], client[0]).replace("\0", service[0])


def body_first(golden: str) -> str:
    """The body before the header."""
    found = re.search(
        r"(<SOAP-ENV:Header>.*</SOAP-ENV:Header>)(.*?)(<SOAP-ENV:Body>.*</SOAP-ENV:Body>)", golden, re.DOTALL
    )
    assert found is not None
    return golden.replace(found[0], found[3] + found[2] + found[1])


def shuffled_parts(golden: str) -> str:
    """The parts of each identifier from the last to the first."""
    parts = re.compile(r"((?:\s*<id:\w+>[^<]*</id:\w+>)+)")
    each = re.compile(r"<id:\w+>[^<]*</id:\w+>")
    return parts.sub(lambda found: "".join(reversed(each.findall(found[1]))), golden)


FIELDS: Traits = {
    "WS-Security that must be understood": (first(SECURITY), READ),
    "WS-Addressing": (last(ADDRESSING), READ),
    "an actor": (first('<a:b xmlns:a="urn:a" SOAP-ENV:actor="urn:next" SOAP-ENV:mustUnderstand="0"/>'), READ),
    "fields that must be understood": (swap(("<xrd:id>", '<xrd:id SOAP-ENV:mustUnderstand="1">')), READ),
    "a typed field": (
        swap(("<xrd:id>", f'<xrd:id xmlns:xsi="{XSI}" xmlns:xs="urn:xs" xsi:type="xs:string">')),
        READ,
    ),
    "a language": (swap(("<xrd:issue>", '<xrd:issue xml:lang="et">')), READ),
    "an encoding style on the header": (swap((HEADER, '<SOAP-ENV:Header SOAP-ENV:encodingStyle="">')), READ),
    "a header with an id": (swap((HEADER, f'<SOAP-ENV:Header xmlns:wsu="{WSU}" wsu:Id="H">')), READ),
    "an unqualified block": (last("<x><y/></x>"), READ),
    "text between fields": (swap((HEADER, f"{HEADER}words")), READ),
    "client and service exchanged": (as_utf_8(exchanged), READ),
    "parts from the last to the first": (as_utf_8(shuffled_parts), READ),
    "a part that nobody knows": (
        swap(("</xrd:client>", "<id:groupCode>g</id:groupCode></xrd:client>")),
        READ,
    ),
    "a part twice": (
        swap(("</xrd:client>", "<id:memberCode>1</id:memberCode></xrd:client>")),
        "duplicate_header_field",
    ),
    "a part in another namespace": (
        swap(("<id:memberCode>70008747</id:memberCode>", "<xrd:memberCode>70008747</xrd:memberCode>")),
        "invalid_header_field",
    ),
    "a subsystem called a member": (swap(("SUBSYSTEM", "MEMBER")), READ),
    "a client called a service": (swap(("SUBSYSTEM", "SERVICE")), "invalid_header_field"),
    "an object type in no namespace": (swap(("id:objectType", "objectType")), "invalid_header_field"),
    "no object type": (swap((' id:objectType="SUBSYSTEM"', "")), "invalid_header_field"),
    "white space around a part": (swap((">70008747<", ">\n 70008747\n<")), READ),
    "white space around the id": (swap(("<xrd:id>", "<xrd:id>\n "), ("</xrd:id>", "\t</xrd:id>")), READ),
    "an id of words": (valued("id", "Päring nr 1 (põlva)"), READ),
    "an id of 256 letters": (valued("id", "a" * 256), "invalid_header_field"),
    "an empty id": (valued("id", ""), "missing_header_field"),
    "an id that holds elements": (valued("id", "<a/>"), "invalid_header_field"),
    "no id": (without("id"), "missing_header_field"),
    "no client": (without("client"), "missing_header_field"),
    "no service": (without("service"), "missing_header_field"),
    "no protocol version": (without("protocolVersion"), "missing_header_field"),
    "no issue": (without("issue"), READ),
    "an empty issue": (valued("issue", ""), READ),
    "an issue of several lines": (valued("issue", "\n1\n  2\n"), READ),
    "a user of another country": (valued("userId", "FI010190-900A"), READ),
    "a user with markup": (valued("userId", "&lt;&#34;EE1&quot; &amp; &apos;&#62;"), READ),
    "an id twice": (last("<xrd:id>m-2</xrd:id>"), "duplicate_header_field"),
    "a user twice": (last("<xrd:userId>EE1</xrd:userId>"), "duplicate_header_field"),
    "an unknown block twice": (last("<a/><a/>"), READ),
    "protocol 4.1": (valued("protocolVersion", "4.1"), READ),
    "protocol 4.x": (valued("protocolVersion", "4.x"), READ),
    "protocol 4": (valued("protocolVersion", "4"), "invalid_protocol_version"),
    "protocol 3.1": (valued("protocolVersion", "3.1"), "invalid_protocol_version"),
    "protocol 5.0": (valued("protocolVersion", "5.0"), "invalid_protocol_version"),
    "the words of protocol 5.0": (
        swap(
            (">4.0<", ">5.0<"),
            ("xRoadInstance", "dataspaceInstance"),
            ("memberClass", "participantClass"),
            ("memberCode", "participantCode"),
        ),
        "invalid_protocol_version",
    ),
    "the words of protocol 5.0, called 4.0": (
        swap(("memberCode", "participantCode")),
        "invalid_header_field",
    ),
    "a header of protocol 2.0": (only(OLD_2), "invalid_protocol_version"),
    "a header of protocol 3.1": (only(OLD_3), "invalid_protocol_version"),
    "fields of 3.1 beside those of 4.0": (last(OLD_3), READ),
    "a central service instead": (
        as_utf_8(lambda golden: SERVICE.sub(CENTRAL, golden)),
        "missing_header_field",
    ),
    "a central service as well": (last(CENTRAL), READ),
    "a security server": (first(SERVER), READ),
    "a represented party": (
        last(
            f"<repr:representedParty {PARTY}><repr:partyClass>COM</repr:partyClass>"
            "<repr:partyCode>1</repr:partyCode></repr:representedParty>"
        ),
        READ,
    ),
    "a represented party without code": (
        last(f"<repr:representedParty {PARTY}><repr:partyClass>1</repr:partyClass></repr:representedParty>"),
        "invalid_header_field",
    ),
    "a request hash": (last(HASH), READ),
    "a token": (last(TOKEN), READ),
    "another provider": (
        swap((">70001975<", ">70000000<")),
        "unknown_service",
    ),
    "the service in another case": (swap((">submitReferral<", ">SubmitReferral<")), "unknown_service"),
    "no version": (swap(("<id:serviceVersion>v1</id:serviceVersion>", "")), "unknown_service"),
    "a client without rights": (swap((">polis<", ">politsei<")), "access_denied"),
}

SHAPES: Traits = {
    "the body before the header": (as_utf_8(body_first), READ),
    "something after the body": (swap(("</SOAP-ENV:Body>", '</SOAP-ENV:Body><a:b xmlns:a="urn:a"/>')), READ),
    "an encoding style on the envelope": (
        swap(("<SOAP-ENV:Envelope ", f'<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="{ENVELOPE}" ')),
        READ,
    ),
    "an encoding style on the wrapper": (
        swap(("<tv:submitReferral ", f'<tv:submitReferral SOAP-ENV:encodingStyle="{ENVELOPE}" ')),
        READ,
    ),
    "a body with an id": (swap((BODY, f'<SOAP-ENV:Body xmlns:wsu="{WSU}" wsu:Id="B">')), READ),
    "a body with xml:id": (swap((BODY, '<SOAP-ENV:Body xml:id="1">')), READ),
    "namespaces that are not used": (
        swap((BODY, f'<SOAP-ENV:Body xmlns:xsi="{XSI}" xmlns:xsd="urn:d">')),
        READ,
    ),
    "a hint where the schema is": (
        swap(("<referral>", f'<referral xmlns:xsi="{XSI}" xsi:noNamespaceSchemaLocation="a.xsd">')),
        READ,
    ),
    "comments between all elements": (between("<!-- a -->"), READ),
    "instructions between all elements": (between("<?a b?>"), READ),
    "white space around a code": (swap((">polva<", ">\n  polva\n<")), READ),
    "an attribute in another order": (
        swap(("<tv:submitReferral xmlns:tv", '<tv:submitReferral xmlns:a="urn:a" xmlns:tv')),
        READ,
    ),
    "a language on a value": (swap(("<description>", '<description xml:lang="et">')), "schema_violation"),
    "nothing, called nil": (
        swap(("<consent>", f'<consent xmlns:xsi="{XSI}" xsi:nil="true">')),
        "schema_violation",
    ),
    "a type that is not the schema's": (
        swap(("<region>", f'<region xmlns:xsi="{XSI}" xmlns:x="{XSI[:-9]}" xsi:type="x:int">')),
        "schema_violation",
    ),
    "an unknown element": (swap(("<referral>", "<extra/><referral>")), "schema_violation"),
    "children in the wrapper's namespace": (
        as_utf_8(lambda golden: re.sub(r"<(/?)(?=[a-z]\w*[ >])", r"<\1tv:", golden)),
        "schema_violation",
    ),
    "a wrapper in another namespace": (
        swap(("http://turvavork.x-road.eu/producer", "http://turvavork.x-road.ee/producer")),
        "inconsistent_headers",
    ),
    "a wrapper called request": (
        swap(("tv:submitReferral", "tv:submitReferralRequest")),
        "inconsistent_headers",
    ),
    "no header": (emptied("Header"), "missing_header"),
    "an empty header": (only(""), "missing_header_field"),
    "two headers": (swap(("</SOAP-ENV:Header>", "</SOAP-ENV:Header><SOAP-ENV:Header/>")), "invalid_soap"),
    "no body": (emptied("Body"), "missing_body"),
    "an empty body": (emptied("Body", "<SOAP-ENV:Body/>"), "invalid_body"),
    "two bodies": (swap(("</SOAP-ENV:Body>", "</SOAP-ENV:Body><SOAP-ENV:Body/>")), "invalid_body"),
    "two wrappers": (swap(("</SOAP-ENV:Body>", "<a/></SOAP-ENV:Body>")), "invalid_body"),
    "text beside the wrapper": (swap((BODY, f"{BODY}words")), READ),
    "a Fault as a request": (
        sent_instead("<SOAP-ENV:Fault><faultcode>a</faultcode><faultstring>b</faultstring></SOAP-ENV:Fault>"),
        "inconsistent_headers",
    ),
    "SOAP 1.2": (swap((ENVELOPE, "http://www.w3.org/2003/05/soap-envelope")), "soap_version_unsupported"),
    "an envelope in no namespace": (
        swap((f'xmlns:SOAP-ENV="{ENVELOPE}"', ""), ("SOAP-ENV:", "")),
        "invalid_soap",
    ),
}
