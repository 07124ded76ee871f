"""Closing a case, watching it for a year, opening it again, ending it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.monitoring import Why
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.monitoring import (
    ClosingIn,
    EndingIn,
    HoldingIn,
    MonitoringView,
    ReopeningIn,
    SkippingIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.monitoring import Monitoring

router = ServiceRouter(tags=["monitoring"])
_WRITING = problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused)


@router.get(
    "/cases/{case_id}/monitoring",
    summary="Read the monitoring of a case",
    response_model=MonitoringView,
    responses=problems(NotFound),
)
async def get_monitoring(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_monitoring"), scope="function")],
) -> Response:
    """The years of monitoring and their checkpoints; the ETag is the case's."""
    return await _whole(request, work, case_id)


@router.post(
    "/cases/{case_id}/closing", summary="Close a case", response_model=MonitoringView, responses=_WRITING
)
async def close_case(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    case_id: UUID,
    closing: ClosingIn,
    work: Annotated[Work, Depends(unit_of_work("close_case"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The intervention has ended; the case is monitored for a year, with checkpoints by published clocks."""
    monitoring: Monitoring = request.app.state.monitoring
    if await once.earlier(work) is None:
        why = Why(closing.reason, closing.note)
        await monitoring.close(work, case_id, closing.closed_on, why, expected_version(if_match))
        await once.remember(work, 200, case_id)
    return await _whole(request, work, case_id)


@router.post(
    "/cases/{case_id}/reopening",
    summary="Open a case again",
    response_model=MonitoringView,
    responses=_WRITING,
)
async def reopen_case(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    case_id: UUID,
    reopening: ReopeningIn,
    work: Annotated[Work, Depends(unit_of_work("reopen_case"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Work on a closed or ended case goes on; checkpoints that are still due fall away."""
    monitoring: Monitoring = request.app.state.monitoring
    if await once.earlier(work) is None:
        why = Why(reopening.reason, reopening.note)
        await monitoring.reopen(work, case_id, why, expected_version(if_match))
        await once.remember(work, 200, case_id)
    return await _whole(request, work, case_id)


@router.post(
    "/cases/{case_id}/ending",
    summary="End the monitoring of a case",
    response_model=MonitoringView,
    responses=_WRITING,
)
async def end_monitoring(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    case_id: UUID,
    ending: EndingIn,
    work: Annotated[Work, Depends(unit_of_work("end_monitoring"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The year is over and each checkpoint was held or skipped; or it ends early, for a published reason."""
    monitoring: Monitoring = request.app.state.monitoring
    if await once.earlier(work) is None:
        why = Why(ending.reason, ending.note)
        await monitoring.end(work, case_id, why, expected_version(if_match))
        await once.remember(work, 200, case_id)
    return await _whole(request, work, case_id)


@router.post(
    "/checkpoints/{checkpoint_id}/holding",
    summary="Say what a checkpoint found",
    response_model=MonitoringView,
    responses=_WRITING,
)
async def hold_checkpoint(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    checkpoint_id: UUID,
    holding: HoldingIn,
    work: Annotated[Work, Depends(unit_of_work("hold_checkpoint"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """How the victim is; the ETag is the checkpoint's version. New violence is recorded as an incident."""
    monitoring: Monitoring = request.app.state.monitoring
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _whole(request, work, UUID(earlier.reference))
    case = await monitoring.hold(work, checkpoint_id, holding.finding(), expected_version(if_match))
    await once.remember(work, 200, case)
    return await _whole(request, work, case)


@router.post(
    "/checkpoints/{checkpoint_id}/skipping",
    summary="Say why a checkpoint is not held",
    response_model=MonitoringView,
    responses=_WRITING,
)
async def skip_checkpoint(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    checkpoint_id: UUID,
    skipping: SkippingIn,
    work: Annotated[Work, Depends(unit_of_work("skip_checkpoint"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """A checkpoint without a finding needs a published reason."""
    monitoring: Monitoring = request.app.state.monitoring
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _whole(request, work, UUID(earlier.reference))
    why = Why(skipping.reason, skipping.note)
    case = await monitoring.skip(work, checkpoint_id, why, expected_version(if_match))
    await once.remember(work, 200, case)
    return await _whole(request, work, case)


async def _whole(request: Request, work: Work, case: UUID) -> Response:
    """The monitoring as it stands now, within the transaction that wrote it."""
    monitoring: Monitoring = request.app.state.monitoring
    seen = await monitoring.seen(work, case)
    found = seen.on.case
    view = MonitoringView.of(found.id, found.state, found.version, seen)
    return disclose(work, view, decisions=seen.on.decision, objects=[found.id], headers=etag(found.version))
