"""The invented country: the same for the same seed, and as mixed as it promises."""

from collections import Counter
from datetime import date, timedelta

import pytest

from services.kit import personal_code
from services.kit.ids import parse_reference
from system.seeding.nation import DAYS, Fate, Plant, Story, stories, truths

REGIONS = [f"region-{number}" for number in range(20)]
LAST = date(2026, 11, 29)


@pytest.fixture(scope="module")
def told() -> list[Story]:
    return list(stories(2_000, 7, REGIONS, LAST))


def test_the_same_seed_tells_the_same_and_another_one_something_else(told: list[Story]) -> None:
    assert stories(2_000, 7, REGIONS, LAST) == told
    assert truths(stories(2_000, 8, REGIONS, LAST)) != truths(told)


def test_every_state_and_region_is_there_day_after_day(told: list[Story]) -> None:
    assert {each.fate for each in told} == set(Fate)
    regions = Counter(each.region for each in told)
    assert regions.keys() == set(REGIONS)
    assert min(regions.values()) > len(told) / len(REGIONS) / 2
    assert [each.day for each in told] == sorted(each.day for each in told)
    assert told[0].day == LAST - timedelta(days=DAYS - 1)
    assert LAST - timedelta(days=2) < told[-1].day <= LAST


def test_people_are_themselves_alone(told: list[Story]) -> None:
    """But for those who come back, a code is one person's; none was ever issued."""
    codes = Counter(
        who.code
        for each in told
        for who in (each.victim, each.threatening, *each.children)
        if who.code is not None
    )
    followed = {each.follows for each in told if each.follows}
    back = {
        who.code for each in told if each.reference in followed for who in (each.victim, each.threatening)
    }
    assert {code for code, times in codes.items() if times > 1} <= back
    assert all(personal_code.parse(code).birth_date.year > 1940 for code in codes)
    assert len({each.reference for each in told}) == len(told)
    assert all(parse_reference(each.reference) == each.reference for each in told)


def test_what_is_planted_is_what_the_story_says(told: list[Story]) -> None:
    by_reference = {each.reference: each for each in told}
    for each in told:
        earlier = by_reference.get(each.follows or "")
        assert (earlier is not None) == bool(each.plants & {Plant.REPEAT, Plant.DOUBLE})
        if earlier is None:
            continue
        assert earlier.fate is Fate.OPEN
        assert timedelta(days=20) < each.day - earlier.day <= timedelta(days=300)
        assert (each.victim == earlier.victim) == (Plant.REPEAT in each.plants)
        assert (each.victim.code is None) == (Plant.DOUBLE in each.plants)
        assert each.threatening == earlier.threatening


def test_the_truths_name_nobody(told: list[Story]) -> None:
    known = truths(told)
    counts = known["counts"]
    assert isinstance(counts, dict)
    assert all(counts[plant.value] > 40 for plant in Plant)
    text = str(known)
    assert not any(
        word in text for each in told for word in (each.victim.family, each.victim.code or "nobody")
    )
