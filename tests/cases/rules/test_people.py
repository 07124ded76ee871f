from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.catalog import Catalog, load
from services.cases.model.codes import AgeBand
from services.cases.model.ids import PersonId
from services.cases.model.referral import Candidate, Person
from services.cases.rules.people import age_band, match, name_key
from services.kit.calendar import age_on

Build = Callable[..., Any]
ANNA, MARI = PersonId(UUID(int=1)), PersonId(UUID(int=2))


@pytest.fixture
def key(a_person: Build) -> Callable[[str, str], str]:
    def make(given_name: str, family_name: str) -> str:
        facts = a_person(given_name=given_name, family_name=family_name)
        return name_key(Person(facts, None, date(1984, 6, 15), AgeBand.FROM_25))

    return make


@pytest.mark.parametrize(
    ("given_name", "family_name"),
    [("MARI-LIIS", "tamm"), ("Mari  Liis", "Tamm"), ("Tamm", "Mari Liis"), ("Mari-Liis", "Tamm ")],
)
def test_case_order_and_hyphens_do_not_make_another_name(
    key: Build, given_name: str, family_name: str
) -> None:
    assert key(given_name, family_name) == key("Mari-Liis", "Tamm")


def test_a_composed_letter_is_the_same_letter(key: Build) -> None:
    assert key("O\u0303nne", "Tamm") == key("Õnne", "Tamm")


@pytest.mark.parametrize(("one", "other"), [("Õnne", "Onne"), ("Mari", "Maria"), ("Анна", "Anna")])
def test_letters_do_make_another_name(key: Build, one: str, other: str) -> None:
    assert key(one, "Tamm") != key(other, "Tamm")


def test_the_birth_date_belongs_to_the_key(a_person: Build) -> None:
    facts = a_person()
    one, other = (
        name_key(Person(facts, None, birth, AgeBand.FROM_25))
        for birth in (date(1984, 6, 15), date(1984, 6, 16))
    )
    assert one != other


def test_the_code_decides() -> None:
    assert match(has_code=True, by_code=ANNA, by_name=[Candidate(MARI, has_code=False)]) == ANNA


def test_without_a_code_the_same_name_and_birth_date_is_the_same_person() -> None:
    assert match(has_code=False, by_code=None, by_name=[Candidate(MARI, has_code=True)]) == MARI


def test_two_of_the_same_name_are_not_guessed_between() -> None:
    both = [Candidate(MARI, has_code=True), Candidate(ANNA, has_code=False)]
    assert match(has_code=False, by_code=None, by_name=both) is None


def test_another_code_is_another_person() -> None:
    assert match(has_code=True, by_code=None, by_name=[Candidate(MARI, has_code=True)]) is None


def test_a_code_joins_the_one_who_had_none() -> None:
    both = [Candidate(MARI, has_code=True), Candidate(ANNA, has_code=False)]
    assert match(has_code=True, by_code=None, by_name=both) == ANNA


@given(birth=st.dates(date(1900, 1, 1), date(2017, 3, 2)))
def test_the_band_holds_the_age(birth: date) -> None:
    catalog: Catalog = load()
    band = age_band(birth, date(2017, 3, 2), catalog.ages)
    borders = next(each for each in catalog.ages.bands if each.band is band)
    age = age_on(birth, date(2017, 3, 2))
    assert borders.start <= age
    assert borders.below is None or age < borders.below
