"""Matching several referrals at once finds the same people as matching one after the other."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.cases.store.people import CODE, Entry, Traces, _matched

TRACES = st.builds(
    Traces, st.none() | st.sampled_from([b"c1", b"c2", b"c3"]), st.sampled_from([b"n1", b"n2"])
)
REFERRALS = st.lists(st.lists(TRACES, min_size=1, max_size=3), min_size=1, max_size=6)


def one_by_one(referrals: Sequence[Sequence[Traces]]) -> list[object]:
    entries: dict[Entry, None] = {}
    found: list[object] = []
    for referral in referrals:
        coded = {entry.person for entry in entries if entry.kind == CODE}
        matched = _matched([referral], {entry: entry.person in coded for entry in entries})
        entries |= dict.fromkeys(matched.entries)
        found += matched.persons[0]
    return found


def shape(people: Sequence[object]) -> list[int]:
    """Who is who, without the ids."""
    numbers: dict[object, int] = {}
    return [numbers.setdefault(person, len(numbers)) for person in people]


@given(REFERRALS)
def test_together_or_one_by_one_they_are_the_same_people(referrals: list[list[Traces]]) -> None:
    together = _matched(referrals, {})
    assert shape([person for each in together.persons for person in each]) == shape(one_by_one(referrals))
    assert len(set(together.fresh)) == len({person for each in together.persons for person in each})
