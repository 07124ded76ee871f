import copy
from datetime import date
from typing import Any

import pytest

from services.kit import datafile
from services.riskscore.catalog import (
    PACKAGE,
    SCHEMA,
    Catalog,
    load_catalog,
    load_instrument,
    read_instrument,
)
from services.riskscore.model import InstrumentUnknown

NAME = "dash-safelives-2026-11-21.yaml"


@pytest.fixture
def raw() -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(datafile.load(PACKAGE, NAME, SCHEMA))
    return found


def test_every_text_is_there_in_three_languages_with_licence_and_standing() -> None:
    instrument = load_instrument(NAME)
    for item in instrument.items:
        assert all((item.texts.et, item.texts.ru, item.texts.en))
        assert len({item.texts.et, item.texts.ru, item.texts.en}) == 3
        assert item.licence == "SafeLives, acknowledge; wording condensed"
    assert instrument.labels == {"et": "unofficial", "ru": "unofficial", "en": "condensed"}


def test_items_with_a_time_window_are_unverified() -> None:
    unverified = {item.key for item in load_instrument(NAME).items if item.status == "unverified"}
    assert unverified == {"separated", "pregnant", "substance-mh"}


def test_each_range_ends_where_the_next_begins(raw: dict[str, Any]) -> None:
    assert [(band["from"], band["below"]) for band in raw["bands"]["ranges"]] == [(0, 10), (10, 14), (14, 25)]
    assert raw["bands"]["status"] == "local"


def test_a_version_is_found_by_name_by_day_or_as_the_newest(raw: dict[str, Any]) -> None:
    old = read_instrument({**raw, "version": "2016-01-01", "valid_to": "2018-01-01"}, "sha256:old")
    new = read_instrument({**raw, "version": "2018-01-01", "valid_from": "2018-01-01"}, "sha256:new")
    catalog = Catalog([new, old])
    assert catalog.find("dash", None, date(2017, 12, 31)).instrument is old
    assert catalog.find("dash", None, date(2018, 1, 1)).instrument is new
    assert catalog.find("dash", "2016-01-01", date(2018, 1, 1)).instrument is old
    assert catalog.find("dash", None, None).instrument is new
    assert catalog.instruments == (old, new)


def test_two_versions_do_not_claim_one_day(raw: dict[str, Any]) -> None:
    old = read_instrument(raw, "sha256:old")
    new = read_instrument({**raw, "version": "2018-01-01", "valid_from": "2018-01-01"}, "sha256:new")
    with pytest.raises(ValueError, match="same day"):
        Catalog([old, new])


@pytest.mark.parametrize(
    ("instrument", "version", "on"),
    [("odara", None, None), ("dash", "1999-01-01", None), ("dash", None, date(2015, 6, 30))],
)
def test_what_is_not_there_is_refused(instrument: str, version: str | None, on: date | None) -> None:
    with pytest.raises(InstrumentUnknown):
        load_catalog().find(instrument, version, on)
