"""Scores and instruments. Nothing here is about anybody: no audit, nothing is stored."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query, Request

from services.kit.access import permit
from services.kit.fields import Day
from services.kit.openapi import problems
from services.kit.web import ServiceRouter
from services.riskscore.catalog import Catalog
from services.riskscore.model import InstrumentNotFound, InstrumentUnknown, ItemUnknown
from services.riskscore.schemas.common import Code, Version
from services.riskscore.schemas.instruments import InstrumentLine, InstrumentOut, Instruments
from services.riskscore.schemas.scores import ScoreIn, ScoreOut, ScoresIn, ScoresOut

router = ServiceRouter()


async def _catalog(request: Request) -> Catalog:
    found: Catalog = request.app.state.catalog
    return found


Published = Annotated[Catalog, Depends(_catalog)]


@router.post(
    "/scores",
    dependencies=[Depends(permit("create_score"))],
    summary="Score coded answers",
    responses=problems(InstrumentUnknown, ItemUnknown),
)
async def create_score(body: ScoreIn, catalog: Published) -> ScoreOut:
    """The same instrument, engine and answers give the same score for ever."""
    return _scored(body, catalog)


@router.post(
    "/scores/batch",
    dependencies=[Depends(permit("create_scores"))],
    summary="Score several sets of coded answers",
    responses=problems(InstrumentUnknown, ItemUnknown),
)
async def create_scores(body: ScoresIn, catalog: Published) -> ScoresOut:
    """All of them, or none: one that cannot be scored is named by its pointer."""
    scores = []
    for number, one in enumerate(body.items):
        try:
            scores.append(_scored(one, catalog))
        except (InstrumentUnknown, ItemUnknown) as problem:
            problem.errors = tuple(
                replace(error, pointer=f"/items/{number}{error.pointer}") for error in problem.errors
            )
            raise
    return ScoresOut(items=scores)


def _scored(asked: ScoreIn, catalog: Catalog) -> ScoreOut:
    scorer = catalog.find(asked.instrument, asked.version, asked.on_date)
    return ScoreOut.of(scorer.score(asked.circumstances()))


@router.get(
    "/instruments",
    dependencies=[Depends(permit("list_instruments"))],
    summary="All versions of all instruments",
)
async def list_instruments(catalog: Published) -> Instruments:
    """With their days of use."""
    return Instruments(items=[InstrumentLine.of(instrument) for instrument in catalog.instruments])


@router.get(
    "/instruments/{instrument}",
    dependencies=[Depends(permit("get_instrument"))],
    summary="An instrument with its texts, licence and standing",
    responses=problems(InstrumentNotFound),
)
async def get_instrument(
    instrument: Code,
    catalog: Published,
    version: Annotated[Version | None, Query(description="That version.")] = None,
    on_date: Annotated[
        Day | None, Query(alias="onDate", description="The version in use on a day; else the newest.")
    ] = None,
) -> InstrumentOut:
    """The questions, what answers are worth, bands, grounds, and what a score does not say."""
    try:
        found = catalog.find(instrument, version, on_date)
    except InstrumentUnknown:
        raise InstrumentNotFound from None
    return InstrumentOut.of(found.instrument)
