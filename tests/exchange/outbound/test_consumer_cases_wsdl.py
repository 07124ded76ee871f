"""The case C15 of a consumer: a service can be called whatever ails its WSDL, over HTTP."""

import socket
from typing import NoReturn

import pytest
from lxml import etree

from services.exchange.model.outbox import NoticeUnfit, Rendered
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.wire import calls
from services.exchange.wire.foreign import Foreign
from tests.exchange.outbound.doubles import ENVELOPE, MESSAGE, US, XROAD, deliver, http, listening
from tests.exchange.wsdls import NAMESPACE, TRAITS

PROVIDER = ClientId.parse("ee-dev/GOV/70000310/register")
WORDS = {"code": "1 & 2", "period": {"from": "2017-03-02", "to": None}}
OWN = {f"{{{NAMESPACE}}}system": "turvavork"}


def written(trait: str, words: calls.Words = WORDS) -> bytes:
    told = TRAITS[trait]
    headers = Headers(US, str(MESSAGE), issue="TV-1")
    service = ServiceId(PROVIDER, "lookUp", told.version)
    return Foreign.load(told.wsdl).write(headers, service, words, OWN)


async def _echoing(_head: bytes, body: bytes) -> bytes:
    """A partner that answers as the protocol has it."""
    root = etree.fromstring(body)
    wrapper = root.find(f"{ENVELOPE}Body/*")
    assert wrapper is not None
    wrapper.tag += "Response"
    wrapper[:] = []
    etree.SubElement(wrapper, "count").text = "3"
    return http(etree.tostring(root))


@pytest.mark.parametrize("trait", TRAITS)
async def test_c15_a_service_can_be_called_whatever_ails_its_wsdl(
    trait: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> NoReturn:
        pytest.fail("something was fetched")

    with monkeypatch.context() as forbidden:
        forbidden.setattr(socket, "getaddrinfo", asked)
        told, found = TRAITS[trait], Foreign.load(TRAITS[trait].wsdl)
        body = written(trait)
    assert (found.way(ServiceId(PROVIDER, "lookUp", told.version)), found.judged) == (told.way, told.judged)
    space = f"{{{NAMESPACE}}}" if told.qualified else ""
    wrapper = etree.fromstring(body).find(f"{ENVELOPE}Body/{{{NAMESPACE}}}lookUp")
    assert wrapper is not None
    assert [(one.tag, (one.text or "").strip()) for one in wrapper.iter()][1:] == [
        (f"{space}code", "1 & 2"),
        (f"{space}period", ""),
        (f"{space}from", "2017-03-02"),
    ]
    header = etree.fromstring(body)[0]
    assert [etree.QName(one).localname for one in header] == [
        *("client", "service", "id", "issue", "protocolVersion", "system")
    ]
    version = header.findtext(f"{XROAD}service/{{http://x-road.eu/xsd/identifiers}}serviceVersion")
    assert version == told.version
    async with listening(_echoing) as client:
        assert await deliver(client, MESSAGE, Rendered("soap", "POST", "/", calls.CONTENT_TYPE, body)) is None


@pytest.mark.parametrize("trait", [name for name, told in TRAITS.items() if told.judged])
@pytest.mark.parametrize(
    "words",
    [{}, {"code": "a", "unknown": "b"}, {"code": "a", "period": {"from": "yesterday"}}, {"period": {}}],
)
def test_c15_what_the_schema_forbids_is_not_written_either_way(trait: str, words: calls.Words) -> None:
    with pytest.raises(NoticeUnfit) as error:
        written(trait, words)
    assert "yesterday" not in str(error.value)


def test_c15_an_operation_that_the_wsdl_lacks_is_not_guessed() -> None:
    service = ServiceId(PROVIDER, "lookDown", "v1")
    with pytest.raises(NoticeUnfit):
        Foreign.load(TRAITS["no-header-message"].wsdl).write(Headers(US, "m-1"), service, WORDS)
