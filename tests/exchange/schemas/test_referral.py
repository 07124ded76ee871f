import json
from collections.abc import Callable
from typing import get_args

import pytest

from services.exchange.model.inbox import Status
from services.exchange.model.referral import Ground, Role
from services.exchange.schemas import referral as schemas
from services.exchange.schemas.referral import SubmissionIn
from services.exchange.wire import envelope, messages, reader, schema
from services.kit.validation import read


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("Role", [role.value for role in Role]),
        ("Ground", [ground.value for ground in Ground]),
        ("ReferralStatus", [status.value for status in Status]),
        ("Relation", get_args(schemas.Relation)),
        ("Sex", get_args(schemas.Sex)),
        ("Consent", get_args(schemas.Consent)),
        ("Instrument", get_args(schemas.Instrument)),
        ("DashItem", get_args(schemas.DashItem)),
        ("Answer", get_args(schemas.Answer)),
        ("WithdrawalReason", get_args(schemas.WithdrawalReason)),
    ],
)
def test_soap_and_rest_have_the_same_words(name: str, listed: list[str]) -> None:
    assert schema.values(name) == tuple(listed)


@pytest.fixture
def submitted(golden: Callable[[str], bytes]) -> SubmissionIn:
    body = golden("submitReferral.request.xml")
    return read(SubmissionIn, messages.referral(envelope.read(body, "text/xml", reader.Limits()).payload))


def test_the_xml_message_is_read_as_the_json_message(submitted: SubmissionIn) -> None:
    again = SubmissionIn.model_validate(json.loads(submitted.model_dump_json(by_alias=True)))
    assert again == submitted


def test_the_register_is_given_the_referral_without_the_senders_words_for_it(submitted: SubmissionIn) -> None:
    content = json.loads(submitted.referral())
    assert "senderReference" not in content
    assert "version" not in content
    assert content["event"]["occurredAt"] == "2017-03-01T19:40:00Z"
    assert content["persons"][1]["birthDate"] is None
    assert content["assessment"]["answers"]["animals"] == "dont-know"
