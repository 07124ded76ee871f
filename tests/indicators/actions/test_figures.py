"""The real input: the programme's table of cases, read from the feed and answered by channel."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.indicators.actions.figures import Answer, Question, answer
from services.indicators.catalog import Catalog
from services.indicators.model import (
    Channel,
    Dimension,
    DimensionRefused,
    Exact,
    FiguresIncomplete,
    PeriodRefused,
    Published,
    Table,
    Withheld,
)
from services.kit.db import Database
from services.kit.policy import Permit

REQUEST = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"
REGION, HALF_YEAR, ROLE, SEX = Dimension.REGION, Dimension.HALF_YEAR, Dimension.ROLE, Dimension.SEX
END_2017, MID_2018 = date(2017, 12, 31), date(2018, 6, 30)
H1_2018 = (date(2018, 1, 1), MID_2018)
OPERATION = {Channel.OFFICIAL: "get_official_values", Channel.RELEASE: "get_values"}
Ask = Callable[..., Any]


@pytest.fixture
def ask(sampled: Database, published: Catalog, permit_of: Callable[..., Permit]) -> Ask:
    async def asked(
        subject: str,
        indicator: str,
        *by: Dimension,
        days: tuple[date | None, date | None] = (None, None),
        channel: Channel = Channel.OFFICIAL,
    ) -> Answer:
        question = Question(published.definition(indicator), channel, *days, by)
        async with sampled.work(permit_of(subject, OPERATION[channel]), REQUEST) as work:
            return await answer(work, question, published)

    return asked


def figures(table: Table) -> dict[str, object]:
    lines = (*table.rows, *table.totals)
    named = {"/".join(value for _, value in line.key) or "total": line.figure for line in lines}
    return {key: figure.value if isinstance(figure, Exact) else figure for key, figure in named.items()}


async def test_people_served_to_the_end_of_2017_are_52(ask: Ask) -> None:
    found = await ask("olga", "people-served", REGION, days=(None, END_2017))
    assert figures(found.table) == {"polva": 41, "rakvere": 11, "total": 52}


async def test_people_served_in_the_first_half_of_2018_are_53_of_whom_16_victims(ask: Ask) -> None:
    found = await ask("olga", "people-served", ROLE, days=H1_2018)
    assert figures(found.table) == {"victims": 16, "family": 37, "total": 53}


async def test_people_served_to_the_middle_of_2018_are_105(ask: Ask) -> None:
    found = await ask("olga", "people-served", REGION, HALF_YEAR, days=(None, MID_2018))
    assert figures(found.table) == {
        "haapsalu/2016-H2": 0,
        "haapsalu/2017-H1": 0,
        "haapsalu/2017-H2": 0,
        "haapsalu/2018-H1": 14,
        "polva/2016-H2": 7,
        "polva/2017-H1": 17,
        "polva/2017-H2": 17,
        "polva/2018-H1": 11,
        "rakvere/2016-H2": 0,
        "rakvere/2017-H1": 0,
        "rakvere/2017-H2": 11,
        "rakvere/2018-H1": 8,
        "viljandi/2016-H2": 0,
        "viljandi/2017-H1": 0,
        "viljandi/2017-H2": 0,
        "viljandi/2018-H1": 20,
        "haapsalu": 14,
        "polva": 52,
        "rakvere": 19,
        "viljandi": 20,
        "2016-H2": 7,
        "2017-H1": 17,
        "2017-H2": 28,
        "2018-H1": 53,
        "total": 105,
    }


async def test_victims_and_family_in_2018_are_as_printed_by_region(ask: Ask) -> None:
    found = figures((await ask("olga", "people-served", REGION, ROLE, days=H1_2018)).table)
    printed = {"polva": (4, 7), "rakvere": (4, 4), "haapsalu": (3, 11), "viljandi": (5, 15)}
    for region, (victims, family) in printed.items():
        assert (found[f"{region}/victims"], found[f"{region}/family"]) == (victims, family)


async def test_the_first_seven_cases_of_polva_have_ten_children_and_seven_partners(ask: Ask) -> None:
    found = await ask("olga", "people-served", Dimension.GROUP, days=(None, date(2017, 6, 30)))
    assert figures(found.table) == {"victims": 7, "children": 10, "partners": 7, "total": 24}


async def test_people_can_be_split_by_sex(ask: Ask) -> None:
    found = figures((await ask("olga", "people-served", ROLE, SEX, days=(None, MID_2018))).table)
    assert found["victims/female"] == 27
    assert found["victims/male"] == 2
    assert found["female"] + found["male"] == found["total"] == 105


async def test_cases_are_29_and_ten_of_polva_to_the_end_of_2017(ask: Ask) -> None:
    found = await ask("olga", "cases", REGION, HALF_YEAR, days=(None, MID_2018))
    told = figures(found.table)
    assert [told[f"polva/{half}"] for half in ("2016-H2", "2017-H1", "2017-H2", "2018-H1")] == [2, 5, 3, 4]
    assert told["total"] == 29
    to_2017 = await ask("olga", "cases", REGION, days=(None, END_2017))
    assert figures(to_2017.table) == {"polva": 10, "rakvere": 3, "total": 13}


async def test_it_shows_that_the_source_counts_eleven_cases_where_ten_are_recorded(ask: Ask) -> None:
    found = await ask("olga", "cases", REGION, days=(None, END_2017))
    compared = {one.claim.id: one for one in found.claims}
    wrong = compared.pop("polva-cases-to-2017-12-31")
    assert (wrong.claim.printed, wrong.recorded, wrong.difference) == (11, 10, 1)
    assert wrong.claim.note is not None
    assert "7 and 3" in wrong.claim.note.en
    assert {one.claim.id: one.difference for one in compared.values()} == {
        "polva-cases-2016-h2": 0,
        "polva-cases-to-2017-06-30": 0,
        "polva-cases-2017-h2": 0,
        "rakvere-cases-2017-h2": 0,
        "haapsalu-cases-2017": 0,
    }


async def test_all_other_claims_about_people_agree_but_the_seven_victims(ask: Ask) -> None:
    found = await ask("olga", "people-served", days=(None, MID_2018))
    differing = {one.claim.id: one.difference for one in found.claims if one.difference}
    assert differing == {"polva-victims-to-2017-12-31": -3}
    assert len(found.claims) == 19


async def test_a_coordinator_has_the_own_region_and_the_claims_about_it(ask: Ask) -> None:
    found = await ask("rein", "people-served", REGION, days=(None, MID_2018))
    assert figures(found.table) == {"rakvere": 19, "total": 19}
    assert {one.claim.only.get(REGION) for one in found.claims} == {"rakvere"}
    assert found.decision.rule_id == "official-region"


async def test_the_release_tells_everybody_the_same_and_no_claims(ask: Ask) -> None:
    by_officer = await ask("olga", "people-served", REGION, HALF_YEAR, channel=Channel.RELEASE)
    by_member = await ask("anu", "people-served", REGION, HALF_YEAR, channel=Channel.RELEASE)
    assert by_officer.table == by_member.table
    told = figures(by_member.table)
    assert told["total"] == Published(105)
    assert told["polva/2016-H2"] == Published(7)
    assert by_member.claims == ()


async def test_the_release_withholds_small_numbers_of_cases_and_what_they_are_part_of(ask: Ask) -> None:
    told = figures((await ask("anu", "cases", REGION, HALF_YEAR, channel=Channel.RELEASE)).table)
    assert {key for key, figure in told.items() if figure == Withheld()} == {
        *(f"polva/{half}" for half in ("2016-H2", "2017-H1", "2017-H2", "2018-H1")),
        *("rakvere/2017-H2", "rakvere/2018-H1", "haapsalu/2018-H1", "viljandi/2018-H1"),
        *("polva", "rakvere", "haapsalu", "viljandi"),
        *("2016-H2", "2017-H1", "2017-H2", "2018-H1", "total"),
    }


async def test_a_release_has_neither_other_periods_nor_other_dimensions(ask: Ask) -> None:
    with pytest.raises(PeriodRefused):
        await ask("anu", "people-served", days=(None, date(2018, 6, 29)), channel=Channel.RELEASE)
    with pytest.raises(DimensionRefused):
        await ask("anu", "people-served", ROLE, channel=Channel.RELEASE)


async def test_without_days_the_official_figure_is_programme_to_date(ask: Ask) -> None:
    found = await ask("olga", "people-served")
    assert (found.window.first, found.window.last) == (None, date(2018, 9, 15))
    assert figures(found.table) == {"total": 105}


async def test_nothing_is_told_before_the_feed_was_read_to_its_end(
    database: Database, published: Catalog, permit_of: Callable[..., Permit]
) -> None:
    question = Question(published.definition("cases"), Channel.OFFICIAL, None, None, ())
    with pytest.raises(FiguresIncomplete):
        async with database.work(permit_of("olga", "get_official_values"), REQUEST) as work:
            await answer(work, question, published)


async def test_what_a_release_withholds_is_data(
    sampled: Database, published: Catalog, permit_of: Callable[..., Permit]
) -> None:
    stricter = replace(published, release=replace(published.release, withheld=range(1, 11)))
    question = Question(published.definition("people-served"), Channel.RELEASE, None, None, (REGION,))
    async with sampled.work(permit_of("anu", "get_values"), REQUEST) as work:
        found = await answer(work, question, stricter)
    assert figures(found.table)["polva"] == Withheld()
    assert figures(found.table)["viljandi"] == Published(20)
