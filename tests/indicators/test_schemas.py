import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.indicators.catalog import Catalog
from services.indicators.model import (
    Channel,
    Comparison,
    Dimension,
    Exact,
    Line,
    Published,
    Window,
    Withheld,
)
from services.indicators.schemas import (
    COLUMNS,
    AsOf,
    ClaimOut,
    IndicatorOut,
    LineOut,
    PeriodOut,
    TextOut,
    ValuesOut,
    as_csv,
)

KEY = ((Dimension.REGION, "polva"), (Dimension.HALF_YEAR, "2017-H1"))


@pytest.mark.parametrize(
    ("figure", "value"), [(Exact(3), 3), (Published(0), 0), (Published(7), 7), (Withheld(), None)]
)
def test_a_withheld_figure_has_no_value(figure: Exact | Published | Withheld, value: int | None) -> None:
    told = LineOut.of(Line(KEY, figure)).model_dump(by_alias=True)
    assert told == {
        "region": "polva",
        "halfYear": "2017-H1",
        "role": None,
        "group": None,
        "sex": None,
        "value": value,
        "withheld": value is None,
    }


def test_a_definition_says_what_each_channel_can_be_split_by(published: Catalog) -> None:
    told = IndicatorOut.of(published.definition("people-served"), published.release)
    assert told.official_dimensions == list(Dimension)
    assert told.release_dimensions == [Dimension.REGION, Dimension.HALF_YEAR]
    assert [group.id for group in told.groups] == ["victims", "children", "partners"]


@pytest.fixture
def values(published: Catalog) -> Callable[[str], ValuesOut]:
    definition = published.definition("cases")
    window = Window(None, date(2017, 12, 31))
    claim = next(one for one in published.claims if one.id == "polva-cases-to-2017-12-31")

    def make(note: str) -> ValuesOut:
        assert claim.note is not None
        told = replace(claim, note=replace(claim.note, ru=note))
        return ValuesOut(
            indicator=definition.id,
            version=definition.version,
            content_hash=definition.content_hash,
            status=definition.status,
            title=TextOut.of(definition.titles),
            counting=TextOut.of(definition.counting[Channel.OFFICIAL]),
            channel=Channel.OFFICIAL,
            marking="not-for-publication",
            release_rule=None,
            period=PeriodOut.of(window, published.name(window)),
            by=[Dimension.REGION],
            as_of=AsOf(cursor="0123456789ab.86", read_at=datetime(2018, 9, 15, tzinfo=UTC)),
            rows=[LineOut.of(Line(KEY[:1], Exact(10)))],
            totals=[LineOut.of(Line((), Withheld()))],
            claims=[ClaimOut.of(Comparison(told, 10))],
        )

    return make


def test_csv_has_a_line_for_each_figure_total_and_claim(values: Callable[[str], ValuesOut]) -> None:
    content = as_csv(values('пишет "11",\nа не 10'), "ru").decode()
    assert content.endswith("\r\n")
    row, total, claim = list(csv.DictReader(io.StringIO(content, newline="")))
    assert tuple(row) == COLUMNS
    assert (row["kind"], row["region"], row["value"], row["withheld"]) == ("row", "polva", "10", "false")
    assert (row["from"], row["to"], row["asOf"]) == ("", "2017-12-31", "0123456789ab.86")
    assert (total["kind"], total["region"], total["value"], total["withheld"]) == ("total", "", "", "true")
    assert [claim[name] for name in ("kind", "claim", "printed", "value", "difference", "region")] == [
        "claim",
        "polva-cases-to-2017-12-31",
        "11",
        "10",
        "1",
        "polva",
    ]
    assert claim["note"] == 'пишет "11",\nа не 10'
    assert {one["marking"] for one in (row, total, claim)} == {"not-for-publication"}
