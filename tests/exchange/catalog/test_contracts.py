import pytest

from services.exchange.catalog import contracts
from services.exchange.model.contract import RestContract, SoapContract
from services.exchange.model.outbox import SkipReason
from services.exchange.rules.delivery import Reason


def test_police_take_notices_over_soap_and_the_social_register_over_rest() -> None:
    found = contracts.directory("ee-dev")
    assert str(found.us) == "ee-dev/GOV/70001975/turvavork"
    polis = found.partners["ee-dev/GOV/70008747/polis"].contracts["caseNotice"]
    star = found.partners["ee-dev/GOV/70009770/star"].contracts["caseNotice"]
    assert isinstance(polis, SoapContract)
    assert (polis.service.name, polis.wsdl) == ("caseNotice.v1", "polis.wsdl")
    assert isinstance(star, RestContract)
    assert (star.service.name, star.path) == ("caseNotice", "/v1/notices")


@pytest.mark.parametrize("instance", ["EE", "ee-test"])
def test_the_instance_is_a_setting(instance: str) -> None:
    found = contracts.directory(instance)
    assert {client.partition("/")[0] for client in found.partners} == {instance}
    assert found.us.instance == instance


def test_a_sender_is_told_of_decisions_only() -> None:
    subscriptions = contracts.directory("ee-dev").subscriptions
    told = {one.event for rows in subscriptions.values() for one in rows if one.kind == "caseNotice"}
    assert told == {"referral.accepted", "referral.declined", "referral.redirected"}
    assert all(one.through is None for event in told for one in subscriptions[event])


def test_child_protection_is_told_through_star() -> None:
    directory = contracts.directory("ee-dev")
    [one] = directory.subscriptions["referral.child-notice"]
    assert (one.kind, str(one.through)) == ("submitChildNotice", "ee-dev/GOV/70009770/star")
    assert one.kind in directory.partners[str(one.through)].contracts


def test_every_reason_has_words_in_three_languages() -> None:
    texts = contracts.reasons()
    assert {*Reason, *SkipReason} <= set(texts)
    assert all(set(words) == {"et", "ru", "en"} for words in texts.values())
