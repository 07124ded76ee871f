from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.exchange.model.referral import Ground, Role
from services.exchange.rules.referral import Validity, broken
from services.kit import personal_code

NOW = datetime(2017, 3, 2, 12, tzinfo=UTC)
REGIONS = {"polva": Validity(date(2016, 7, 1)), "old": Validity(date(2016, 7, 1), date(2017, 3, 2))}


@dataclass(frozen=True)
class Person:
    role: Role = Role.VICTIM
    relation_to_victim: str | None = None
    personal_code: str | None = None
    birth_date: date | None = date(1988, 5, 4)


@dataclass(frozen=True)
class Event:
    occurred_at: datetime = datetime(2017, 3, 1, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Assessment:
    completed_on: date = date(2017, 3, 2)


@dataclass(frozen=True)
class Referral:
    referred_on: date = date(2017, 3, 2)
    region: str = "polva"
    event: Event = Event()
    persons: tuple[Person, ...] = (Person(),)
    assessment: Assessment | None = None
    grounds: tuple[Ground, ...] = (Ground.VISIBLE_HIGH_RISK,)
    judgement_reason: str | None = None


def found(referral: Referral) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in broken(referral, NOW, REGIONS)]


def with_person(**changes: Any) -> Referral:
    return Referral(persons=(Person(), Person(**changes)))


def child(born: date, **changes: Any) -> Referral:
    return with_person(role=Role.CHILD, relation_to_victim="child", birth_date=born, **changes)


def test_a_plain_referral_breaks_no_rule() -> None:
    assert found(Referral()) == []


@pytest.mark.parametrize(
    ("minute", "broken_rules"), [(5, []), (6, [("/event/occurredAt", "future")])], ids=["5 min", "6 min"]
)
def test_an_event_may_be_five_minutes_ahead(minute: int, broken_rules: list[tuple[str, str]]) -> None:
    assert found(Referral(event=Event(NOW.replace(minute=minute)))) == broken_rules


def test_today_is_todays_date_in_tallinn() -> None:
    late = datetime(2017, 3, 2, 22, 30, tzinfo=UTC)  # past midnight in Tallinn
    assert broken(Referral(referred_on=date(2017, 3, 3)), late, REGIONS) == ()
    assert found(Referral(referred_on=date(2017, 3, 3))) == [("/referredOn", "future")]


def test_a_referral_is_not_before_its_event() -> None:
    after_midnight = Event(datetime(2017, 3, 1, 22, 30, tzinfo=UTC))  # the 2nd in Tallinn
    assert found(Referral(event=after_midnight)) == []
    assert found(Referral(referred_on=date(2017, 3, 1), event=after_midnight)) == [
        ("/referredOn", "before-event")
    ]


def test_an_assessment_is_not_of_tomorrow() -> None:
    assert found(Referral(assessment=Assessment(date(2017, 3, 3)))) == [("/assessment/completedOn", "future")]


@pytest.mark.parametrize(
    ("region", "code"), [("atlantis", "unknown"), ("old", "not-at-work")], ids=["unknown", "ended"]
)
def test_a_region_is_known_and_at_work(region: str, code: str) -> None:
    assert found(Referral(region=region)) == [("/region", code)]


@pytest.mark.parametrize("persons", [(), (Person(), Person())], ids=["none", "two"])
def test_there_is_one_victim(persons: tuple[Person, ...]) -> None:
    assert ("/persons", "one-victim") in found(Referral(persons=persons))


@pytest.mark.parametrize(("role", "most"), [(Role.THREATENING_PERSON, 5), (Role.CHILD, 20), (Role.OTHER, 20)])
def test_so_many_persons_and_no_more(role: Role, most: int) -> None:
    one = Person(role, "other", birth_date=date(2010, 1, 1))
    assert found(Referral(persons=(Person(), *[one] * most))) == []
    assert found(Referral(persons=(Person(), *[one] * (most + 1)))) == [("/persons", "too-many")]


def test_everybody_but_the_victim_has_a_relation() -> None:
    persons = (Person(relation_to_victim="partner"), Person(Role.OTHER))
    places = [(f"/persons/{n}/relationToVictim", c) for n, c in ((0, "not-for-victim"), (1, "required"))]
    assert found(Referral(persons=persons)) == places


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("4880504271", "length"),
        ("4880504271a", "form"),
        ("98805042711", "century"),
        ("48813042711", "date"),
        ("48805042712", "check-digit"),
    ],
)
def test_a_wrong_personal_code_says_what_is_wrong(text: str, code: str) -> None:
    referral = Referral(persons=(Person(personal_code=text, birth_date=None),))
    assert found(referral) == [("/persons/0/personalCode", code)]
    assert text not in repr(broken(referral, NOW, REGIONS))


def test_the_birth_date_is_the_personal_codes() -> None:
    code = personal_code.make(date(1988, 5, 4), "female", 271)
    assert found(Referral(persons=(Person(personal_code=code),))) == []
    other = Referral(persons=(Person(personal_code=code, birth_date=date(1988, 5, 5)),))
    assert found(other) == [("/persons/0/birthDate", "differs-from-code")]


def test_a_person_has_a_code_or_a_birth_date() -> None:
    assert found(Referral(persons=(Person(birth_date=None),))) == [("/persons/0", "code-or-birth-date")]


@pytest.mark.parametrize(
    ("born", "broken_rules"),
    [
        (date(1999, 3, 3), []),
        (date(1999, 3, 2), [("/persons/1", "not-a-child")]),
        (date(2017, 3, 2), []),
        (date(2017, 3, 3), [("/persons/1/birthDate", "after-referral")]),
    ],
    ids=["17", "18 today", "born today", "born tomorrow"],
)
def test_a_child_is_under_18_on_the_day_of_referral(born: date, broken_rules: list[tuple[str, str]]) -> None:
    assert found(child(born)) == broken_rules


def test_a_childs_age_may_come_from_its_code() -> None:
    code = personal_code.make(date(1999, 3, 2), "male", 1)
    assert found(child(None, personal_code=code)) == [("/persons/1", "not-a-child")]  # type: ignore[arg-type]


@pytest.mark.parametrize(("reason", "wrong"), [(None, 1), ("  ", 1), ("strangulation", 0)])
def test_professional_judgement_gives_its_reason(reason: str | None, wrong: int) -> None:
    referral = Referral(grounds=(Ground.PROFESSIONAL_JUDGEMENT,), judgement_reason=reason)
    assert found(referral) == [("/judgementReason", "required")] * wrong


def test_all_broken_rules_are_told_at_once() -> None:
    referral = replace(Referral(region="atlantis"), event=Event(NOW.replace(hour=23)), persons=())
    assert [pointer for pointer, _ in found(referral)] == [
        "/event/occurredAt",
        "/referredOn",
        "/region",
        "/persons",
    ]
