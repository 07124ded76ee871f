"""How long a case is kept, and what holds it beyond that."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.model.retention import HoldExists
from services.cases.schemas.retention import HoldIn, Holds, HoldView, LiftIn, RetentionView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.retention import Retaining

router = ServiceRouter(tags=["retention"])


@router.get(
    "/cases/{case_id}/retention",
    summary="Read how long a case is kept",
    response_model=RetentionView,
    responses=problems(NotFound),
)
async def get_retention(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_retention"), scope="function")],
) -> Response:
    """When its term ends and why then: every new entry, a reopening, a transfer or a repeat moves it."""
    retaining: Retaining = request.app.state.retaining
    on, kept = await retaining.of_case(work, case_id)
    return disclose(work, RetentionView.of(kept), decisions=on.decision, objects=[on.id])


@router.get(
    "/cases/{case_id}/holds",
    summary="List what holds a case",
    response_model=Holds,
    responses=problems(NotFound),
)
async def list_holds(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_holds"), scope="function")],
) -> Response:
    """Also what was lifted."""
    retaining: Retaining = request.app.state.retaining
    on, holds = await retaining.holds(work, case_id)
    view = Holds(items=[HoldView.of(each) for each in holds])
    return disclose(work, view, decisions=on.decision, objects=[on.id, *(each.id for each in holds)])


@router.post(
    "/cases/{case_id}/holds",
    summary="Hold a case",
    status_code=201,
    response_model=HoldView,
    responses=problems(NotFound, HoldExists, IdempotencyKeyReused),
)
async def set_hold(
    request: Request,
    case_id: UUID,
    told: HoldIn,
    work: Annotated[Work, Depends(unit_of_work("set_hold"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """From now on the case is not erased, whatever its term says; what was approved waits as well."""
    retaining: Retaining = request.app.state.retaining
    earlier = await once.earlier(work)
    made = (
        UUID(earlier.reference) if earlier else await retaining.hold(work, case_id, told.ground, told.reason)
    )
    if earlier is None:
        await once.remember(work, 201, made)
    return await _shown(retaining, work, made, 201)


@router.get("/holds/{hold_id}", summary="Read a hold", response_model=HoldView, responses=problems(NotFound))
async def get_hold(
    request: Request,
    hold_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_hold"), scope="function")],
) -> Response:
    """Why the case is kept, since when, and when somebody looks again."""
    return await _shown(request.app.state.retaining, work, hold_id, 200)


@router.post(
    "/holds/{hold_id}/lift",
    summary="Lift a hold",
    response_model=HoldView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def lift_hold(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    hold_id: UUID,
    told: LiftIn,
    work: Annotated[Work, Depends(unit_of_work("lift_hold"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The term of the case is again what decides."""
    retaining: Retaining = request.app.state.retaining
    if await once.earlier(work) is None:
        await retaining.lift(work, hold_id, told.reason, expected_version(if_match))
        await once.remember(work, 200, hold_id)
    return await _shown(retaining, work, hold_id, 200)


async def _shown(retaining: "Retaining", work: Work, hold_id: UUID, status: int) -> Response:
    on, hold = await retaining.one(work, hold_id)
    return disclose(
        work,
        HoldView.of(hold),
        decisions=on.decision,
        objects=[on.id, hold.id],
        status=status,
        headers=etag(hold.version),
    )
