"""Builders: things that are valid and dull until a test says otherwise."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.cases import catalog as published
from services.cases.catalog import Catalog
from services.cases.model.codes import Answer, Consent, Ground, Relation, Role, Sex
from services.cases.model.referral import AssessmentFacts, Occurrence, PersonFacts, ReferralFacts, Referrer
from services.kit import personal_code

AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
_RELATIONS = {
    Role.VICTIM: None,
    Role.THREATENING_PERSON: Relation.PARTNER,
    Role.CHILD: Relation.CHILD,
    Role.OTHER: Relation.OTHER,
}
_BIRTHS = {Role.CHILD: date(2009, 3, 1)}

Build = Callable[..., Any]


@pytest.fixture(scope="session")
def at() -> datetime:
    """The moment at which the tests take place."""
    return AT


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return published.load()


@pytest.fixture(scope="session")
def a_person() -> Build:
    def make(
        role: Role = Role.VICTIM, *, serial: int = 1, born: date | None = None, **changes: Any
    ) -> PersonFacts:
        birth = born or _BIRTHS.get(role, date(1984, 6, 15))
        sex = Sex.MALE if role is Role.THREATENING_PERSON else Sex.FEMALE
        person = PersonFacts(
            role=role,
            relation=_RELATIONS[role],
            personal_code=personal_code.make(birth, "male" if sex is Sex.MALE else "female", serial),
            birth_date=birth,
            given_name=f"Eesnimi{serial}",
            family_name="Perenimi",
            sex=sex,
            municipality="0698",
            address=f"Salajane tänav {serial}",
            phone=f"+372 555 00{serial:02d}",
            safe_contact="sõbranna juures",
            language="et",
        )
        return replace(person, **changes)

    return make


@pytest.fixture(scope="session")
def an_assessment() -> Build:
    def make(yes: int = 15, **changes: Any) -> AssessmentFacts:
        answers = {f"item-{number}": Answer.YES for number in range(yes)}
        return replace(AssessmentFacts("dash", date(2017, 3, 2), answers), **changes)

    return make


@pytest.fixture(scope="session")
def a_referral(a_person: Build, an_assessment: Build) -> Build:
    def make(*persons: PersonFacts, **changes: Any) -> ReferralFacts:
        facts = ReferralFacts(
            referred_on=date(2017, 3, 2),
            region="polva",
            occurrence=Occurrence(datetime(2017, 3, 1, 20, 30, tzinfo=UTC), "Lõi ja ähvardas."),
            persons=persons
            or (a_person(), a_person(Role.THREATENING_PERSON, serial=2), a_person(Role.CHILD, serial=3)),
            assessment=an_assessment(),
            grounds=(Ground.VISIBLE_HIGH_RISK,),
            judgement_reason=None,
            consent=Consent.GIVEN,
            victim_informed=True,
            victim_wishes="Soovib lahkuda.",
            referrer=Referrer("Kalle Kask", "Lõuna prefektuur"),
        )
        return replace(facts, **changes)

    return make
