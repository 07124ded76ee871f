"""Definitions and figures. Official figures ask for a right of their own."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.indicators.actions import figures
from services.indicators.actions.figures import Answer, Question
from services.indicators.catalog import Catalog
from services.indicators.model import (
    Channel,
    Dimension,
    DimensionRefused,
    FiguresIncomplete,
    IndicatorUnknown,
    PeriodRefused,
)
from services.indicators.schemas import (
    AsOf,
    ClaimOut,
    IndicatorOut,
    Indicators,
    LineOut,
    PeriodOut,
    TextOut,
    ValuesOut,
    as_csv,
)
from services.kit.access import permit
from services.kit.db import Database, Work, unit_of_work
from services.kit.disclose import disclose, disclose_document
from services.kit.fields import Day
from services.kit.openapi import problems
from services.kit.policy import Permit
from services.kit.problem import choose_language
from services.kit.web import ServiceRouter

router = ServiceRouter(tags=["indicators"])

CSV = "text/csv"
Code = Annotated[str, Path(pattern=r"^[a-z][a-z-]{0,40}$", examples=["people-served"])]
Places = Annotated[str, Query(max_length=60, description="Dimensions, joined by commas; none: one figure.")]


async def _catalog(request: Request) -> Catalog:
    found: Catalog = request.app.state.catalog
    return found


Published = Annotated[Catalog, Depends(_catalog)]


async def _channel(
    channel: Annotated[Channel, Query(description="Exact, by right; or what everybody may know.")] = (
        Channel.RELEASE
    ),
) -> Channel:
    return channel


Told = Annotated[Channel, Depends(_channel)]


async def _work(
    request: Request, allowed: Annotated[Permit, Depends(permit("get_values"))], channel: Told
) -> AsyncIterator[Work]:
    """The transaction of the channel: row-level security lets through what its own right reaches."""
    if channel is Channel.OFFICIAL:
        allowed = await permit("get_official_values")(request)
    database: Database = request.app.state.database
    async with database.work(allowed, request.state.request_id) as work:
        yield work


@router.get("/indicators", summary="All indicators with their definitions", response_model=Indicators)
async def list_indicators(
    work: Annotated[Work, Depends(unit_of_work("list_indicators"), scope="function")], catalog: Published
) -> Response:
    """Each with its version and what it can be split by."""
    found = [IndicatorOut.of(one, catalog.release) for one in catalog.definitions.values()]
    decision = work.permit.on({"region": None})
    return disclose(work, Indicators(items=found), decisions=decision, objects=["indicators"])


@router.get(
    "/indicators/{indicator}/values",
    summary="Figures of an indicator",
    response_model=ValuesOut,
    responses={
        200: {"content": {CSV: {"schema": {"type": "string"}}}},
        **problems(IndicatorUnknown, PeriodRefused, DimensionRefused, FiguresIncomplete),
    },
)
async def get_values(  # noqa: PLR0913, PLR0917 - the words of one question
    request: Request,
    work: Annotated[Work, Depends(_work, scope="function")],
    catalog: Published,
    indicator: Code,
    channel: Told,
    first: Annotated[
        Day | None, Query(alias="from", description="First day; none: programme to date.")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day, included; none: until now.")] = None,
    by: Places = "",
    format: Annotated[Literal["json", "csv"] | None, Query(description="Else by Accept.")] = None,  # noqa: A002
) -> Response:
    """Official figures are exact and not for publication; a release withholds small ones."""
    question = Question(catalog.definition(indicator), channel, first, last, _dimensions(by))
    found = await figures.answer(work, question, catalog)
    values = _values(found, catalog)
    headers = {
        "Content-Disposition": f'inline; filename="{_name(values)}"',
        "Vary": "Accept, Accept-Language",
    }
    if format == "csv" or (format is None and CSV in request.headers.get("accept", "")):
        content = as_csv(values, choose_language(request.headers.get("accept-language")))
        return disclose_document(
            work,
            content,
            f"{CSV}; charset=utf-8",
            fields=["basic", "statistics"],
            decisions=found.decision,
            objects=[indicator],
            headers=headers,
        )
    return disclose(work, values, decisions=found.decision, objects=[indicator], headers=headers)


def _dimensions(by: str) -> tuple[Dimension, ...]:
    try:
        return tuple(Dimension(name) for name in by.split(",")) if by else ()
    except ValueError:
        raise DimensionRefused("one of: " + ", ".join(Dimension)) from None


def _name(values: ValuesOut) -> str:
    return f"{values.indicator}-{values.channel.value}-{values.period.last}.csv"


def _values(answer: Answer, catalog: Catalog) -> ValuesOut:
    question, definition, reading = answer.question, answer.question.definition, answer.reading
    is_release = question.channel is Channel.RELEASE
    return ValuesOut(
        indicator=definition.id,
        version=definition.version,
        content_hash=definition.content_hash,
        status=definition.status,
        title=TextOut.of(definition.titles),
        counting=TextOut.of(definition.counting[question.channel]),
        channel=question.channel,
        marking="for-publication" if is_release else "not-for-publication",
        release_rule=catalog.release.version if is_release else None,
        period=PeriodOut.of(answer.window, catalog.name(answer.window)),
        by=list(answer.table.by),
        as_of=AsOf(cursor=reading.cursor, read_at=reading.read_at),
        rows=[LineOut.of(line) for line in answer.table.rows],
        totals=[LineOut.of(line) for line in answer.table.totals],
        claims=[ClaimOut.of(one) for one in answer.claims],
    )
