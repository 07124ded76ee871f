"""Shares of data between agencies, and the agencies that take part in a case."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from services.cases.model.problems import BasisMissing, OffersStopped, TransitionRefused
from services.cases.model.shares import ShareState
from services.cases.schemas.shares import AgencyIn, EndIn, ShareIn, SharePage, ShareView, TakingPartView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.shares import Sharing

router = ServiceRouter(tags=["shares of data"])


@router.get(
    "/cases/{case_id}/shares",
    summary="List the receipts of shares",
    response_model=SharePage,
    responses=problems(NotFound),
)
async def list_shares(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_shares"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    state: Annotated[ShareState | None, Query(description="Only in this state.")] = None,
) -> Response:
    """The last first; an agency sees what it shared and received, the coordinator and the chair see all."""
    sharing: Sharing = request.app.state.sharing
    place = None if cursor is None else Place.parse(cursor)
    on, page, decisions = await sharing.listed(work, case_id, state, place, limit)
    shown = [on.id, *(each.share.id for each in page.items)]
    return disclose(work, SharePage.of(page), decisions=decisions or on.decision, objects=shown)


@router.post(
    "/cases/{case_id}/shares",
    summary="Share data of a case",
    status_code=201,
    response_model=ShareView,
    responses=problems(NotFound, BasisMissing, OffersStopped, IdempotencyKeyReused),
)
async def share_data(
    request: Request,
    case_id: UUID,
    body: ShareIn,
    work: Annotated[Work, Depends(unit_of_work("share_data"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """The receipt of what is handed over; without a legal basis that carries it, it must not be."""
    sharing: Sharing = request.app.state.sharing
    earlier = await once.earlier(work)
    share_id = UUID(earlier.reference) if earlier else await sharing.hand_over(work, case_id, body.told())
    if earlier is None:
        await once.remember(work, 201, share_id)
    return await _one(request, work, share_id, 201)


@router.post(
    "/cases/{case_id}/agencies",
    summary="Bring an agency into a case",
    status_code=201,
    response_model=ShareView,
    responses=problems(NotFound, BasisMissing, IdempotencyKeyReused),
)
async def bring_in_agency(
    request: Request,
    case_id: UUID,
    body: AgencyIn,
    work: Annotated[Work, Depends(unit_of_work("bring_in_agency"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A share that lasts: the agency reads and works from now on, until it is let go or the share expires."""
    sharing: Sharing = request.app.state.sharing
    earlier = await once.earlier(work)
    share_id = UUID(earlier.reference) if earlier else await sharing.bring_in(work, case_id, body.told())
    if earlier is None:
        await once.remember(work, 201, share_id)
    return await _one(request, work, share_id, 201)


@router.post(
    "/cases/{case_id}/agencies/{agency}/release",
    summary="Let an agency go",
    response_model=TakingPartView,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def release_agency(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    case_id: UUID,
    agency: Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,40}$", examples=["probation"])],
    why: EndIn,
    work: Annotated[Work, Depends(unit_of_work("release_agency"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The agency takes part no more, and reads nothing of the case; ``If-Match`` names the case's version."""
    sharing: Sharing = request.app.state.sharing
    if await once.earlier(work) is None:
        await sharing.release(work, case_id, agency, why.reason, expected_version(if_match))
        await once.remember(work, 200, case_id)
    on = await sharing.casework.seen(work, case_id)
    view = TakingPartView(case_id=on.id, agencies=list(on.case.agencies), version=on.case.version)
    return disclose(work, view, decisions=on.decision, objects=[on.id], headers=etag(view.version))


@router.get(
    "/shares/{share_id}",
    summary="Read the receipt of a share",
    response_model=ShareView,
    responses=problems(NotFound),
)
async def get_share(
    request: Request,
    share_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_share"), scope="function")],
) -> Response:
    """A receipt, for who shared, who received, and who answers for the region."""
    return await _one(request, work, share_id, 200)


@router.post(
    "/shares/{share_id}/end",
    summary="End a share",
    response_model=ShareView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def end_share(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    share_id: UUID,
    why: EndIn,
    work: Annotated[Work, Depends(unit_of_work("end_share"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Before its time, with a reason; an agency that takes part by it takes part no more."""
    sharing: Sharing = request.app.state.sharing
    if await once.earlier(work) is None:
        await sharing.end(work, share_id, why.reason, expected_version(if_match))
        await once.remember(work, 200, share_id)
    return await _one(request, work, share_id, 200)


async def _one(request: Request, work: Work, share_id: UUID, status: int) -> Response:
    sharing: Sharing = request.app.state.sharing
    kept, decision = await sharing.one(work, share_id)
    headers = etag(kept.version)
    if status == 201:  # noqa: PLR2004 - made
        headers["Location"] = f"/api/cases/v1/shares/{share_id}"
    shown = [share_id, kept.share.case, *kept.share.persons]
    return disclose(
        work, ShareView.of(kept), decisions=decision, objects=shown, status=status, headers=headers
    )
