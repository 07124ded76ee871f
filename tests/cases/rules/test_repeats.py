"""A repeat: the same two people, a further incident, within the months, the end exclusive."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import catalog as published
from services.cases.model.ids import PersonId, ReferralId
from services.cases.model.repeats import Base, Earlier, Finding, Incident, People, Verdict
from services.cases.rules.repeats import findings, is_ground
from services.kit.calendar import add_months

RULES = published.load().repeats
ANNA, ANTS, PEETER = (PersonId(UUID(int=number)) for number in (1, 2, 3))
PAIR = People(ANNA, ANTS)
DAY = timedelta(days=1)
FIRST = Earlier(ReferralId(UUID(int=11)), PAIR, date(2016, 3, 2), date(2016, 3, 1))
days = st.dates(date(2015, 1, 1), date(2021, 12, 31))


def said(day: date, *earlier: Earlier, criminal: bool | None = None, people: People = PAIR) -> list[Finding]:
    return list(findings([Incident(people, day, criminal)], earlier, RULES))


def verdict(day: date, *earlier: Earlier) -> Verdict:
    return said(day, *earlier)[0].verdict


@pytest.mark.parametrize(
    ("referred_on", "day", "expected"),
    [
        (date(2016, 3, 2), date(2017, 3, 1), Verdict.YES),  # the last day
        (date(2016, 3, 2), date(2017, 3, 2), Verdict.NO),
        (date(2016, 2, 29), date(2017, 2, 27), Verdict.YES),
        (date(2016, 2, 29), date(2017, 2, 28), Verdict.NO),  # 29.02 ends as 28.02
        (date(2015, 2, 28), date(2016, 2, 27), Verdict.YES),
        (date(2015, 2, 28), date(2016, 2, 28), Verdict.NO),
        (date(2015, 3, 1), date(2016, 2, 29), Verdict.YES),  # day 365 of a leap year still belongs to it
        (date(2015, 3, 1), date(2016, 3, 1), Verdict.NO),
        (date(2016, 3, 2), date(2016, 3, 2), Verdict.YES),  # the evening of the referral itself
        (date(2016, 3, 2), date(2016, 3, 1), Verdict.NO),  # the incident that was referred then
    ],
)
def test_the_window_ends_with_the_same_day_a_year_later(
    referred_on: date, day: date, expected: Verdict
) -> None:
    earlier = replace(FIRST, referred_on=referred_on, occurred_on=referred_on - DAY)
    assert verdict(day, earlier) is expected


def test_nothing_earlier_is_no_repeat_by_any_definition() -> None:
    assert [each.verdict for each in said(date(2016, 5, 1))] == [Verdict.NO] * 3
    assert [each.definition for each in said(date(2016, 5, 1))] == [each.id for each in RULES.definitions]


def test_the_same_evening_told_by_two_agencies_is_no_repeat() -> None:
    assert verdict(FIRST.referred_on, replace(FIRST, occurred_on=FIRST.referred_on)) is Verdict.NO


@pytest.mark.parametrize("people", [People(ANNA, PEETER), People(PEETER, ANTS), People(ANTS, ANNA)])
def test_another_pair_is_none_and_neither_is_the_other_direction(people: People) -> None:
    assert {each.verdict for each in said(date(2016, 5, 1), FIRST, people=people)} == {Verdict.NO}


@pytest.mark.parametrize(
    ("criminal", "expected"), [(True, Verdict.YES), (False, Verdict.NO), (None, Verdict.UNKNOWN)]
)
def test_the_earlier_definition_asks_for_a_crime(
    criminal: bool | None,  # noqa: FBT001
    expected: Verdict,
) -> None:
    current, earlier, _ = said(date(2016, 5, 1), FIRST, criminal=criminal)
    assert (current.verdict, earlier.verdict) == (Verdict.YES, expected)


def test_the_definition_by_discussion_counts_from_the_discussion() -> None:
    discussed = replace(FIRST, discussed_on=date(2016, 4, 20))
    by = [said(date(2017, 4, 1), each)[2] for each in (FIRST, discussed)]
    assert [each.verdict for each in by] == [Verdict.NO, Verdict.YES]
    assert by[1].counted_from == date(2016, 4, 20)
    assert verdict(date(2017, 4, 1), discussed) is Verdict.NO  # from the referral the year is over
    assert RULES.definitions[2].counts_from is Base.DISCUSSION


def test_each_further_referral_begins_the_months_anew() -> None:
    second = Earlier(ReferralId(UUID(int=12)), PAIR, date(2016, 12, 10), date(2016, 12, 9))
    found = said(date(2017, 11, 30), FIRST, second)[0]
    assert (found.verdict, found.earlier, found.until) == (
        Verdict.YES,
        second.referral,
        date(2017, 12, 10),
    )


def test_of_several_pairs_one_is_enough() -> None:
    incidents = [Incident(People(ANNA, who), date(2016, 5, 1), None) for who in (PEETER, ANTS)]
    found = findings(incidents, [FIRST], RULES)
    assert found[0].verdict is Verdict.YES
    assert is_ground(found, RULES)


def test_only_the_definition_in_force_makes_a_ground() -> None:
    found = [replace(each, verdict=Verdict.YES) for each in said(date(2016, 5, 1))]
    assert is_ground(found, RULES)
    assert not is_ground([each for each in found if each.definition != RULES.in_force], RULES)


@given(days, st.integers(0, 800))
def test_it_is_a_repeat_on_each_day_of_the_window_and_on_no_other(first: date, after: int) -> None:
    earlier = replace(FIRST, referred_on=first, occurred_on=first - DAY)
    day = first + after * DAY
    assert (verdict(day, earlier) is Verdict.YES) == (first <= day < add_months(first, 12))


@given(st.lists(days, max_size=6), days)
def test_the_latest_referral_before_the_incident_decides(referred: list[date], day: date) -> None:
    earlier = [
        Earlier(ReferralId(UUID(int=number)), PAIR, on, on - DAY) for number, on in enumerate(referred)
    ]
    before = [on for on in referred if on <= day]
    expected = bool(before) and day < add_months(max(before), 12)
    found = said(day, *earlier)[0]
    assert (found.verdict is Verdict.YES) == expected
    assert found.counted_from == (max(before) if before else None)
