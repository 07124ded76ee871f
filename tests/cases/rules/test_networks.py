"""What can be said of an agency that sits in a network."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.cases.catalog import Catalog
from services.cases.model.networks import Agency, Contact, NetworkMember, Seat, Sitting
from services.cases.model.published import Region
from services.cases.rules.networks import check_end, check_sitting
from services.kit.problem import Malformed

NOBODY = Contact(None, None, None)
OLD = Region("polva", {}, "polvamaa", date(2016, 7, 1), date(2020, 1, 1))
AGENCIES = {"police": Agency("police", {}, Seat.CORE, date(2016, 7, 1), date(2021, 1, 1))}


def sitting(start: date = date(2017, 1, 1), end: date | None = None, agency: str = "police") -> Sitting:
    return Sitting(agency, None, Seat.CORE, start, end, NOBODY)


def _errors(check: Any) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as caught:
        check()
    return [(error.pointer, error.code) for error in caught.value.errors]


@pytest.mark.parametrize("start", [date(2016, 7, 1), date(2019, 12, 31)])
def test_an_agency_sits_while_there_is_a_network(start: date) -> None:
    check_sitting(sitting(start), OLD, AGENCIES)


def test_a_network_names_its_members_before_it_begins(catalog: Catalog) -> None:
    narva = catalog.regions["narva"]
    check_sitting(sitting(date(2018, 12, 1)), narva, catalog.agencies)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (sitting(agency="cosmonauts"), [("/agency", "unknown")]),
        (sitting(date(2016, 6, 30)), [("/validFrom", "not-in-force")]),
        (sitting(date(2020, 1, 1)), [("/validFrom", "not-in-force")]),
        (sitting(end=date(2017, 1, 1)), [("/validTo", "not-after-start")]),
        (sitting(end=date(2016, 12, 31)), [("/validTo", "not-after-start")]),
        (sitting(date(2021, 1, 1)), [("/validFrom", "not-in-force"), ("/validFrom", "not-in-force")]),
    ],
)
def test_what_cannot_be_is_told_where(wrong: Sitting, expected: list[tuple[str, str]]) -> None:
    assert _errors(lambda: check_sitting(wrong, OLD, AGENCIES)) == expected


def member(end: date | None = None) -> NetworkMember:
    return NetworkMember(UUID(int=1), "polva", sitting(date(2017, 1, 1), end), None, 1)


@pytest.mark.parametrize(
    ("end", "last"),
    [(None, date(2017, 1, 1)), (None, date(2030, 1, 1)), (date(2018, 1, 1), date(2018, 1, 1))],
)
def test_a_seat_ends_on_any_day_from_its_first_on(end: date | None, last: date) -> None:
    check_end(member(end), last, "left", {"left"})


@pytest.mark.parametrize(
    ("end", "last", "reason", "expected"),
    [
        (None, date(2016, 12, 31), "left", [("/validTo", "before-start")]),
        (date(2018, 1, 1), date(2018, 1, 2), "left", [("/validTo", "later-than-end")]),
        (None, date(2018, 1, 1), "boredom", [("/reason", "unknown")]),
        (None, date(2016, 1, 1), "boredom", [("/validTo", "before-start"), ("/reason", "unknown")]),
    ],
)
def test_an_end_that_cannot_be_is_told_where(
    end: date | None, last: date, reason: str, expected: list[tuple[str, str]]
) -> None:
    assert _errors(lambda: check_end(member(end), last, reason, {"left"})) == expected
