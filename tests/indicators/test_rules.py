from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from services.indicators import catalog
from services.indicators.catalog import Catalog
from services.indicators.model import (
    CaseFact,
    Dimension,
    DimensionRefused,
    Exact,
    PeriodRefused,
    PersonFact,
    Table,
    Window,
)
from services.indicators.rules import (
    check_dimensions,
    compare,
    first_counted,
    observe,
    official,
    release_window,
)

CATALOG = catalog.load()
REGION, HALF_YEAR, ROLE = Dimension.REGION, Dimension.HALF_YEAR, Dimension.ROLE
EVER = Window(None, date(2100, 1, 1))


def _examples() -> list[Any]:
    found = []
    for path in sorted((Path(__file__).parent / "examples").glob("*.yaml")):
        content = yaml.safe_load(path.read_text())
        found += [
            pytest.param(content["indicator"], example, id=f"{content['indicator']}: {example['name']}")
            for example in content["examples"]
        ]
    return found


def _case(number: int, given: dict[str, Any]) -> CaseFact:
    words = [[*text.split(), None][:3] for text in given["persons"]]
    return CaseFact(
        stream=UUID(int=number),
        version=1,
        region=given["region"],
        referred_on=date.fromisoformat(given["day"]),
        accepted=given.get("accepted", True),
        happened_at=datetime.fromisoformat("2017-03-05T10:00:00+00:00"),
        persons=tuple(PersonFact(name, role, relation, "female", "25-34") for name, role, relation in words),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _figures(table: Table) -> dict[str, int]:
    lines = (*table.rows, *table.totals)
    found = {"/".join(value for _, value in line.key) or "total": line.figure for line in lines}
    return {key: figure.value for key, figure in found.items() if isinstance(figure, Exact)}


@pytest.mark.parametrize(("indicator", "example"), _examples())
def test_the_examples_come_out(indicator: str, example: dict[str, Any]) -> None:
    facts = [_case(number, given) for number, given in enumerate(example["cases"])]
    window = Window(_day(example.get("from")), _day(example.get("to")) or EVER.last)
    by = tuple(Dimension(name) for name in example["by"])
    observations = observe(CATALOG.definition(indicator), facts)
    assert _figures(official(observations, window, by)) == example["expect"]


def test_a_table_has_a_row_for_each_combination_and_all_totals(a_case: Callable[..., CaseFact]) -> None:
    facts = [a_case("a", region="polva"), a_case("b", region="valga", on=date(2018, 1, 1))]
    observations = observe(CATALOG.definition("people-served"), facts)
    table = official(observations, EVER, (REGION, HALF_YEAR))
    assert _figures(table) == {
        "polva/2017-H1": 1,
        "polva/2017-H2": 0,
        "polva/2018-H1": 0,
        "valga/2017-H1": 0,
        "valga/2017-H2": 0,
        "valga/2018-H1": 1,
        "polva": 1,
        "valga": 1,
        "2017-H1": 1,
        "2017-H2": 0,
        "2018-H1": 1,
        "total": 2,
    }
    assert (len(table.rows), len(table.totals)) == (6, 6)


def test_no_facts_are_a_figure_of_zero() -> None:
    assert _figures(official([], EVER, ())) == {"total": 0}
    assert _figures(official([], EVER, (REGION, HALF_YEAR))) == {"total": 0}


def test_dimensions_come_in_one_order_and_once_and_only_where_there_are_some() -> None:
    people, cases = CATALOG.definition("people-served"), CATALOG.definition("cases")
    assert check_dimensions(people, [ROLE, HALF_YEAR, REGION]) == (REGION, HALF_YEAR, ROLE)
    assert check_dimensions(people, []) == ()
    with pytest.raises(DimensionRefused):
        check_dimensions(cases, [ROLE])
    with pytest.raises(DimensionRefused):
        check_dimensions(people, [REGION, REGION])


def test_in_a_release_everybody_is_where_the_first_case_was(a_case: Callable[..., CaseFact]) -> None:
    victim = PersonFact("same", "victim", None, "female", "25-34")
    facts = [
        a_case("later", region="valga", on=date(2017, 9, 1), persons=(victim,)),
        a_case("first", region="polva", on=date(2017, 3, 1), persons=(victim,)),
    ]
    cells = first_counted(observe(CATALOG.definition("people-served"), facts))
    assert {"/".join(value for _, value in key): count for key, count in cells.items()} == {
        "polva/2017-H1": 1
    }


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, Window(None, date(2018, 6, 30))),
        (None, "2017-12-31", Window(None, date(2017, 12, 31))),
        ("2018-01-01", "2018-06-30", Window(date(2018, 1, 1), date(2018, 6, 30))),
    ],
)
def test_a_release_has_whole_half_years_that_are_over(
    first: str | None, last: str | None, expected: Window
) -> None:
    assert release_window(_day(first), _day(last), date(2018, 9, 15)) == expected


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (None, "2018-06-29"),
        (None, "2018-12-31"),
        (None, "2018-09-15"),
        ("2018-01-02", None),
        ("2018-07-01", None),
    ],
)
def test_a_release_has_no_other_periods(first: str | None, last: str | None) -> None:
    with pytest.raises(PeriodRefused):
        release_window(_day(first), _day(last), date(2018, 9, 15))


def test_a_claim_is_compared_and_changes_nothing(published: Catalog, a_case: Callable[..., CaseFact]) -> None:
    definition = published.definition("cases")
    observations = observe(definition, [a_case("a"), a_case("b", region="valga")])
    before = official(observations, EVER, (REGION,))
    claims = published.claims_within(definition, Window(None, date(2017, 12, 31)))
    compared = {one.claim.id: one for one in compare(claims, observations)}
    wrong = compared["polva-cases-to-2017-12-31"]
    assert (wrong.claim.printed, wrong.recorded, wrong.difference) == (11, 1, 10)
    assert official(observations, EVER, (REGION,)) == before
