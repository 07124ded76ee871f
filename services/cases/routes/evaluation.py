"""Evaluation of finished cases."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.evaluating import Judged
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.evaluation import EvaluationIn, EvaluationsView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.evaluating import Evaluating

router = ServiceRouter(tags=["monitoring"])


@router.get(
    "/cases/{case_id}/evaluations",
    summary="List the evaluations of a case",
    response_model=EvaluationsView,
    responses=problems(NotFound),
)
async def list_evaluations(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_evaluations"), scope="function")],
) -> Response:
    """The evaluation that stands, and those before it; the ETag is the case's."""
    return await _all(request, work, case_id, 200)


@router.post(
    "/cases/{case_id}/evaluations",
    summary="Evaluate a case",
    status_code=201,
    response_model=EvaluationsView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def evaluate_case(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    case_id: UUID,
    evaluation: EvaluationIn,
    work: Annotated[Work, Depends(unit_of_work("evaluate_case"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Once the intervention has ended; a new evaluation supersedes the one before, which stays readable."""
    evaluating: Evaluating = request.app.state.evaluating
    if await once.earlier(work) is None:
        judged = Judged(
            evaluated_on=evaluation.evaluated_on,
            goals=evaluation.goals,
            victims_view=evaluation.victims_view,
            victims_words=evaluation.victims_words,
            feedback=evaluation.feedback,
        )
        await evaluating.evaluate(work, case_id, judged, expected_version(if_match))
        await once.remember(work, 201, case_id)
    return await _all(request, work, case_id, 201)


async def _all(request: Request, work: Work, case_id: UUID, status: int) -> Response:
    evaluating: Evaluating = request.app.state.evaluating
    on, found = await evaluating.of_case(work, case_id)
    view = EvaluationsView.of(on.id, found)
    return disclose(
        work, view, decisions=on.decision, objects=[on.id], status=status, headers=etag(on.case.version)
    )
