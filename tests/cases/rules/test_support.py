"""Who may be given a case, and who should be asked first."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.cases.catalog import load
from services.cases.model.support import Particulars, SupportPerson, Terms
from services.cases.rules import support as rules

RULE = load().support
TODAY = date(2018, 5, 15)
DAYS = st.dates(date(2017, 1, 1), date(2020, 1, 1))


@st.composite
def people(draw: st.DrawFn) -> list[SupportPerson]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        start = draw(st.none() | DAYS)
        end = None if start is None else draw(st.none() | st.just(start + timedelta(days=400)))
        languages = tuple(draw(st.sets(st.sampled_from(["et", "ru", "en"]), min_size=1)))
        modules = draw(st.sets(st.sampled_from([*RULE.modules])))
        made.append(
            SupportPerson(
                id=UUID(int=number),
                region="polva",
                subject=None,
                particulars=Particulars("-", None, None),
                terms=Terms(languages, draw(st.integers(0, 3)), start, end),
                trained=dict.fromkeys(modules, TODAY),
                active=draw(st.integers(0, 3)),
                last_assigned_on=draw(st.none() | DAYS),
                version=1,
            )
        )
    return made


@given(pool=people(), language=st.none() | st.sampled_from(["et", "ru"]))
def test_candidates_are_exactly_those_without_an_obstacle(
    pool: list[SupportPerson], language: str | None
) -> None:
    found = rules.ranked(RULE, pool, language, TODAY)
    free = {person.id for person in pool if not list(rules.obstacles(RULE, person, TODAY))}
    assert {one.person.id for one in found} == free
    assert all(one.free_places > 0 for one in found)


@given(pool=people(), language=st.sampled_from(["et", "ru"]))
def test_no_one_is_asked_before_somebody_who_fits_better(pool: list[SupportPerson], language: str) -> None:
    found = rules.ranked(RULE, pool, language, TODAY)
    for earlier, later in pairwise(found):
        assert earlier.speaks or not later.speaks
        if earlier.speaks == later.speaks:
            assert earlier.free_places >= later.free_places


@given(pool=people(), data=st.randoms(use_true_random=False))
def test_the_order_of_the_pool_does_not_matter(pool: list[SupportPerson], data: Random) -> None:
    shuffled = list(pool)
    data.shuffle(shuffled)
    assert rules.ranked(RULE, pool, "et", TODAY) == rules.ranked(RULE, shuffled, "et", TODAY)
