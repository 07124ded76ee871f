from datetime import date

import pytest

from services.indicators.catalog import Catalog
from services.indicators.model import (
    Channel,
    Definition,
    Dimension,
    Group,
    PeriodRefused,
    PersonFact,
    Published,
    ReleaseRule,
    Text,
    Unit,
    Window,
)

TEXT = Text("et", "ru", "en")


@pytest.mark.parametrize("value", [-1, 1, 2, 3, 4])
def test_a_small_figure_cannot_be_published(value: int) -> None:
    with pytest.raises(ValueError, match="small"):
        Published(value)


@pytest.mark.parametrize("value", [0, 5, 6, 7, 1000])
def test_other_figures_can(value: int) -> None:
    assert Published(value).value == value


@pytest.mark.parametrize(
    ("small", "withheld"),
    [
        (range(1, 5), range(1, 5)),
        (range(1, 5), range(1, 6)),
        (range(1, 4), range(1, 9)),
        (range(1, 7), range(1, 7)),
        (range(1, 5), range(2, 9)),
    ],
)
def test_a_rule_that_tells_too_much_is_refused(small: range, withheld: range) -> None:
    with pytest.raises(ValueError, match=r"small|withheld"):
        ReleaseRule("2026-11-21", small, withheld, (Dimension.REGION,))


def test_a_window_includes_both_ends_and_does_not_end_before_it_begins() -> None:
    window = Window(date(2017, 1, 1), date(2017, 12, 31))
    days = (date(2016, 12, 31), date(2017, 1, 1), date(2017, 12, 31), date(2018, 1, 1))
    assert [window.holds(day) for day in days] == [False, True, True, False]
    with pytest.raises(PeriodRefused):
        Window(date(2017, 1, 2), date(2017, 1, 1))


def test_a_window_contains_what_lies_within() -> None:
    to_date, year = Window(None, date(2017, 12, 31)), Window(date(2017, 1, 1), date(2017, 12, 31))
    assert to_date.contains(year)
    assert not year.contains(to_date)
    assert not to_date.contains(Window(None, date(2018, 1, 1)))


def test_the_first_group_that_fits_takes_the_person(published: Catalog) -> None:
    definition = published.definition("people-served")
    groups = {
        (role, relation): definition.group_of(PersonFact("p", role, relation, "male", "35-49"))
        for role, relation in [
            ("victim", None),
            ("child", "other-relative"),
            ("threatening-person", "former-partner"),
            ("other", "partner"),
            ("threatening-person", "sibling"),
            ("other", "parent"),
        ]
    }
    assert [group and group.id for group in groups.values()] == [
        "victims",
        "children",
        "partners",
        "partners",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("counts", "groups", "dimensions"),
    [
        (Unit.PERSONS, (), (Dimension.REGION,)),
        (Unit.CASES, (Group("victims", "victims", frozenset({"victim"}), None),), (Dimension.REGION,)),
        (Unit.CASES, (), (Dimension.REGION, Dimension.SEX)),
    ],
)
def test_a_definition_counts_people_by_groups_and_cases_by_place_and_time(
    counts: Unit, groups: tuple[Group, ...], dimensions: tuple[Dimension, ...]
) -> None:
    with pytest.raises(ValueError, match=r"counted|case"):
        Definition(
            id="x",
            version="1",
            status="draft",
            content_hash="sha256:",
            titles=TEXT,
            texts=TEXT,
            source="x",
            counts=counts,
            groups=groups,
            dimensions=dimensions,
            counting={Channel.OFFICIAL: TEXT, Channel.RELEASE: TEXT},
        )
