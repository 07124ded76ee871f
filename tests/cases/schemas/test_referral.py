import json
from collections.abc import Callable
from typing import Any

import pytest

from services.cases.schemas.referral import IntakeIn, ReferralIn
from services.kit.problem import Malformed
from services.kit.validation import read

Build = Callable[..., Any]


def test_a_message_becomes_facts(a_message: Build, a_referral: Build) -> None:
    facts = ReferralIn.model_validate(a_message()).facts()
    expected = a_referral()
    assert facts.referred_on == expected.referred_on
    assert facts.persons == expected.persons
    assert facts.assessment == expected.assessment
    assert facts.occurrence == expected.occurrence


def test_what_may_be_missing_may_be_missing(a_message: Build) -> None:
    message = a_message(assessment=None)
    for name in ("assessment", "judgementReason", "victimWishes"):
        del message[name]
    for person in message["persons"]:
        for name in ("municipality", "address", "phone", "safeContact", "language", "birthDate"):
            del person[name]
    assert ReferralIn.model_validate(message).assessment is None


def test_the_same_message_in_another_spelling_has_the_same_content(a_message: Build) -> None:
    message = a_message()
    other = json.loads(json.dumps(dict(reversed(message.items()))))
    other["event"]["occurredAt"] = "2017-03-01T22:30:00+02:00"
    assert ReferralIn.model_validate(message).canonical() == ReferralIn.model_validate(other).canonical()


def test_another_word_is_another_content(a_message: Build) -> None:
    one, other = (ReferralIn.model_validate(a_message(victimWishes=wish)).canonical() for wish in ("a", "b"))
    assert one != other


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"referredOn": "2017-02-30"}, "/referredOn"),
        ({"referredOn": 17}, "/referredOn"),
        ({"region": "Põlva"}, "/region"),
        ({"event": {"occurredAt": "2017-03-01", "description": None}}, "/event/occurredAt"),
        ({"persons": []}, "/persons"),
        ({"grounds": ["because"]}, "/grounds/0"),
        ({"victimInformed": "yes"}, "/victimInformed"),
        ({"consent": "maybe"}, "/consent"),
        ({"victimWishes": "x" * 4001}, "/victimWishes"),
        ({"referrer": {"name": "", "unit": "x"}}, "/referrer/name"),
        ({"secret": 1}, ""),
        ({"sender": {"client": "a/b/c/d", "reference": "A-1", "version": 0}}, "/sender/version"),
        ({"sender": {"client": "a b", "reference": "A-1", "version": 1}}, "/sender/client"),
        ({"sender": {"client": "a/b/c/d", "reference": "", "version": 1}}, "/sender/reference"),
    ],
)
def test_what_does_not_fit_is_told_where(a_message: Build, change: dict[str, Any], pointer: str) -> None:
    message = a_message(sender={"client": "ee-dev/GOV/1/polis", "reference": "A-1", "version": 1}) | change
    with pytest.raises(Malformed) as caught:
        read(IntakeIn, message)
    assert [error.pointer for error in caught.value.errors] == [pointer]
