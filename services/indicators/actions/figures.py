"""Answering with figures: facts as far as the permit reaches, counted as defined, told by the channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.indicators import rules, store
from services.indicators.catalog import Catalog
from services.indicators.model import (
    Channel,
    Claim,
    Comparison,
    Definition,
    Dimension,
    FiguresIncomplete,
    Observation,
    Reading,
    Table,
    Unit,
    Window,
)
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import NotFound


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for: without days, programme to date."""

    definition: Definition
    channel: Channel
    first: date | None
    last: date | None
    by: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures with everything that they depend on."""

    question: Question
    window: Window
    reading: Reading
    table: Table
    claims: tuple[Comparison, ...]
    decision: Decision


async def answer(work: Work, question: Question, catalog: Catalog) -> Answer:
    """The figures.

    Raises PeriodRefused, DimensionRefused, and FiguresIncomplete before the feed was read to its end once.
    """
    decision = _decide(work)
    by = rules.check_dimensions(question.definition, question.by)
    window = _window(question, local_date(work.now))
    reading = await store.reading(work)
    if reading is None or not reading.complete:
        raise FiguresIncomplete(headers={"Retry-After": "2"})
    observations = await _observations(work, question.definition, window)
    if question.channel is Channel.RELEASE:
        table = rules.release(observations, window, by, catalog.release)
        return Answer(question, window, reading, table, (), decision)
    table = rules.official(observations, window, by)
    claims = _compared(work, question.definition, window, observations, catalog)
    return Answer(question, window, reading, table, claims, decision)


async def _observations(work: Work, definition: Definition, window: Window) -> Sequence[Observation]:
    if definition.counts in {Unit.TRANSFERS_OUT, Unit.TRANSFERS_IN}:
        moved = await store.transfers(work, window.last, definition.counts)
        return rules.observe_transfers(definition, moved)
    people = definition.counts is Unit.PERSONS
    return rules.observe(definition, await store.facts(work, window.last, with_people=people))


def _window(question: Question, day: date) -> Window:
    if question.channel is Channel.RELEASE:
        return rules.release_window(question.first, question.last, day)
    return Window(question.first, question.last or day)


def _compared(
    work: Work, definition: Definition, window: Window, observations: Sequence[Observation], catalog: Catalog
) -> tuple[Comparison, ...]:
    """Claims about places whose figures the caller may see: a claim about the country needs the country."""
    seen = [claim for claim in catalog.claims_within(definition, window) if _is_seen(work, claim)]
    return rules.compare(seen, observations)


def _is_seen(work: Work, claim: Claim) -> bool:
    try:
        work.permit.on({"region": claim.only.get(Dimension.REGION)})
    except NotFound:
        return False
    return True


def _decide(work: Work) -> Decision:
    """By which rule the table is shown: that of the country, else that of the caller's own regions."""
    try:
        return work.permit.on({"region": None})
    except NotFound:
        regions = sorted({grant.match["region"] for grant in work.permit.grants if "region" in grant.match})
        return work.permit.on({"region": regions[0]})
