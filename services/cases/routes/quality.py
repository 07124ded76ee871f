"""Observation of meetings, and what is recommended to networks."""

from datetime import date
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from services.cases.actions.quality import Answered
from services.cases.model.problems import TransitionRefused
from services.cases.model.quality import Advised
from services.cases.schemas.quality import (
    ObservationIn,
    ObservationPage,
    ObservationView,
    QualityFigures,
    RecommendationAnswerIn,
    RecommendationPage,
    RecommendationView,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.fields import Day
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.quality import Quality

router = ServiceRouter(tags=["networks"])

Code = Annotated[str, Path(max_length=41, description="Code of the region.", examples=["polva"])]
Key = Annotated[Once, Depends(idempotency_key)]


@router.post(
    "/regions/{code}/observations",
    summary="Record the observation of a meeting",
    status_code=201,
    response_model=ObservationView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def record_observation(
    request: Request,
    code: Code,
    observation: ObservationIn,
    work: Annotated[Work, Depends(unit_of_work("record_observation"), scope="function")],
    once: Key,
) -> Response:
    """How a network met, against the ten principles; whoever observes has no right to a case."""
    earlier = await once.earlier(work)
    if earlier is None:
        made = await _quality(request).observe(work, code, observation.as_observed())
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    return await _observation(request, work, made, 201)


@router.get(
    "/regions/{code}/observations",
    summary="List the observations of a network",
    response_model=ObservationPage,
    responses=problems(NotFound),
)
async def list_observations(
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("list_observations"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Meetings that were observed, the latest first."""
    place = None if cursor is None else Place.parse(cursor)
    decision, page = await _quality(request).page(work, code, place, limit)
    objects: list[str | UUID] = [one.id for one in page.items]
    decisions = [decision] * len(page.items)
    return disclose(work, ObservationPage.of(page), decisions=decisions, objects=objects)


@router.get(
    "/observations/{observation_id}",
    summary="Read the observation of a meeting",
    response_model=ObservationView,
    responses=problems(NotFound),
)
async def get_observation(
    request: Request,
    observation_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_observation"), scope="function")],
) -> Response:
    """What was seen of each principle, and what was recommended."""
    return await _observation(request, work, observation_id, 200)


@router.get(
    "/regions/{code}/recommendations",
    summary="List what a network was recommended",
    response_model=RecommendationPage,
    responses=problems(NotFound),
)
async def list_recommendations(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    code: Code,
    work: Annotated[Work, Depends(unit_of_work("list_recommendations"), scope="function")],
    state: Annotated[Advised | None, Query(description="Only in this state.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Recommendations to a region, what is due first first."""
    place = None if cursor is None else Place.parse(cursor)
    decision, page = await _quality(request).recommended(work, code, state, place, limit)
    objects: list[str | UUID] = [one.id for one in page.items]
    decisions = [decision] * len(page.items)
    return disclose(work, RecommendationPage.of(page), decisions=decisions, objects=objects)


@router.get(
    "/recommendations/{recommendation_id}",
    summary="Read a recommendation",
    response_model=RecommendationView,
    responses=problems(NotFound),
)
async def get_recommendation(
    request: Request,
    recommendation_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_recommendation"), scope="function")],
) -> Response:
    """One recommendation, and what the region has answered."""
    return await _recommendation(request, work, recommendation_id)


@router.post(
    "/recommendations/{recommendation_id}/answer",
    summary="Answer a recommendation",
    response_model=RecommendationView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def answer_recommendation(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    recommendation_id: UUID,
    answer: RecommendationAnswerIn,
    work: Annotated[Work, Depends(unit_of_work("answer_recommendation"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """The network has done it, or declines for a reason; then nothing waits any more."""
    if await once.earlier(work) is None:
        told = Answered(Advised(answer.state), answer.reason, answer.outcome)
        await _quality(request).answer(work, recommendation_id, told, expected_version(if_match))
        await once.remember(work, 200, recommendation_id)
    return await _recommendation(request, work, recommendation_id)


@router.get("/observation-figures", summary="Count what was observed", response_model=QualityFigures)
async def get_observation_figures(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("get_observation_figures"), scope="function")],
    first: Annotated[Day, Query(alias="from", description="The first day, of meetings.")] = date(2016, 7, 1),
    last: Annotated[Day, Query(alias="to", description="The last day.")] = date(2199, 12, 31),
) -> Response:
    """By region and principle: how often it was rated and how, and what became of what was recommended."""
    shown = await _quality(request).figures(work, first, last)
    view = QualityFigures.of(first, last, shown.what)
    objects = sorted({one.region for one in shown.what})
    return disclose(work, view, decisions=shown.decisions, objects=objects)


async def _observation(request: Request, work: Work, observation: UUID, status: int) -> Response:
    found, decision = await _quality(request).one(work, observation)
    objects = [found.id, *(one.id for one in found.recommendations)]
    return disclose(work, ObservationView.of(found), decisions=decision, objects=objects, status=status)


async def _recommendation(request: Request, work: Work, row: UUID) -> Response:
    found, decision = await _quality(request).recommendation(work, row)
    view = RecommendationView.of(found)
    return disclose(work, view, decisions=decision, objects=[found.id], headers=etag(found.version))


def _quality(request: Request) -> "Quality":
    found: Quality = request.app.state.quality
    return found
