"""KKS: measures that keep the threatening person away."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.schemas.removals import (
    ExtensionIn,
    MeasuresView,
    RemovalEndIn,
    RemovalIn,
    RemovalsView,
    RemovalView,
    VictimContactIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.removals import Removals

router = ServiceRouter(tags=["removal of the perpetrator"])
_SAID: dict[str, Any] = {
    "response_model": RemovalView,
    "responses": problems(
        NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
}


@router.get("/removal-measures", summary="List the measures", response_model=MeasuresView)
async def list_removal_measures(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_removal_measures"), scope="function")],
) -> Response:
    """The published measures, with their law and longest term."""
    view = MeasuresView.of(request.app.state.catalog.removals)
    return disclose(work, view, decisions=work.permit.on({}), objects=[])


@router.get(
    "/cases/{case_id}/removals",
    summary="List the measures of a case",
    response_model=RemovalsView,
    responses=problems(NotFound),
)
async def list_removals(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_removals"), scope="function")],
) -> Response:
    """The newest first, with the calls to the victim and the work with the threatening person."""
    removals: Removals = request.app.state.removals
    on, found = await removals.of_case(work, case_id)
    view = RemovalsView.of(on.id, found, work.now)
    objects = [on.id, *(each.removal.id for each in found)]
    return disclose(work, view, decisions=on.decision, objects=objects)


@router.post(
    "/cases/{case_id}/removals",
    summary="Record a measure",
    status_code=201,
    response_model=RemovalView,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused),
)
async def record_removal(
    request: Request,
    case_id: UUID,
    removal: RemovalIn,
    work: Annotated[Work, Depends(unit_of_work("record_removal"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """From now on somebody has to reach the victim at once, and to look again when it ends."""
    removals: Removals = request.app.state.removals
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _shown(request, work, UUID(earlier.reference), 201)
    made = await removals.record(work, case_id, removal.new())
    await once.remember(work, 201, made)
    return await _shown(request, work, made, 201)


@router.get(
    "/removals/{removal_id}",
    summary="Read a measure",
    response_model=RemovalView,
    responses=problems(NotFound),
)
async def get_removal(
    request: Request,
    removal_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_removal"), scope="function")],
) -> Response:
    """A measure, with what the caller may read of it."""
    return await _shown(request, work, removal_id)


@router.post("/removals/{removal_id}/extension", summary="A measure lasts longer", **_SAID)
async def extend_removal(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    removal_id: UUID,
    extension: ExtensionIn,
    work: Annotated[Work, Depends(unit_of_work("extend_removal"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Within the longest term that the law gives it; the victim is told again."""
    removals: Removals = request.app.state.removals
    if await once.earlier(work) is None:
        await removals.extend(work, removal_id, extension.ends_at, expected_version(if_match))
        await once.remember(work, 200, removal_id)
    return await _shown(request, work, removal_id)


@router.post("/removals/{removal_id}/ending", summary="A measure is over", **_SAID)
async def end_removal(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    removal_id: UUID,
    ending: RemovalEndIn,
    work: Annotated[Work, Depends(unit_of_work("end_removal"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """By time, or for another published reason."""
    removals: Removals = request.app.state.removals
    if await once.earlier(work) is None:
        await removals.end(work, removal_id, ending.on, ending.reason, expected_version(if_match))
        await once.remember(work, 200, removal_id)
    return await _shown(request, work, removal_id)


@router.post(
    "/removals/{removal_id}/victim-contacts",
    summary="The victim was called",
    status_code=201,
    response_model=RemovalView,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused),
)
async def record_victim_contact(
    request: Request,
    removal_id: UUID,
    contact: VictimContactIn,
    work: Annotated[Work, Depends(unit_of_work("record_victim_contact"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Or somebody tried to; until she is reached it keeps waiting."""
    removals: Removals = request.app.state.removals
    if await once.earlier(work) is None:
        await removals.contact(work, removal_id, contact.contacted_at, contact.outcome)
        await once.remember(work, 201, removal_id)
    return await _shown(request, work, removal_id, 201)


async def _shown(request: Request, work: Work, removal_id: UUID, status: int = 200) -> Response:
    removals: Removals = request.app.state.removals
    on, found = await removals.one(work, removal_id)
    headers = etag(found.removal.version)
    if status == 201:  # noqa: PLR2004 - made
        headers |= {"Location": f"/api/cases/v1/removals/{removal_id}"}
    view = RemovalView.of(found, work.now)
    objects = [removal_id, on.id, found.removal.person]
    return disclose(work, view, decisions=on.decision, objects=objects, status=status, headers=headers)
