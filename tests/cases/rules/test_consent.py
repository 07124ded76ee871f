"""Facts that may be written down, and how things stand after them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import catalog as published
from services.cases.model.codes import Role
from services.cases.model.consent import (
    Capacity,
    ConsentValue,
    Fact,
    FactKind,
    Manner,
    ObjectionValue,
    Scope,
    Standing,
    ToldFact,
    WhyNot,
    Words,
)
from services.cases.model.ids import CaseId, PersonId
from services.cases.rules.consent import check, standing, standings, steps, takes_place, voidable
from services.kit.problem import Malformed

CATALOG = published.load()
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
ANNA, MARI = PersonId(UUID(int=1)), PersonId(UUID(int=2))
CASE = CaseId(UUID(int=3))
HOUR = timedelta(hours=1)
GIVEN = ToldFact(
    ANNA,
    FactKind.CONSENT,
    "given",
    AT,
    scope=(Scope.SHARING,),
    manner=Manner.IN_PERSON,
    capacity=Capacity.ABLE,
)
BASIS = ToldFact(ANNA, FactKind.BASIS, "oas-10-1", AT, words=Words(None, "oht elule", "vaid vajalik"))
_NUMBERS = count(10)


def fact(kind: FactKind, value: str, said: datetime = AT, **changes: Any) -> Fact:
    number = next(_NUMBERS)
    plain: dict[str, Any] = {
        "person": ANNA, "scope": (), "manner": None, "language": None, "capacity": None, "reason": None,
        "agency": None, "voids": None,
    }  # fmt: skip
    return Fact(
        id=UUID(int=number),
        case=CASE,
        number=number,
        kind=kind,
        value=value,
        said_at=said,
        recorded_at=AT,
        recorded_by="anna",
        **plain | changes,
    )


def objects(value: str = "objects", said: datetime = AT, **changes: Any) -> Fact:
    return fact(FactKind.OBJECTION, value, said, **changes)


def consent(value: str, *scope: Scope, said: datetime = AT) -> Fact:
    return fact(FactKind.CONSENT, value, said, scope=scope)


def broken(told: ToldFact, *roles: Role) -> set[tuple[str, str]]:
    try:
        check(told, roles=roles or (Role.VICTIM,), at=AT, bases=CATALOG.bases, agencies=CATALOG.agencies)
    except Malformed as refused:
        return {(error.pointer, error.code) for error in refused.errors}
    return set()


@pytest.mark.parametrize(
    "told",
    [
        GIVEN,
        BASIS,
        ToldFact(ANNA, FactKind.INFORMED, "told", AT, agency="police"),
        ToldFact(ANNA, FactKind.INFORMED, "not-told", AT, reason=WhyNot.NOT_SAFE),
        ToldFact(ANNA, FactKind.WISH, "wants-help", AT, words=Words("soovib lahkuda")),
        ToldFact(ANNA, FactKind.OBJECTION, "objects", AT, language="ru"),
    ],
    ids=lambda told: f"{told.kind}-{told.value}",
)
def test_each_kind_of_fact_may_be_written_down(told: ToldFact) -> None:
    assert broken(told) == set()


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (replace(GIVEN, scope=()), ("/scope", "required")),
        (replace(GIVEN, manner=None), ("/manner", "required")),
        (replace(GIVEN, capacity=Capacity.NOT_ABLE), ("/capacity", "cannot-consent")),
        (replace(GIVEN, value="perhaps"), ("/value", "unknown")),
        (replace(GIVEN, agency="circus"), ("/agency", "unknown")),
        (replace(GIVEN, said_at=AT + HOUR), ("/saidAt", "future")),
        (replace(GIVEN, reason=WhyNot.NOT_SAFE), ("/reason", "not-for-kind")),
        (replace(GIVEN, words=Words(None, "x")), ("/necessity", "not-for-kind")),
        (replace(BASIS, value="consent"), ("/value", "not-statutory")),
        (replace(BASIS, value="oas-7-2"), ("/value", "not-statutory")),
        (replace(BASIS, value="oas-99"), ("/value", "unknown")),
        (replace(BASIS, said_at=datetime(2023, 3, 31, 9, tzinfo=UTC)), ("/value", "not-in-force")),
        (replace(BASIS, value="lasteks-27"), ("/value", "not-for-role")),
        (replace(BASIS, words=Words(None, "x", " ")), ("/proportionality", "required")),
        (ToldFact(ANNA, FactKind.INFORMED, "not-told", AT), ("/reason", "required")),
        (
            ToldFact(ANNA, FactKind.INFORMED, "told", AT, reason=WhyNot.NOT_SAFE),
            ("/reason", "not-for-value"),
        ),
        (
            ToldFact(ANNA, FactKind.INFORMED, "not-told", AT, reason=WhyNot.WRONG_PERSON),
            ("/reason", "required"),
        ),
    ],
)
def test_what_breaks_a_rule_is_told_with_its_place(told: ToldFact, error: tuple[str, str]) -> None:
    assert broken(told) == {error}


def test_the_threatening_person_is_not_asked_and_a_stranger_has_no_facts() -> None:
    assert broken(GIVEN, Role.THREATENING_PERSON) == {("/personId", "not-for-role")}
    assert broken(BASIS, Role.THREATENING_PERSON) == set()
    with pytest.raises(Malformed) as refused:
        check(GIVEN, roles=(), at=AT, bases=CATALOG.bases, agencies=CATALOG.agencies)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/personId", "not-in-case")]


def test_what_was_said_last_holds_whenever_it_was_written_down() -> None:
    late = objects("objects", AT - 2 * HOUR)
    assert standing([objects("lifted", AT - HOUR), late], ANNA).objection is ObjectionValue.LIFTED
    assert standing([late], ANNA).objects_since == AT - 2 * HOUR


def test_an_objection_said_again_is_the_same_and_one_after_it_was_lifted_is_new() -> None:
    twice = [objects(said=AT - 3 * HOUR), objects(said=AT - 2 * HOUR)]
    assert standing(twice, ANNA).objects_since == AT - 3 * HOUR
    anew = [*twice, objects("lifted", AT - HOUR), objects(said=AT)]
    assert standing(anew, ANNA).objects_since == AT


def test_an_adults_objection_is_not_the_childs() -> None:
    assert standing([objects()], MARI) == Standing(MARI)


def test_of_each_scope_the_last_word_counts() -> None:
    facts = [
        consent("given", Scope.SHARING, Scope.SERVICES, said=AT - 2 * HOUR),
        consent("withdrawn", Scope.SERVICES, said=AT - HOUR),
        consent("refused", Scope.CONTACT),
    ]
    stands = standing(facts, ANNA)
    assert (stands.consent, list(stands.scopes)) == (ConsentValue.GIVEN, [Scope.SHARING])
    gone = standing([*facts, consent("withdrawn", Scope.SHARING)], ANNA)
    assert (gone.consent, list(gone.scopes)) == (ConsentValue.WITHDRAWN, [])


def test_a_void_fact_counts_for_nothing() -> None:
    wrong = objects()
    void = fact(FactKind.VOID, "objects", reason=WhyNot.WRONG_PERSON, voids=wrong.id)
    assert standing([wrong, void], ANNA) == Standing(ANNA)
    assert voidable([wrong], wrong.id) == wrong
    assert voidable([wrong, void], wrong.id) is None
    assert voidable([wrong, void], void.id) is None


def test_only_what_is_given_can_be_withdrawn_and_only_an_objection_lifted() -> None:
    withdrawn = replace(GIVEN, value="withdrawn", scope=(Scope.SHARING, Scope.CONTACT))
    with pytest.raises(Malformed) as refused:
        takes_place(withdrawn, standing([consent("given", Scope.SHARING)], ANNA))
    assert [error.pointer for error in refused.value.errors] == ["/scope/1"]
    with pytest.raises(Malformed):
        takes_place(ToldFact(ANNA, FactKind.OBJECTION, "lifted", AT), Standing(ANNA))


_HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["given", "refused", "withdrawn", "objects", "lifted", "void"]),
        st.integers(0, 5),
        st.sampled_from(list(Scope)),
    ),
    max_size=12,
)


@given(_HAPPENINGS)
def test_whatever_is_recorded_in_whatever_order_the_machines_know_the_way(
    happenings: list[tuple[str, int, Scope]],
) -> None:
    facts: list[Fact] = []
    for value, hour, scope in happenings:
        before = standing(facts, ANNA)
        if value == "void":
            found = next((each for each in facts if voidable(facts, each.id)), None)
            if found is None:
                continue
            facts.append(fact(FactKind.VOID, found.value, reason=WhyNot.WRONG_PERSON, voids=found.id))
        else:
            kind = FactKind.OBJECTION if value in set(ObjectionValue) else FactKind.CONSENT
            told = replace(GIVEN, kind=kind, value=value, scope=(scope,))
            try:
                takes_place(told, before)
            except Malformed:
                continue
            facts.append(fact(kind, value, AT + hour * HOUR, scope=told.scope))
        after = standing(facts, ANNA)
        for step in steps(before, after, CATALOG.lifecycles):
            assert CATALOG.lifecycles[step.machine].targets[step.source, step.action] == step.target
    assert set(standings(facts)) <= {ANNA}
