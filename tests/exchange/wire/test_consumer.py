from datetime import UTC, datetime

import pytest
from lxml import etree

from services.exchange.model.contract import SoapContract
from services.exchange.model.inbox import Status
from services.exchange.model.outbox import Notice, NoticeUnfit
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.wire import consumer

POLIS = ClientId.parse("ee-dev/GOV/70008747/polis")
US = ClientId.parse("ee-dev/GOV/70001975/turvavork")
SERVICE = ServiceId(POLIS, "caseNotice", "v1")
REFERENCE = "TV-0123-4567-89AB-CDEF-0"
WORDS = Notice(POLIS, REFERENCE, "PPA-1", Status.ACCEPTED, datetime(2017, 3, 2, 8, 0, tzinfo=UTC)).words()
NAMES = {"x": "http://x-road.eu/xsd/xroad.xsd", "i": "http://x-road.eu/xsd/identifiers"}


def render(message_id: str = "m-1", issue: str = REFERENCE, **words: str) -> bytes:
    return consumer.render(
        SoapContract(SERVICE, "polis.wsdl"), WORDS | words, Headers(US, message_id, issue=issue)
    )


def test_a_message_says_who_calls_whom_about_what() -> None:
    root = etree.fromstring(render())
    assert root.xpath("string(//x:client/@i:objectType)", namespaces=NAMES) == "SUBSYSTEM"
    assert root.xpath("//x:client/i:*/text()", namespaces=NAMES) == str(US).split("/")
    assert root.xpath("//x:service/i:*/text()", namespaces=NAMES) == [
        *str(POLIS).split("/"),
        "caseNotice",
        "v1",
    ]
    assert root.xpath("string(//x:protocolVersion)", namespaces=NAMES) == "4.0"
    assert root.xpath("string(//x:id)", namespaces=NAMES) == "m-1"
    assert root.xpath("string(//x:issue)", namespaces=NAMES) == REFERENCE
    wrapper = root.xpath("//*[local-name() = 'Body']/*")[0]
    assert wrapper.tag == "{http://polis.x-road.eu/producer}caseNotice"
    assert {child.tag: child.text for child in wrapper} == WORDS


def test_the_same_message_is_the_same_bytes() -> None:
    assert render() == render()
    assert render() != render(message_id="m-2")


def test_no_request_hash_is_sent() -> None:
    assert b"requestHash" not in render()


@pytest.mark.parametrize(
    "words",
    [
        {"status": "NONSENSE"},
        {"occurredAt": "yesterday"},
        {"occurredAt": "2017-03-02T08:00:00"},
        {"reference": "TV-1"},
        {"senderReference": "Mari Maasikas"},
        {"unknown": "x"},
    ],
)
def test_what_does_not_fit_the_contract_is_not_written(words: dict[str, str]) -> None:
    """zeep alone accepts each of these values."""
    with pytest.raises(NoticeUnfit) as error:
        render(**words)
    assert not any(value in str(error.value) for value in words.values())


def test_markup_in_a_word_stays_text() -> None:
    issue = '<a b="c">&amp;]]>'
    assert etree.fromstring(render(issue=issue)).xpath("string(//x:issue)", namespaces=NAMES) == issue
