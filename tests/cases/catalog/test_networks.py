"""Sets of regions are facts of their day; agencies are in networks from a day on."""

from datetime import date

import pytest

from services.cases.catalog import Catalog
from services.cases.model.networks import Seat


@pytest.mark.parametrize(
    ("code", "rows", "day"), [("2018", 9, date(2018, 12, 31)), ("2019", 19, date(2019, 12, 31))]
)
def test_a_set_of_regions_is_those_at_work_on_its_day(
    catalog: Catalog, code: str, rows: int, day: date
) -> None:
    found = catalog.networks.sets[code]
    assert (len(found.rows), found.on) == (rows, day)
    at_work = {region.code for region in catalog.regions.values() if region.at_work(day)}
    assert {region for _, region in found.rows} == at_work


def test_tartumaa_is_listed_twice_and_is_two_networks(catalog: Catalog) -> None:
    rows = [region for printed, region in catalog.networks.sets["2019"].rows if printed == "Tartumaa"]
    assert rows == ["tartu-linn", "tartumaa"]


def test_regions_are_known_by_their_other_names(catalog: Catalog) -> None:
    names = {name: region.code for region in catalog.regions.values() for name in region.other_names}
    assert names["Kuressaare"] == "saaremaa"
    assert names["Lääne-Virumaa"] == "rakvere"
    assert names["Läänemaa"] == "haapsalu"


def test_everything_has_a_name_in_three_languages(catalog: Catalog) -> None:
    known = catalog.networks
    labels = [
        *known.seats.values(),
        *known.leave_reasons.values(),
        *(one.label for one in known.sets.values()),
    ]
    assert all(set(label) == {"et", "ru", "en"} for label in labels)
    assert set(known.seats) == set(Seat)


def test_agencies_are_those_of_the_day(catalog: Catalog) -> None:
    assert catalog.agencies_on(date(2016, 6, 30)) == {}
    assert catalog.agencies_on(date(2016, 7, 1)) == catalog.agencies
