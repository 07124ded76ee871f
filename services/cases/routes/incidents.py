"""Incidents in a case, for agencies and coordinators."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.incidents import Told
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.incidents import IncidentIn, IncidentPage, IncidentView, RetractionIn
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.incidents import Incidents

router = ServiceRouter(tags=["monitoring"])


@router.get(
    "/cases/{case_id}/incidents",
    summary="List the incidents of a case",
    response_model=IncidentPage,
    responses=problems(NotFound),
)
async def list_incidents(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_incidents"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """What was done to the victim since the case is here, the newest first."""
    incidents: Incidents = request.app.state.incidents
    place = None if cursor is None else Place.parse(cursor)
    on, page = await incidents.of_case(work, case_id, place, limit)
    return disclose(work, IncidentPage.of(page), decisions=on.decision, objects=[on.id])


@router.post(
    "/cases/{case_id}/incidents",
    summary="Record an incident",
    status_code=201,
    response_model=IncidentView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def record_incident(
    request: Request,
    case_id: UUID,
    incident: IncidentIn,
    work: Annotated[Work, Depends(unit_of_work("record_incident"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Any abuse counts, a crime or not, whoever tells of it; also while the case is monitored or ended."""
    incidents: Incidents = request.app.state.incidents
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _one(request, work, UUID(earlier.reference), 201)
    told = Told(incident.kind, incident.occurred_at, incident.description)
    made = await incidents.record(work, case_id, told)
    await once.remember(work, 201, made)
    return await _one(request, work, made, 201)


@router.post(
    "/incidents/{incident_id}/retraction",
    summary="Retract an incident",
    response_model=IncidentView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def retract_incident(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    incident_id: UUID,
    retraction: RetractionIn,
    work: Annotated[Work, Depends(unit_of_work("retract_incident"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """It was recorded in error: it stays readable, and no longer counts."""
    incidents: Incidents = request.app.state.incidents
    if await once.earlier(work) is None:
        await incidents.retract(work, incident_id, retraction.reason, expected_version(if_match))
        await once.remember(work, 200, incident_id)
    return await _one(request, work, incident_id, 200)


async def _one(request: Request, work: Work, incident_id: UUID, status: int) -> Response:
    incidents: Incidents = request.app.state.incidents
    on, found = await incidents.one(work, incident_id)
    return disclose(
        work,
        IncidentView.of(found),
        decisions=on.decision,
        objects=[found.id, on.id],
        status=status,
        headers=etag(found.version),
    )
