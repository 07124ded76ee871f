"""A person asks what is kept of them: recorded, decided, and told once."""

from datetime import date
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.actions.subject_access import objects_of
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.subject_access import (
    AccessDecisionIn,
    AccessExportView,
    AccessRequestIn,
    AccessRequestPage,
    AccessRequestView,
    RequestState,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.subject_access import SubjectAccess

router = ServiceRouter(tags=["subject access"])
_CHANGED = problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused)
_EXPORTED = problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired)


@router.post(
    "/access-requests",
    summary="Record that a person asks what is kept of them",
    status_code=201,
    response_model=AccessRequestView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def record_access_request(
    request: Request,
    told: AccessRequestIn,
    work: Annotated[Work, Depends(unit_of_work("record_access_request"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Whether anything is kept of the person is not looked at, and not told, until it is decided."""
    access: SubjectAccess = request.app.state.subject_access
    earlier = await once.earlier(work)
    made = (
        UUID(earlier.reference)
        if earlier
        else await access.record(work, told.region, told.personal_code, told.received_on)
    )
    if earlier is None:
        await once.remember(work, 201, made)
    return await _shown(request, work, made, 201)


@router.get("/access-requests", summary="List requests for access", response_model=AccessRequestPage)
async def list_access_requests(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_access_requests"), scope="function")],
    state: Annotated[RequestState | None, Query(description="Those in this state alone.")] = None,
    review_by: Annotated[
        date | None, Query(alias="reviewBy", description="Whose restriction ends by this day.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Response:
    """The newest first."""
    access: SubjectAccess = request.app.state.subject_access
    place = None if cursor is None else Place.parse(cursor)
    page, decisions = await access.page(work, state, review_by, place, limit)
    view = AccessRequestPage.of(page, access.catalog.subject_access.answer_months)
    return disclose(work, view, decisions=decisions, objects=[one.id for one in page.items])


@router.get(
    "/access-requests/{request_id}",
    summary="Read a request for access",
    response_model=AccessRequestView,
    responses=problems(NotFound),
)
async def get_access_request(
    request: Request,
    request_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_access_request"), scope="function")],
) -> Response:
    """What was asked, by when it is answered, and what was decided."""
    return await _shown(request, work, request_id, 200)


@router.post(
    "/access-requests/{request_id}/decision",
    summary="Decide about a request for access",
    response_model=AccessRequestView,
    responses=_CHANGED,
)
async def decide_access_request(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    request_id: UUID,
    told: AccessDecisionIn,
    work: Annotated[Work, Depends(unit_of_work("decide_access_request"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """A restriction can be decided anew; three years after the first one it ends whatever is decided."""
    if await once.earlier(work) is None:
        access: SubjectAccess = request.app.state.subject_access
        await access.decide(work, request_id, told.decision_of(), expected_version(if_match))
        await once.remember(work, 200, request_id)
    return await _shown(request, work, request_id, 200)


@router.post(
    "/access-requests/{request_id}/export",
    summary="Give a person what is kept of them",
    response_model=AccessExportView,
    responses=_EXPORTED,
)
async def export_access_request(
    request: Request,
    request_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("export_access_request"), scope="function")],
    if_match: IfMatch = None,
) -> Response:
    """Once: it is told to the Data Tracker, and another export needs another request."""
    access: SubjectAccess = request.app.state.subject_access
    told, decision = await access.export(work, request_id, expected_version(if_match))
    return disclose(
        work,
        AccessExportView.of(told),
        decisions=decision,
        objects=objects_of(told),
        action="disclose",
        basis="gdpr-15",
    )


async def _shown(request: Request, work: Work, request_id: UUID, status: int) -> Response:
    access: SubjectAccess = request.app.state.subject_access
    one, decision = await access.one(work, request_id)
    return disclose(
        work,
        AccessRequestView.of(one, access.catalog.subject_access.answer_months),
        decisions=decision,
        objects=[one.id],
        status=status,
        headers=etag(one.version),
    )
