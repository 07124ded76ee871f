from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.cases.catalog import Catalog
from services.cases.model.codes import AgeBand, Ground, Relation, Role
from services.cases.model.problems import ReferralInvalid
from services.cases.model.referral import Occurrence, Referral, ReferralFacts
from services.cases.rules.intake import check

Build = Callable[..., Any]
AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def checked(catalog: Catalog) -> Callable[[ReferralFacts], Referral]:
    return lambda facts: check(facts, at=AT, regions=catalog.regions, ages=catalog.ages)


@pytest.fixture
def broken(checked: Callable[[ReferralFacts], Referral]) -> Callable[[ReferralFacts], list[tuple[str, str]]]:
    def run(facts: ReferralFacts) -> list[tuple[str, str]]:
        with pytest.raises(ReferralInvalid) as caught:
            checked(facts)
        return [(error.pointer, error.code) for error in caught.value.errors]

    return run


def test_a_dull_referral_is_taken(checked: Build, a_referral: Build) -> None:
    referral = checked(a_referral())
    assert not referral.victim_is_minor
    assert [person.age_band for person in referral.persons] == [
        AgeBand.FROM_25,
        AgeBand.FROM_25,
        AgeBand.FROM_7,
    ]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("4840615", "length"),
        ("4840615000x", "form"),
        ("48406150000", "check-digit"),
        ("48413150010", "date"),
        ("94003150010", "century"),
        ("४८४०६१५००१०", "form"),
    ],
)
def test_a_personal_code_is_checked(
    broken: Build, a_referral: Build, a_person: Build, code: str, why: str
) -> None:
    assert broken(a_referral(a_person(personal_code=code))) == [("/persons/0/personalCode", why)]


def test_the_birth_date_is_that_of_the_code(broken: Build, a_referral: Build, a_person: Build) -> None:
    person = replace(a_person(), birth_date=date(1984, 6, 16))
    assert broken(a_referral(person)) == [("/persons/0/birthDate", "differs-from-code")]


def test_a_person_needs_a_code_or_a_birth_date(broken: Build, a_referral: Build, a_person: Build) -> None:
    person = a_person(personal_code=None, birth_date=None)
    assert broken(a_referral(person)) == [("/persons/0", "code-or-birth-date")]


def test_the_code_alone_gives_the_birth_date(checked: Build, a_referral: Build, a_person: Build) -> None:
    assert checked(a_referral(a_person(birth_date=None))).persons[0].birth_date == date(1984, 6, 15)


def test_a_birth_date_alone_is_enough(checked: Build, a_referral: Build, a_person: Build) -> None:
    assert checked(a_referral(a_person(personal_code=None))).persons[0].code is None


def test_nobody_is_referred_before_birth(broken: Build, a_referral: Build, a_person: Build) -> None:
    child = a_person(Role.CHILD, born=date(2017, 3, 3), serial=5)
    assert broken(a_referral(a_person(), child)) == [("/persons/1/birthDate", "after-referral")]


@pytest.mark.parametrize(
    ("born", "taken"), [(date(1999, 3, 3), True), (date(1999, 3, 2), False), (date(1999, 3, 1), False)]
)
def test_a_child_is_under_18_on_the_day_of_referral(  # noqa: PLR0913, PLR0917 - fixtures
    checked: Build,
    broken: Build,
    a_referral: Build,
    a_person: Build,
    born: date,
    taken: bool,  # noqa: FBT001
) -> None:
    facts = a_referral(a_person(), a_person(Role.CHILD, born=born, serial=5))
    if taken:
        assert checked(facts).persons[1].age_band is AgeBand.FROM_14
    else:
        assert broken(facts) == [("/persons/1", "not-a-child")]


@pytest.mark.parametrize(
    ("born", "referred_on", "minor"),
    [
        (date(1999, 3, 3), date(2017, 3, 2), True),
        (date(1999, 3, 2), date(2017, 3, 2), False),
        (date(2000, 2, 29), date(2018, 2, 27), True),
        (date(2000, 2, 29), date(2018, 2, 28), False),  # 29.02 → 28.02 of common years
    ],
)
def test_a_victim_is_a_minor_until_the_day_before_the_18th_birthday(  # noqa: PLR0913, PLR0917 - fixtures
    catalog: Catalog,
    a_referral: Build,
    a_person: Build,
    born: date,
    referred_on: date,
    minor: bool,  # noqa: FBT001
) -> None:
    facts = a_referral(a_person(born=born), referred_on=referred_on)
    at = datetime(2018, 5, 4, tzinfo=UTC)
    assert check(facts, at=at, regions=catalog.regions, ages=catalog.ages).victim_is_minor is minor


@pytest.mark.parametrize(
    ("ahead", "taken"), [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)]
)
def test_an_event_may_be_five_minutes_ahead(
    checked: Build,
    broken: Build,
    a_referral: Build,
    ahead: timedelta,
    taken: bool,  # noqa: FBT001
) -> None:
    facts = a_referral(occurrence=Occurrence(AT + ahead, None), referred_on=date(2017, 5, 4))
    if taken:
        checked(facts)
    else:
        assert broken(facts) == [("/event/occurredAt", "future")]


def test_today_is_asked_in_tallinn(catalog: Catalog, a_referral: Build) -> None:
    just_after_midnight = datetime(2017, 5, 4, 21, 30, tzinfo=UTC)
    facts = a_referral(referred_on=date(2017, 5, 5))
    check(facts, at=just_after_midnight, regions=catalog.regions, ages=catalog.ages)
    with pytest.raises(ReferralInvalid):
        check(facts, at=just_after_midnight - timedelta(hours=1), regions=catalog.regions, ages=catalog.ages)


def test_a_referral_is_not_before_its_event_in_tallinn(
    checked: Build, broken: Build, a_referral: Build
) -> None:
    night = datetime(2017, 3, 1, 22, 30, tzinfo=UTC)  # 00:30 on 2 March in Tallinn
    checked(a_referral(occurrence=Occurrence(night, None), referred_on=date(2017, 3, 2)))
    facts = a_referral(occurrence=Occurrence(night, None), referred_on=date(2017, 3, 1))
    assert broken(facts) == [("/referredOn", "before-event")]


@pytest.mark.parametrize(("region", "why"), [("atlantis", "unknown"), ("saaremaa", "not-at-work")])
def test_the_region_was_at_work(broken: Build, a_referral: Build, region: str, why: str) -> None:
    assert broken(a_referral(region=region)) == [("/region", why)]


@pytest.mark.parametrize("reason", [None, "", "  \n"])
def test_professional_judgement_needs_its_reason(
    broken: Build, a_referral: Build, reason: str | None
) -> None:
    facts = a_referral(grounds=(Ground.PROFESSIONAL_JUDGEMENT,), judgement_reason=reason)
    assert broken(facts) == [("/judgementReason", "required")]


@pytest.mark.parametrize("victims", [0, 2])
def test_there_is_exactly_one_victim(broken: Build, a_referral: Build, a_person: Build, victims: int) -> None:
    persons = [a_person(serial=number) for number in range(victims)] or [a_person(Role.OTHER)]
    assert broken(a_referral(*persons)) == [("/persons", "one-victim")]


def test_relations_go_with_roles(broken: Build, a_referral: Build, a_person: Build) -> None:
    victim = a_person(relation=Relation.PARTNER)
    partner = a_person(Role.THREATENING_PERSON, serial=2, relation=None)
    assert broken(a_referral(victim, partner)) == [
        ("/persons/0/relationToVictim", "not-for-victim"),
        ("/persons/1/relationToVictim", "required"),
    ]


def test_an_assessment_is_not_of_tomorrow(broken: Build, a_referral: Build, an_assessment: Build) -> None:
    facts = a_referral(assessment=an_assessment(completed_on=date(2017, 5, 5)))
    assert broken(facts) == [("/assessment/completedOn", "future")]


def test_all_broken_rules_are_told_at_once_and_no_value(
    broken: Build, a_referral: Build, a_person: Build
) -> None:
    facts = a_referral(
        a_person(personal_code="123"), a_person(Role.CHILD, born=date(1950, 1, 1)), region="atlantis"
    )
    assert broken(facts) == [
        ("/region", "unknown"),
        ("/persons/0/personalCode", "length"),
        ("/persons/1", "not-a-child"),
    ]
