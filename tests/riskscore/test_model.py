from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.riskscore.model import Answer, BandId, GroundId, Worth
from services.riskscore.rules import Scorer


def test_dash_has_24_items_and_counts_from_0_to_24(dash: Scorer) -> None:
    instrument = dash.instrument
    assert (len(instrument.items), instrument.minimum, instrument.maximum) == (24, 0, 24)


@pytest.mark.parametrize(
    ("index", "change", "complaint"),
    [
        (0, {"below": 9}, "bands"),
        (0, {"below": 11}, "bands"),
        (0, {"first": 1}, "bands"),
        (2, {"below": 24}, "bands"),
        (2, {"below": 26}, "bands"),
        (1, {"id": BandId.STANDARD}, "twice"),
    ],
)
def test_bands_with_a_gap_or_an_overlap_are_refused(
    an_instrument: Any, dash: Scorer, index: int, change: dict[str, Any], complaint: str
) -> None:
    bands = list(dash.instrument.bands)
    bands[index] = replace(bands[index], **change)
    with pytest.raises(ValueError, match=complaint):
        an_instrument(bands=tuple(bands))


def test_an_empty_band_is_refused(an_instrument: Any, dash: Scorer) -> None:
    low, middle, high = dash.instrument.bands
    bands = (replace(low, below=14), replace(middle, first=14), high)
    with pytest.raises(ValueError, match="empty"):
        an_instrument(bands=bands)


def test_items_are_numbered_without_a_gap_and_once(an_instrument: Any, dash: Scorer) -> None:
    items = dash.instrument.items
    with pytest.raises(ValueError, match="numbered"):
        an_instrument(items=items[1:])
    with pytest.raises(ValueError, match="same key"):
        an_instrument(items=(replace(items[0], key=items[1].key), *items[1:]))


def test_an_open_answer_is_not_worth_more_than_what_it_could_become(an_instrument: Any, dash: Scorer) -> None:
    with pytest.raises(ValueError, match="open answer"):
        an_instrument(worths={**dash.instrument.worths, Answer.DONT_KNOW: Worth(2, open=True)})


def test_every_answer_needs_points(an_instrument: Any, dash: Scorer) -> None:
    worths = {answer: worth for answer, worth in dash.instrument.worths.items() if answer != Answer.NO}
    with pytest.raises(ValueError, match="needs its points"):
        an_instrument(worths=worths)


def test_a_ground_stands_once_and_raises_to_a_known_band(an_instrument: Any, dash: Scorer) -> None:
    grounds = dash.instrument.grounds
    with pytest.raises(ValueError, match="twice"):
        an_instrument(grounds=(*grounds, grounds[0]))
    low, middle, high = dash.instrument.bands
    with pytest.raises(ValueError, match="raises to"):
        an_instrument(bands=(replace(low, below=14), replace(high, id=BandId.MEDIUM)))
    assert {ground.id for ground in grounds} == set(GroundId)
    assert middle.id == BandId.MEDIUM


def test_validity_is_half_open(an_instrument: Any) -> None:
    instrument = an_instrument(valid_from=date(2017, 1, 1), valid_to=date(2018, 1, 1))
    days = (date(2016, 12, 31), date(2017, 1, 1), date(2017, 12, 31), date(2018, 1, 1))
    assert [instrument.holds_on(day) for day in days] == [False, True, True, False]
    with pytest.raises(ValueError, match="ends before"):
        an_instrument(valid_from=date(2017, 1, 1), valid_to=date(2017, 1, 1))
