"""Who might be the same person: one spelling for names, and a sum that explains itself."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.catalog import Catalog, load
from services.cases.model.ids import PersonId
from services.cases.model.matching import Agreement, Verdict
from services.cases.rules.matching import (
    BIRTH_SWAPPED,
    CODE,
    DOMAINS,
    KINDS,
    Traits,
    folded,
    groups,
    likeness,
    probability_of,
    tokens,
)

BORN = date(1984, 6, 5)
PEOPLE = [PersonId(UUID(int=number)) for number in range(1, 7)]
PAIRS = list(combinations(PEOPLE, 2))


def traits(
    given_name: str | Sequence[str] = "Mari",
    family_name: str | Sequence[str] = "Tamm",
    birth: date | None = BORN,
    code: str | None = None,
) -> Traits:
    """As they stand in the index, but for the hash."""
    made: dict[str, set[bytes]] = {CODE: {code.encode()}} if code else {}
    names = [[each] if isinstance(each, str) else each for each in (given_name, family_name)]
    for token in tokens(names[0], names[1], birth, load().matching.spelling):
        made.setdefault(token.kind, set()).add(token.value.encode())
    return made


@pytest.mark.parametrize(
    "spellings",
    [
        ("Татьяна", "Tatjana", "Tatyana", "Tatiana"),
        ("Юлия", "Julia", "Yuliya", "Julija"),
        ("Сергей", "Sergei", "Sergey"),
        ("Алексей", "Aleksei", "Alexey"),
        ("Щербаков", "Štšerbakov", "Shcherbakov"),
        ("Евгений", "Jevgeni", "Yevgeny", "Evgenii"),
        ("Андреев", "Andrejev", "Andreev"),
        ("Крылов", "Krõlov", "Krylov"),
        ("Фёдор", "Fjodor", "Fyodor"),
        ("Жанна", "Žanna", "Zhanna"),
        ("Хабаров", "Habarov", "Khabarov"),
        ("Õnne", "Onne", "ÕNNE"),
        ("Jürgen", "Jurgen"),
        ("Mari-Liis", "Mari Liis", "Liis Mari", "MARI-LIIS"),
        ("Kask", "kask "),
    ],
    ids=lambda spellings: spellings[1],
)
def test_one_name_in_several_spellings_is_one(catalog: Catalog, spellings: tuple[str, ...]) -> None:
    keys = [folded(each, catalog.matching.spelling) for each in spellings]
    assert all(not one.isdisjoint(other) for one, other in combinations(keys, 2))


@pytest.mark.parametrize(("one", "other"), [("Mari", "Maria"), ("Kask", "Kasak"), ("Иванов", "Petrov")])
def test_other_names_stay_others(catalog: Catalog, one: str, other: str) -> None:
    spelling = catalog.matching.spelling
    assert folded(one, spelling).isdisjoint(folded(other, spelling))


def test_a_name_without_letters_has_no_token(catalog: Catalog) -> None:
    assert folded("--", catalog.matching.spelling) == frozenset()


def told(one: Traits, other: Traits) -> tuple[dict[str, str], Verdict]:
    found = likeness(one, other, load().matching)
    return {each.field: each.agreement.value for each in found.fields}, found.verdict


@pytest.mark.parametrize(
    ("other", "agreements", "verdict"),
    [
        (traits(), {}, Verdict.LIKELY),
        (traits("Tamm", "Mari"), {"given-name": "swapped", "family-name": "swapped"}, Verdict.LIKELY),
        (traits(birth=date(1984, 5, 6)), {"birth-date": "swapped"}, Verdict.POSSIBLE),
        (traits(family_name="Kask"), {"family-name": "differs"}, Verdict.POSSIBLE),
        (traits(birth=date(1985, 7, 9)), {"birth-date": "differs"}, Verdict.UNLIKELY),
        (traits("Anna", "Kask"), {"given-name": "differs", "family-name": "differs"}, Verdict.UNLIKELY),
        (traits(birth=None), {"birth-date": "unknown"}, Verdict.UNLIKELY),
    ],
    ids=["same", "names-swapped", "day-and-month", "married", "other-birth", "other-names", "no-birth"],
)
def test_each_field_says_how_it_compares(other: Traits, agreements: dict[str, str], verdict: Verdict) -> None:
    same = {"personal-code": "unknown", "birth-date": "same", "given-name": "same", "family-name": "same"}
    assert told(traits(), other) == (same | agreements, verdict)


def test_codes_weigh_more_than_names() -> None:
    _, verdict = told(traits(code="1"), traits("Anna", "Kask", date(1990, 1, 2), "1"))
    assert verdict is not Verdict.LIKELY  # one code, and nothing else fits: somebody must look
    assert told(traits(code="1"), traits(family_name="Kask", code="1"))[1] is Verdict.LIKELY
    assert told(traits(code="1"), traits(code="2"))[1] is Verdict.POSSIBLE


def test_an_alias_that_fits_is_enough() -> None:
    assert told(traits(family_name=("Tamm", "Kask")), traits(family_name="Kask"))[1] is Verdict.LIKELY


@given(st.dates(date(1900, 1, 1), date(2017, 1, 1)))
def test_a_birth_date_has_a_swapped_one_where_there_is_such_a_day(birth: date) -> None:
    found = [one.value for one in tokens(["A"], ["B"], birth, load().matching.spelling)]
    swapped = [
        one for one in tokens(["A"], ["B"], birth, load().matching.spelling) if one.kind == BIRTH_SWAPPED
    ]
    assert bool(swapped) == (birth.day <= 12 and birth.day != birth.month)
    assert birth.isoformat() in found


TRAITS = st.builds(
    traits,
    st.sampled_from(["Mari", "Anna", "Tamm", "Татьяна"]),
    st.sampled_from(["Tamm", "Kask", "Mari"]),
    st.sampled_from([None, BORN, date(1984, 5, 6), date(1990, 1, 2)]),
    st.sampled_from([None, "1", "2"]),
)


@given(TRAITS, TRAITS)
def test_likeness_does_not_depend_on_who_is_asked_about(one: Traits, other: Traits) -> None:
    rule = load().matching
    assert likeness(one, other, rule) == likeness(other, one, rule)


@given(TRAITS, TRAITS)
def test_the_weight_is_the_sum_of_what_is_shown(one: Traits, other: Traits) -> None:
    found = likeness(one, other, load().matching)
    assert found.weight == found.start + sum(each.weight for each in found.fields)
    assert 0 <= found.per_mille < 1000
    assert all(each.weight == 0 for each in found.fields if each.agreement is Agreement.UNKNOWN)


@given(st.integers(-6000, 6000))
def test_more_weight_is_never_less_probable(weight: int) -> None:
    assert probability_of(weight) <= probability_of(weight + 1)


def test_the_prior_alone_is_the_prior() -> None:
    assert round(probability_of(load().matching.start) * 10**7) == 10


def test_every_kind_has_a_domain_in_which_it_is_compared() -> None:
    assert set(DOMAINS) == set(KINDS)


@given(st.lists(st.sampled_from(PAIRS), unique=True), st.data())
def test_who_is_the_same_follows_the_merges_and_undoing_restores(
    merges: list[tuple[PersonId, PersonId]], data: st.DataObject
) -> None:
    before = groups(PEOPLE, merges)
    assert sorted(person for group in before for person in group) == PEOPLE
    assert all(any({one, other} <= group for group in before) for one, other in merges)
    more = data.draw(st.lists(st.sampled_from(PAIRS), max_size=4))
    assert set(groups(PEOPLE, [*more, *merges])) == set(groups(PEOPLE, [*merges, *more]))
    assert groups(PEOPLE, [*merges, *more][: len(merges)]) == before
