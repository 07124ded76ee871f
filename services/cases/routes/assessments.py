"""The risk in a case, assessed anew."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.reassessing import Anew
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.assessments import AssessmentRetractionIn, AssessmentsView, ReassessmentIn
from services.kit.access import permit
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.policy import Permit
from services.kit.problem import (
    NotFound,
    PreconditionRequired,
    StaleVersion,
    UpstreamUnavailable,
    UpstreamWrong,
)
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.reassessing import Reassessing

router = ServiceRouter(tags=["monitoring"])


@router.get(
    "/cases/{case_id}/assessments",
    summary="List the assessments of a case",
    response_model=AssessmentsView,
    responses=problems(NotFound),
)
async def list_assessments(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_assessments"), scope="function")],
) -> Response:
    """That of the referral and those made since, each explained, with what has changed."""
    return await _all(request, work, case_id, 200)


@router.post(
    "/cases/{case_id}/assessments",
    summary="Assess the risk anew",
    status_code=201,
    response_model=AssessmentsView,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused, UpstreamUnavailable, UpstreamWrong),
)
async def record_assessment(
    request: Request,
    case_id: UUID,
    assessment: ReassessmentIn,
    allowed: Annotated[Permit, Depends(permit("record_assessment"))],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """By any published instrument, while the case is worked on or monitored; scored like the referral's."""
    reassessing = _reassessing(request)
    request_id = request.state.request_id
    anew = Anew(assessment.facts(), assessment.judgement_reason)
    await reassessing.record(allowed, request_id, case_id, anew, once)
    async with reassessing.database.work(allowed, request_id) as work:
        return await _all(request, work, case_id, 201)


@router.post(
    "/assessments/{assessment_id}/retract",
    summary="Retract an assessment",
    response_model=AssessmentsView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def retract_assessment(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    assessment_id: UUID,
    retraction: AssessmentRetractionIn,
    work: Annotated[Work, Depends(unit_of_work("retract_assessment"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """It was recorded in error: it stays readable, and counts no longer. A referral's its sender corrects."""
    earlier = await once.earlier(work)
    if earlier is None:
        version = expected_version(if_match)
        case = await _reassessing(request).retract(work, assessment_id, retraction.reason, version)
        await once.remember(work, 200, case)
    else:
        case = UUID(earlier.reference)
    return await _all(request, work, case, 200)


async def _all(request: Request, work: Work, case: UUID, status: int) -> Response:
    on, found = await _reassessing(request).of_case(work, case)
    view = AssessmentsView.of(on.id, found)
    objects = [on.id, *(each.id for each in found)]
    return disclose(work, view, decisions=on.decision, objects=objects, status=status)


def _reassessing(request: Request) -> "Reassessing":
    found: Reassessing = request.app.state.reassessing
    return found
