"""What security servers say of members and services, as each generation writes it, over real HTTP."""

from collections.abc import AsyncIterator, Callable

import pytest
from lxml import etree

from services.exchange.actions.metadata import Metadata, MetadataRefused
from services.exchange.model.metadata import Document
from services.exchange.model.xroad import ServiceId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import Failure, Origin
from services.exchange.wire import descriptions
from tests.exchange.outbound.doubles import ENVELOPE, POLIS, US, XML, http, listening

PARTS = 'multipart/related; type="text/xml"; charset=UTF-8; boundary=b'
SPACES = 'xmlns="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"'
PROVIDER = (
    "<i:xRoadInstance>ee-dev</i:xRoadInstance><i:memberClass>GOV</i:memberClass>"
    "<i:memberCode>70008747</i:memberCode>"
)


class Server:
    """A security server that says what a test wants to be said, in the header of the question."""

    client: SecurityServer
    says: Callable[[bytes], bytes]

    async def behave(self, _head: bytes, body: bytes) -> bytes:
        return self.says(body)

    def metadata(self, says: Callable[[bytes], bytes]) -> Metadata:
        self.says = says
        return Metadata(self.client, US)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Server]:
    found = Server()
    async with listening(found.behave) as found.client:
        yield found


def answered(question: bytes, wrapper: str) -> bytes:
    """An envelope with the header of the question and this wrapper."""
    root = etree.fromstring(question)
    body = root.find(f"{ENVELOPE}Body")
    assert body is not None
    body[:] = [etree.fromstring(wrapper)]
    return etree.tostring(root)


def attached(
    *, head: bytes, wsdl: bytes, soap_head: bytes = b"Content-Type: text/xml", end: bytes = b"\r\n--b--\r\n"
) -> Callable[[bytes], bytes]:
    def says(question: bytes) -> bytes:
        soap = answered(question, f"<getWsdlResponse {SPACES}><serviceCode>a</serviceCode></getWsdlResponse>")
        parts = (b"--b", soap_head, b"", soap, b"--b", head, b"", wsdl)
        return http(b"\r\n".join(parts) + end, PARTS)

    return says


WSDL = '<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:õ"/>'
ATTACHED: dict[str, tuple[Callable[[bytes], bytes], str, bytes]] = {
    "as XML": (attached(head=b"content-type:text/xml", wsdl=WSDL.encode()), "text/xml", WSDL.encode()),
    "of no type": (attached(head=b"X-A: b", wsdl=WSDL.encode()), "text/xml", WSDL.encode()),
    "as bytes": (
        attached(
            head=b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary",
            wsdl=WSDL.encode(),
        ),
        "application/octet-stream",
        WSDL.encode(),
    ),
    "in latin-1": (
        attached(head=b"Content-Type: text/xml; charset=ISO-8859-1", wsdl=WSDL.encode("latin-1")),
        "text/xml; charset=ISO-8859-1",
        WSDL.encode("latin-1"),
    ),
    "beside XOP": (
        attached(
            head=b"Content-Type: text/xml",
            wsdl=WSDL.encode(),
            soap_head=b'Content-Type: application/xop+xml; type="text/xml"',
        ),
        "text/xml",
        WSDL.encode(),
    ),
    "without an end": (
        attached(head=b"Content-Type: text/xml", wsdl=WSDL.encode(), end=b""),
        "text/xml",
        WSDL.encode(),
    ),
}


@pytest.mark.parametrize("name", ATTACHED)
async def test_a_wsdl_is_attached_in_many_ways(server: Server, name: str) -> None:
    says, kind, content = ATTACHED[name]
    assert await server.metadata(says).wsdl(POLIS) == Document(kind, content)
    assert descriptions.operations(Document(kind, content)) == ()


VERSIONED = (
    f'<service i:objectType="SERVICE">{PROVIDER}<i:subsystemCode>polis</i:subsystemCode>'
    "<i:serviceCode>a</i:serviceCode><i:serviceVersion>v1</i:serviceVersion></service>"
)
TURNED = (
    '<!-- a --><service i:objectType="SERVICE">\n<i:serviceCode> a\n</i:serviceCode>'
    f"{PROVIDER}<i:subsystemCode>polis</i:subsystemCode></service><other/>"
)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("", ()),
        (VERSIONED, (ServiceId(POLIS.provider, "a", "v1"),)),
        (TURNED, (ServiceId(POLIS.provider, "a", None),)),
    ],
    ids=["none", "with a version", "in another order"],
)
@pytest.mark.parametrize("parts", [False, True])
async def test_services_are_listed_in_many_ways(
    server: Server,
    rows: str,
    found: tuple[ServiceId, ...],
    parts: bool,  # noqa: FBT001
) -> None:
    def says(question: bytes) -> bytes:
        soap = answered(question, f"<listMethodsResponse {SPACES}>{rows}</listMethodsResponse>")
        return (
            http(b"--b\r\nContent-Type: text/xml\r\n\r\n" + soap + b"\r\n--b--", PARTS)
            if parts
            else http(soap)
        )

    assert await server.metadata(says).soap_services(POLIS.provider, "listMethods") == found


async def test_an_error_of_the_security_server_is_told(server: Server) -> None:
    fault = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
        "<faultcode>Server.ClientProxy.UnknownMember</faultcode><faultstring>x</faultstring>"
        "</e:Fault></e:Body></e:Envelope>"
    )
    with pytest.raises(MetadataRefused) as refused:
        await server.metadata(lambda _: http(fault.encode(), XML)).wsdl(POLIS)
    assert refused.value.failure == Failure(Origin.SECURITY_SERVER, "Server.ClientProxy.UnknownMember")


IDENTIFIER = '{"object_type":"MEMBER","xroad_instance":"ee-dev","member_class":"GOV","member_code":"7"}'
ROW = f'{{"id":{IDENTIFIER},"name":"õ"}}'
MEMBERS = (
    '<m:clientList xmlns:m="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers">'
    f'<m:member><m:id i:objectType="MEMBER">{PROVIDER.replace("70008747", "7")}</m:id>'
    "<m:name>õ</m:name></m:member></m:clientList>"
)
LISTS: dict[str, tuple[bytes, str]] = {
    "JSON": (f'{{"member":[{ROW}]}}'.encode(), "application/json"),
    "JSON with a mark": (
        b"\xef\xbb\xbf" + f'{{"member":[{ROW}]}}'.encode(),
        "application/json;charset=utf-8",
    ),
    "JSON in lines": (f'\n{{"new": 1, "member" :\n[{ROW}]}}\n'.encode(), "Application/JSON; charset=UTF-8"),
    "XML": (MEMBERS.encode(), "text/xml"),
    "XML with a mark": (b"\xef\xbb\xbf" + MEMBERS.encode(), "text/xml;charset=utf-8"),
    "XML in latin-1": (MEMBERS.encode("latin-1"), "text/xml; charset=ISO-8859-1"),
    "XML of the other type": (MEMBERS.encode(), "application/xml"),
}


@pytest.mark.parametrize("name", LISTS)
async def test_members_are_listed_in_many_ways(server: Server, name: str) -> None:
    content, kind = LISTS[name]
    (member,) = await server.metadata(lambda _: http(content, kind)).members()
    assert (str(member.client), member.name) == ("ee-dev/GOV/7", "õ")
