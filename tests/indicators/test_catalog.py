from dataclasses import replace
from datetime import date

import pytest

from services.indicators.catalog import Catalog
from services.indicators.model import Dimension, IndicatorUnknown, Window


def test_these_indicators_are_published(published: Catalog) -> None:
    assert {one.id: one.version for one in published.definitions.values()} == {
        "people-served": "2026-11-21",
        "cases": "2026-11-21",
        "transfers-out": "2026-11-29",
        "transfers-in": "2026-11-29",
    }
    for definition in published.definitions.values():
        assert definition.content_hash.startswith("sha256:")


def test_an_unknown_indicator_is_not_found(published: Catalog) -> None:
    with pytest.raises(IndicatorUnknown):
        published.definition("happiness")


def test_claims_are_found_by_indicator_and_period(published: Catalog) -> None:
    cases = published.definition("cases")
    to_2017 = published.claims_within(cases, Window(None, date(2017, 12, 31)))
    assert "polva-cases-to-2017-12-31" in {claim.id for claim in to_2017}
    assert not any(claim.id.endswith("2018-h1") for claim in to_2017)
    only_2018 = published.claims_within(cases, Window(date(2018, 1, 1), date(2018, 6, 30)))
    assert {claim.only[Dimension.REGION] for claim in only_2018} == {
        "polva",
        "rakvere",
        "haapsalu",
        "viljandi",
    }
    assert {claim.printed for claim in only_2018} == {3, 4, 5}


def test_claims_about_nothing_and_claims_told_twice_are_refused(published: Catalog) -> None:
    claim = published.claims[0]
    with pytest.raises(ValueError, match="nothing"):
        replace(published, claims=(replace(claim, indicator="happiness"),))
    with pytest.raises(ValueError, match="nothing"):
        replace(published, claims=(replace(claim, only={Dimension.SEX: "female"}),))
    with pytest.raises(ValueError, match="same id"):
        replace(published, claims=(claim, claim))


def test_the_release_hides_whether_a_withheld_cell_is_small(published: Catalog) -> None:
    assert published.release.withheld == range(1, 7)
    assert published.release.dimensions == (Dimension.REGION, Dimension.HALF_YEAR)


def test_periods_have_names(published: Catalog) -> None:
    assert published.name(Window(None, date(2017, 12, 31))).en == "programme to date at 2017-12-31"
    assert published.name(Window(date(2018, 1, 1), date(2018, 6, 30))).en == "2018-01-01 to 2018-06-30"
