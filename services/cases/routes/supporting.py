"""Who stands by the victim of a case."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.supporting import Ended
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.support import AssignmentEndIn, AssignmentIn, AssignmentsView, CandidatesView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.supporting import Supporting

router = ServiceRouter(tags=["support persons"])


@router.get(
    "/cases/{case_id}/support-candidates",
    summary="List who could stand by the victim",
    response_model=CandidatesView,
    responses=problems(NotFound),
)
async def list_support_candidates(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_support_candidates"), scope="function")],
) -> Response:
    """Trained, under contract, with a free place and without a conflict; who speaks her language first."""
    supporting: Supporting = request.app.state.supporting
    on, found = await supporting.candidates(work, case_id)
    objects = [on.id, *(one.person.id for one in found)]
    return disclose(work, CandidatesView.of(on.id, found), decisions=on.decision, objects=objects)


@router.get(
    "/cases/{case_id}/support-assignments",
    summary="List who stands by the victim",
    response_model=AssignmentsView,
    responses=problems(NotFound),
)
async def list_support_assignments(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_support_assignments"), scope="function")],
) -> Response:
    """Now and before, the newest first."""
    return await _all(request, work, case_id, 200)


@router.post(
    "/cases/{case_id}/support-assignments",
    summary="Assign a support person",
    status_code=201,
    response_model=AssignmentsView,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused),
)
async def assign_support_person(
    request: Request,
    case_id: UUID,
    assignment: AssignmentIn,
    work: Annotated[Work, Depends(unit_of_work("assign_support_person"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """One at a time stands by a victim; nobody without training, contract or place, or in conflict."""
    supporting: Supporting = request.app.state.supporting
    if await once.earlier(work) is None:
        await supporting.assign(work, case_id, assignment.support_person, assignment.started_on)
        await once.remember(work, 201, case_id)
    return await _all(request, work, case_id, 201)


@router.post(
    "/support-assignments/{assignment_id}/ending",
    summary="End or hand over an assignment",
    response_model=AssignmentsView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def end_support(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    assignment_id: UUID,
    ending: AssignmentEndIn,
    work: Annotated[Work, Depends(unit_of_work("end_support"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """For a published reason; in a hand-over the next one goes on from the same day, in one step."""
    supporting: Supporting = request.app.state.supporting
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _all(request, work, UUID(earlier.reference), 200)
    ended = Ended(ending.ended_on, ending.reason, ending.hand_over_to)
    case = await supporting.end(work, assignment_id, ended, expected_version(if_match))
    await once.remember(work, 200, case)
    return await _all(request, work, case, 200)


async def _all(request: Request, work: Work, case: UUID, status: int) -> Response:
    supporting: Supporting = request.app.state.supporting
    on, found = await supporting.of_case(work, case)
    objects = [on.id, *dict.fromkeys(one.support_person for one in found)]
    view = AssignmentsView.of(on.id, found)
    return disclose(work, view, decisions=on.decision, objects=objects, status=status)
