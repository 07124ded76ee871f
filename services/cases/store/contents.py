"""What sealed values hold, as JSON, and where each of them is bound to."""

import json
from typing import Any, Final
from uuid import UUID

from services.cases.model.protection import MARK, OPEN
from services.cases.model.referral import AssessmentFacts, Person, ReferralFacts
from services.kit.problem import FieldError, Malformed
from services.kit.sealed import Aad, DataKey, seal, unseal

#: What senders tell is kept as they tell it.
_FROM_OUTSIDE: Final = frozenset({"referral", "participation", "assessment"})
ONCE = 1  # a value that is written once and never changed


def participation_place(row: UUID, version: int) -> Aad:
    """Identity and contact of a person in one referral."""
    return Aad("participation", "sealed", row, version)


def referral_place(row: UUID, content_version: int) -> Aad:
    """Free text and consent of a referral."""
    return Aad("referral", "sealed", row, content_version)


def note_place(row: UUID) -> Aad:
    """The note of who screened a referral."""
    return Aad("referral", "note_sealed", row, ONCE)


def stop_note_place(number: UUID, version: int) -> Aad:
    """The note of who stopped a notice about a child."""
    return Aad("child_notice", "note_sealed", number, version)


def answers_place(row: UUID) -> Aad:
    """The answers of an assessment."""
    return Aad("assessment", "answers_sealed", row, ONCE)


def result_place(row: UUID) -> Aad:
    """What the scorer said of an assessment, item by item."""
    return Aad("assessment", "result_sealed", row, ONCE)


def person(person: Person) -> dict[str, Any]:
    """Who somebody is and how to reach them, as the sender told it."""
    facts = person.facts
    return {
        "personalCode": facts.personal_code,
        "birthDate": person.birth_date.isoformat(),
        "givenName": facts.given_name,
        "familyName": facts.family_name,
        "address": facts.address,
        "phone": facts.phone,
        "safeContact": facts.safe_contact,
        "language": facts.language,
    }


def referral(facts: ReferralFacts) -> dict[str, Any]:
    """The free text of a referral, consent, and who referred."""
    return {
        "description": facts.occurrence.description,
        "judgementReason": facts.judgement_reason,
        "consent": facts.consent.value,
        "victimInformed": facts.victim_informed,
        "victimWishes": facts.victim_wishes,
        "referrer": {"name": facts.referrer.name, "unit": facts.referrer.unit},
    }


def answers(facts: AssessmentFacts) -> dict[str, Any]:
    """The coded answers by item."""
    return {"answers": {key: answer.value for key, answer in facts.answers.items()}}


def note(text: str) -> dict[str, Any]:
    """A note of who screened."""
    return {"note": text}


def sealed(key: DataKey, content: dict[str, Any], place: Aad) -> bytes:
    """Seals a content for its place.

    Raises Malformed where somebody sends back what the disclosure guard has left out of an answer: the mark
    would take the place of the value.
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if OPEN in text and place.table not in _FROM_OUTSIDE and MARK.search(text):
        reason = "a mark stands here in the place of a value that is kept from whoever read it"
        raise Malformed(errors=[FieldError("", "withheld-mark", reason)])
    return seal(key, text.encode(), place)


def opened(key: DataKey, value: bytes, place: Aad) -> dict[str, Any]:
    """Opens what :func:`sealed` made; raises kit.sealed.SealBroken."""
    content: dict[str, Any] = json.loads(unseal(key, value, place))
    return content
