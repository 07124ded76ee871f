"""The gate of shares: without a basis that carries it for each person, nothing is shared."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.cases import catalog as published
from services.cases.model.codes import Role
from services.cases.model.consent import Scope, Standing
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.problems import BasisMissing, OffersStopped
from services.cases.model.shares import FieldClassName, Outside, Share, ShareKind, ToldShare, Why
from services.cases.rules.shares import Facts, check
from services.kit.problem import Malformed

CATALOG = published.load()
TODAY = date(2026, 11, 20)
ANNA, ANTS, MARI, HELPER = (PersonId(UUID(int=number)) for number in (1, 2, 3, 4))
ROLES = {
    ANNA: frozenset({Role.VICTIM}),
    ANTS: frozenset({Role.THREATENING_PERSON}),
    MARI: frozenset({Role.CHILD}),
    HELPER: frozenset({Role.OTHER}),
}
FACTS = Facts(ROLES, {}, ["victim-support"])
SHARE = ToldShare(
    kind=ShareKind.HANDOVER,
    basis="oas-10-5",
    purpose="safety",
    agencies=("police",),
    outside=None,
    persons=(ANNA, ANTS, MARI),
    classes=(FieldClassName.IDENTITY, FieldClassName.RISK),
    content_digest=None,
    expires_on=date(2027, 11, 20),
    why=Why("oht elule"),
)
BY_CONSENT = replace(SHARE, basis="consent", persons=(ANNA,))


def agreed(*scopes: Scope, **changes: object) -> Facts:
    return replace(FACTS, standings={ANNA: replace(Standing(ANNA, scopes=scopes), **changes)})


def asked(told: ToldShare, facts: Facts = FACTS, on: date = TODAY) -> str:
    basis = check(told, facts, on=on, bases=CATALOG.bases, agencies=CATALOG.agencies_on(on))
    return basis.code


def refused(
    told: ToldShare, kind: type[Exception], facts: Facts = FACTS, on: date = TODAY
) -> set[tuple[str, str]]:
    with pytest.raises(kind) as found:
        asked(told, facts, on)
    return {(error.pointer, error.code) for error in found.value.errors}  # type: ignore[attr-defined]


def test_the_law_carries_what_is_necessary_between_the_parties() -> None:
    assert asked(SHARE) == "oas-10-5"
    assert (
        asked(replace(SHARE, kind=ShareKind.TAKING_PART, agencies=("probation",), expires_on=None))
        == "oas-10-5"
    )


@pytest.mark.parametrize(
    ("told", "errors"),
    [
        (replace(SHARE, agencies=()), {("/agencies", "required")}),
        (
            replace(SHARE, agencies=("circus",)),
            {("/agencies/0", "unknown"), ("/recipientReason", "required")},
        ),
        (replace(SHARE, agencies=("police", "school")), {("/recipientReason", "required")}),
        (replace(SHARE, outside=Outside("12345678", "paper")), {("/recipientReason", "required")}),
        (replace(SHARE, persons=(PersonId(UUID(int=9)),)), {("/persons/0", "not-in-case")}),
        (replace(SHARE, purpose="gossip"), {("/purpose", "unknown")}),
        (replace(SHARE, basis="oas-99"), {("/basis", "unknown")}),
        (replace(SHARE, why=Why(" ")), {("/necessity", "required")}),
        (replace(SHARE, expires_on=None), {("/expiresOn", "required")}),
        (replace(SHARE, expires_on=TODAY), {("/expiresOn", "past")}),
        (replace(SHARE, expires_on=date(2029, 11, 21)), {("/expiresOn", "too-late")}),
        (
            replace(SHARE, kind=ShareKind.TAKING_PART, agencies=("victim-support",)),
            {("/agency", "takes-part")},
        ),
    ],
)
def test_what_is_told_wrongly_is_told_with_its_place(told: ToldShare, errors: set[tuple[str, str]]) -> None:
    assert refused(told, Malformed) == errors


@pytest.mark.parametrize(
    ("told", "facts", "on", "errors"),
    [
        (SHARE, FACTS, date(2023, 3, 31), {("/basis", "not-in-force")}),
        (replace(SHARE, basis="oas-10-1"), FACTS, TODAY, {("/basis", "does-not-allow")}),
        (
            replace(SHARE, basis="lasteks-27"),
            FACTS,
            TODAY,
            {("/persons/0", "not-for-role"), ("/persons/1", "not-for-role")},
        ),
        (replace(SHARE, persons=(HELPER,)), FACTS, TODAY, {("/persons/0", "not-for-role")}),
        (BY_CONSENT, FACTS, TODAY, {("/persons/0", "no-consent")}),
        (BY_CONSENT, agreed(Scope.SERVICES), TODAY, {("/persons/0", "no-consent")}),
        (replace(SHARE, purpose="service-offer"), FACTS, TODAY, {("/basis", "does-not-allow")}),
    ],
)
def test_without_a_basis_that_carries_it_it_is_refused(
    told: ToldShare, facts: Facts, on: date, errors: set[tuple[str, str]]
) -> None:
    told = replace(told, expires_on=date(on.year + 1, 1, 1))
    assert refused(told, BasisMissing, facts, on) == errors


def test_consent_carries_until_it_is_withdrawn() -> None:
    assert asked(BY_CONSENT, agreed(Scope.SHARING)) == "consent"


def test_an_objection_stops_offers_and_nothing_else_and_no_childs() -> None:
    objects = agreed(Scope.SHARING, objects_since=datetime(2026, 11, 1, tzinfo=UTC))
    offer = replace(BY_CONSENT, purpose="service-offer")
    assert refused(offer, OffersStopped, objects) == {("/persons/0", "objects")}
    assert asked(SHARE, objects) == "oas-10-5"
    child = replace(offer, basis="lasteks-27", persons=(MARI,))
    assert asked(child, objects) == "lasteks-27"


def test_who_the_law_does_not_name_needs_a_reason() -> None:
    why = Why("oht elule", "laps õpib seal")
    assert asked(replace(SHARE, agencies=("school",), why=why)) == "oas-10-5"


def test_a_receipt_is_bound_to_each_of_its_words() -> None:
    share = Share(
        id=UUID(int=1),
        case=CaseId(UUID(int=2)),
        kind=ShareKind.HANDOVER,
        basis="oas-10-5",
        purpose="safety",
        sharer="police@polva",
        recipients=("prosecutor@polva",),
        outside=None,
        persons=(ANNA,),
        classes=(FieldClassName.RISK,),
        content_digest=bytes(32),
        shared_at=datetime(2026, 11, 20, tzinfo=UTC),
        shared_by="anna",
        expires_on=TODAY,
    )
    changed = [
        replace(share, basis="consent"),
        replace(share, recipients=("police@polva",)),
        replace(share, persons=(ANTS,)),
        replace(share, classes=(FieldClassName.IDENTITY,)),
        replace(share, content_digest=None),
        replace(share, expires_on=None),
        replace(share, shared_by="ants"),
    ]
    assert len({share.digest, *(each.digest for each in changed)}) == len(changed) + 1
    assert share.parties == {"police@polva", "prosecutor@polva"}
    assert replace(share, basis="consent").fields_hash == share.fields_hash
