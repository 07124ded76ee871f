"""A first meeting waits for what is obligatory, or somebody says why it did not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.cases.catalog import Catalog
from services.cases.model.start_problems import RegionNotReady
from services.cases.model.starts import Confirmation, RegionStart, Standard
from services.cases.rules import starts as rules
from services.kit.problem import Malformed

TODAY = date(2017, 5, 4)


@pytest.fixture
def standard(catalog: Catalog) -> Standard:
    return catalog.standard


def start(*items: str, on: date = TODAY) -> RegionStart:
    at = datetime(2017, 5, 4, 12, tzinfo=UTC)
    return RegionStart("polva", {item: Confirmation(item, "m-1", at, on, "seen") for item in items}, None, 1)


def _obligatory(standard: Standard) -> list[str]:
    return [item.code for item in standard.items.values() if item.obligatory]


def _errors(call: Any) -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as caught:
        call()
    return [(error.pointer, error.code) for error in caught.value.errors]


def test_there_is_something_obligatory_in_every_milestone(standard: Standard) -> None:
    found = rules.milestones(start(), standard)
    assert [one.code for one in found] == list(standard.milestones)
    assert all(any(item.obligatory for item in one.items) for one in found)
    assert all(one.reached_on is None for one in found)


def test_a_milestone_is_reached_with_the_last_obligatory_item(standard: Standard) -> None:
    early = start("agencies-agreed", on=date(2017, 1, 1))
    assert rules.milestones(early, standard)[0].reached_on is None
    both = RegionStart(
        "polva",
        {**early.confirmations, **start("area-described").confirmations},
        None,
        3,
    )
    assert [one.reached_on for one in rules.milestones(both, standard)] == [TODAY, None, None, None]


def test_a_region_that_has_everything_obligatory_meets(standard: Standard) -> None:
    ready = start(*_obligatory(standard))
    assert rules.missing(ready, standard) == []
    rules.check_first_meeting(ready, standard, TODAY, {}, TODAY)


def test_what_lacks_is_said_item_by_item(standard: Standard) -> None:
    nearly = start(*_obligatory(standard)[2:])
    with pytest.raises(RegionNotReady) as caught:
        rules.check_first_meeting(nearly, standard, TODAY, {"area-described": "soon"}, TODAY)
    assert [error.code for error in caught.value.errors] == ["agencies-agreed"]
    rules.check_first_meeting(
        nearly, standard, TODAY, {"area-described": "soon", "agencies-agreed": "soon"}, TODAY
    )


def test_a_meeting_to_come_and_a_reason_too_much_are_told_where(standard: Standard) -> None:
    ready = start(*_obligatory(standard))
    assert _errors(
        lambda: rules.check_first_meeting(ready, standard, date(2017, 5, 5), {"trial-meeting": "x"}, TODAY)
    ) == [("/missing/0/item", "not-missing"), ("/heldOn", "in-the-future")]


@pytest.mark.parametrize("text", ["48805042711", "Mari (48805042711) ootab", "x48805042711."])
def test_nobody_is_named_by_the_personal_code(text: str) -> None:
    assert _errors(lambda: rules.check_text("/text", text)) == [("/text", "personal-code")]


@pytest.mark.parametrize("text", ["12345678901", "tel +372 5512 3456", "no. 4-2/17", "148805042711"])
def test_other_numbers_may_stand(text: str) -> None:
    rules.check_text("/text", text)


def test_an_empty_text_says_nothing() -> None:
    assert _errors(lambda: rules.check_text("/text", " \n")) == [("/text", "empty")]
