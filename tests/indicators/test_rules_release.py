"""What a reader can learn from all releases together, when the reader knows the rule."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import product
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.indicators import catalog
from services.indicators.model import (
    Dimension,
    DimensionRefused,
    Observation,
    Published,
    Table,
    Window,
    Withheld,
)
from services.indicators.rules import release
from services.kit.calendar import HalfYear

RULE = catalog.load().release
REGION, HALF_YEAR = Dimension.REGION, Dimension.HALF_YEAR
TABLES = ((), (REGION,), (HALF_YEAR,), (REGION, HALF_YEAR))
HALVES = [HalfYear(2017, 1), HalfYear(2017, 2), HalfYear(2018, 1)]
WINDOWS = [
    Window(first.start if first is not None else None, date.fromordinal(last.end.toordinal() - 1))
    for first, last in product([None, *HALVES], HALVES)
    if first is None or first <= last
]
Cells = Mapping[tuple[str, HalfYear], int]


def observations(cells: Cells) -> list[Observation]:
    """So many people, everyone once, in each cell; the first of them all where the table begins."""
    found = [
        Observation(
            f"{region}{half}{number}", half.start, UUID(int=0), {REGION: region, HALF_YEAR: str(half)}
        )
        for (region, half), count in cells.items()
        for number in range(count)
    ]
    return sorted(found, key=lambda one: (one.on, one.who))


def everything(cells: Cells, windows: Iterable[Window] = WINDOWS) -> tuple[Table, ...]:
    """All that can be asked for."""
    seen = observations(cells)
    return tuple(release(seen, window, by, RULE) for window in windows for by in TABLES)


def lines(table: Table) -> dict[str, object]:
    return {"/".join(value for _, value in one.key): one.figure for one in (*table.rows, *table.totals)}


def test_a_small_cell_is_withheld_with_its_row_and_column() -> None:
    cells = {("a", HALVES[0]): 3, ("a", HALVES[1]): 20, ("b", HALVES[0]): 10, ("b", HALVES[1]): 30}
    told = lines(release(observations(cells), WINDOWS[1], (REGION, HALF_YEAR), RULE))
    assert told == {
        "a/2017-H1": Withheld(),
        "a/2017-H2": Published(20),
        "b/2017-H1": Published(10),
        "b/2017-H2": Published(30),
        "a": Withheld(),
        "b": Published(40),
        "2017-H1": Withheld(),
        "2017-H2": Published(50),
        "": Withheld(),
    }


def test_five_and_six_are_withheld_too_and_nothing_is_not() -> None:
    cells = {("a", HALVES[0]): 5, ("b", HALVES[0]): 6, ("c", HALVES[0]): 7, ("d", HALVES[1]): 9}
    told = lines(release(observations(cells), WINDOWS[1], (REGION, HALF_YEAR), RULE))
    assert [told[f"{region}/2017-H1"] for region in "abcd"] == [
        Withheld(),
        Withheld(),
        Published(7),
        Published(0),
    ]


def test_by_brute_force_a_reader_learns_of_no_withheld_cell_whether_it_is_small() -> None:
    """All tables of two by two with these values, grouped by all that is told about them."""
    places = [(region, half) for region in "ab" for half in HALVES[:2]]
    alike: defaultdict[object, list[tuple[int, ...]]] = defaultdict(list)
    for values in product([0, 1, 4, 5, 6, 7], repeat=4):
        # Which regions and half-years there are is known to everybody: each holds somebody.
        if 0 in (values[0] + values[1], values[2] + values[3], values[0] + values[2], values[1] + values[3]):
            continue
        alike[everything(dict(zip(places, values, strict=True)), WINDOWS[:2])].append(values)
    for tables in alike.values():
        for possible in map(set, zip(*tables, strict=True)):
            assert len(possible) == 1 or possible == {1, 4, 5, 6}
            assert possible not in ({1}, {4}, {5}, {6})


grids = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(HALVES)), st.integers(0, 12), min_size=1
)


@settings(deadline=None)
@given(grids, st.data())
def test_nothing_that_is_told_depends_on_the_size_of_a_withheld_cell(
    cells: Cells, data: st.DataObject
) -> None:
    hidden = [place for place, count in cells.items() if count in RULE.withheld]
    assume(hidden)
    others = {place: data.draw(st.sampled_from(list(RULE.withheld))) for place in hidden}
    assert everything({**cells, **others}) == everything(cells)


@settings(deadline=None)
@given(grids)
def test_what_is_told_is_true_and_adds_up(cells: Cells) -> None:
    for table, (window, by) in zip(everything(cells), product(WINDOWS, TABLES), strict=True):
        for line in (*table.rows, *table.totals):
            wanted = dict(line.key)
            parts = [
                count
                for (region, half), count in cells.items()
                if window.holds(half.start)
                and wanted.get(REGION, region) == region
                and wanted.get(HALF_YEAR, str(half)) == str(half)
            ]
            hidden = any(count in RULE.withheld for count in parts)
            assert line.figure == (Withheld() if hidden else Published(sum(parts))), (window, by)


@settings(deadline=None)
@given(grids)
def test_the_same_facts_give_the_same_release_in_any_order(cells: Cells) -> None:
    assert everything(dict(reversed(cells.items()))) == everything(cells)


@pytest.mark.parametrize("by", [(Dimension.ROLE,), (REGION, Dimension.SEX)])
def test_a_release_is_not_split_by_people(by: tuple[Dimension, ...]) -> None:
    with pytest.raises(DimensionRefused):
        release([], WINDOWS[0], by, RULE)
