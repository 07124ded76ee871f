"""When a term ends."""

from datetime import date

import pytest

from services.cases.catalog import Catalog
from services.cases.model.retention import Because, Ending, TermFacts
from services.cases.rules.retention import ending, is_due

LAST = date(2017, 3, 2)


@pytest.mark.parametrize(
    ("births", "because", "counted_from", "ends_on"),
    [
        ([], Because.LAST_ENTRY, LAST, date(2027, 3, 2)),
        ([date(1984, 6, 15)], Because.LAST_ENTRY, LAST, date(2027, 3, 2)),
        ([date(1999, 3, 2)], Because.LAST_ENTRY, LAST, date(2027, 3, 2)),  # 18 on this day
        ([date(1999, 3, 3)], Because.MAJORITY, date(2017, 3, 3), date(2027, 3, 3)),  # on the next
        ([date(2009, 5, 1), date(2016, 2, 29)], Because.MAJORITY, date(2034, 2, 28), date(2044, 2, 28)),
        ([date(2017, 9, 1)], Because.MAJORITY, date(2035, 9, 1), date(2045, 9, 1)),  # not born yet
    ],
)
def test_it_is_the_later_of_last_entry_and_majority(
    catalog: Catalog, births: list[date], because: Because, counted_from: date, ends_on: date
) -> None:
    term = catalog.retention.terms["case"]
    found = ending(TermFacts("case", True, LAST, births), term)
    assert found == Ending(because, counted_from, ends_on)
    assert (is_due(found, ends_on), is_due(found, date(2026, 1, 1))) == (True, False)


def test_what_is_open_has_no_end_and_each_entry_moves_it(catalog: Catalog) -> None:
    term = catalog.retention.terms["referral"]
    is_open = ending(TermFacts("referral", False, LAST, []), term)
    assert (is_open.because, is_open.ends_on, is_due(is_open, date(2099, 1, 1))) == (
        Because.OPEN,
        None,
        False,
    )
    later = ending(TermFacts("referral", True, date(2018, 3, 2), []), term)
    assert later.ends_on == date(2023, 3, 2)
