import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from lxml import etree

from services.exchange.catalog import contracts
from services.exchange.model.inbox import Status
from services.exchange.model.outbox import Notice, NoticeUnfit
from services.exchange.model.xroad import ClientId
from services.exchange.wire import notices

DIRECTORY = contracts.directory("ee-dev")
POLIS = DIRECTORY.partners["ee-dev/GOV/70008747/polis"]
STAR = DIRECTORY.partners["ee-dev/GOV/70009770/star"]
MESSAGE = UUID("6d0f4b0e-3f0e-4f57-9d0b-2b9f1f6c3a10")


def a_notice(recipient: ClientId, sender_reference: str = "N-1") -> Notice:
    at = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
    return Notice(recipient, "TV-0123-4567-89AB-CDEF-0", sender_reference, Status.ACCEPTED, at)


def test_over_soap_it_is_an_envelope_to_the_root_of_the_security_server() -> None:
    found = notices.render(POLIS.contracts["caseNotice"], DIRECTORY.us, MESSAGE, a_notice(POLIS.client))
    assert (found.protocol, found.method, found.target) == ("soap", "POST", "/")
    root = etree.fromstring(found.body)
    assert root.findtext(".//{http://x-road.eu/xsd/xroad.xsd}id") == str(MESSAGE)
    assert root.findtext(".//{http://x-road.eu/xsd/xroad.xsd}issue") == "TV-0123-4567-89AB-CDEF-0"


def test_over_rest_it_is_json_to_the_services_address() -> None:
    found = notices.render(STAR.contracts["caseNotice"], DIRECTORY.us, MESSAGE, a_notice(STAR.client))
    assert (found.protocol, found.method) == ("rest", "POST")
    assert found.target == "/r1/ee-dev/GOV/70009770/star/caseNotice/v1/notices"
    assert json.loads(found.body) == a_notice(STAR.client).words()


@pytest.mark.parametrize("partner", [POLIS, STAR])
def test_the_same_notice_is_the_same_bytes(partner: contracts.Partner) -> None:
    contract, notice = partner.contracts["caseNotice"], a_notice(partner.client)
    assert notices.render(contract, DIRECTORY.us, MESSAGE, notice) == notices.render(
        contract, DIRECTORY.us, MESSAGE, notice
    )


@pytest.mark.parametrize("partner", [POLIS, STAR])
@pytest.mark.parametrize("word", ["", "Mari Maasikas", "x" * 101, "N-1\x00", "<N-1>"])
def test_what_does_not_fit_the_contract_is_not_written(partner: contracts.Partner, word: str) -> None:
    with pytest.raises((NoticeUnfit, ValueError)) as error:
        notices.render(partner.contracts["caseNotice"], DIRECTORY.us, MESSAGE, a_notice(partner.client, word))
    assert not word or word not in str(error.value)


def test_the_words_of_a_notice_are_all_basic() -> None:
    words = notices.NoticeWords.of(a_notice(POLIS.client))
    assert json.loads(words.model_dump_json(by_alias=True)) == a_notice(POLIS.client).words()
