"""Transfers of cases between networks."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.problems import TransferPending, TransitionRefused
from services.cases.model.transfers import PACKAGE_TYPE, TransferState
from services.cases.schemas.transfers import (
    AcceptanceIn,
    TransferIn,
    TransferPage,
    TransferReasonIn,
    TransferView,
)
from services.cases.store.transfers import Filters
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose, disclose_document
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.fieldclass import CLASSES
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.transfers import Transfers

router = ServiceRouter(tags=["transfers"])


class PackageResponse(Response):
    """A signed document."""

    media_type = f"application/{PACKAGE_TYPE}"


Key = Annotated[Once, Depends(idempotency_key)]
_MOVED = problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused)


@router.post(
    "/cases/{case_id}/transfers",
    summary="Propose to transfer a case",
    status_code=201,
    response_model=TransferView,
    responses=problems(
        NotFound, TransferPending, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
)
async def propose_transfer(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    case_id: UUID,
    transfer: TransferIn,
    work: Annotated[Work, Depends(unit_of_work("propose_transfer"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """Another network is asked to take the case; If-Match is the case's. Nothing changes until it accepts."""
    earlier = await once.earlier(work)
    if earlier is None:
        version = expected_version(if_match)
        made = await _transfers(request).propose(work, case_id, transfer.as_move(), version)
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    return await _one(request, work, made, 201)


@router.get(
    "/cases/{case_id}/transfers",
    summary="List the transfers of a case",
    response_model=TransferPage,
    responses=problems(NotFound),
)
async def list_case_transfers(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_case_transfers"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Where a case came from, and where it was proposed to, the newest first."""
    place = None if cursor is None else Place.parse(cursor)
    on, page = await _transfers(request).of_case(work, case_id, place, limit)
    shown = [on.id, *(each.transfer.id for each in page.items)]
    decisions = [on.decision] * len(page.items)
    return disclose(work, TransferPage.of(page), decisions=decisions, objects=shown)


@router.get("/transfers", summary="List transfers", response_model=TransferPage)
async def list_transfers(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_transfers"), scope="function")],
    direction: Annotated[
        Literal["in", "out"] | None, Query(description="To the caller's regions, or from them.")
    ] = None,
    state: Annotated[TransferState | None, Query(description="Only in this state.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """The transfers from and to the caller's regions, the newest first."""
    place = None if cursor is None else Place.parse(cursor)
    shown = await _transfers(request).listed(work, Filters(direction, state), place, limit)
    return disclose(work, TransferPage.of(shown.what), decisions=shown.decisions, objects=shown.objects)


@router.get(
    "/transfers/{transfer_id}",
    summary="Read a transfer",
    response_model=TransferView,
    responses=problems(NotFound),
)
async def get_transfer(
    request: Request,
    transfer_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_transfer"), scope="function")],
) -> Response:
    """Who is asked to take a case sees its outline and the note; who has taken it also the new address."""
    return await _one(request, work, transfer_id)


@router.get(
    "/transfers/{transfer_id}/package",
    summary="Read what was taken with a case",
    responses=problems(NotFound),
    response_class=PackageResponse,
    response_description="The document as it was signed, byte for byte.",
)
async def get_transfer_package(
    request: Request,
    transfer_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_transfer_package"), scope="function")],
) -> Response:
    """All that the old network knew, for the one that has taken the case.

    The header X-JWS-Signature is the detached signature of exactly these bytes (RFC 7515, appendix F);
    `turvavork verify-package` checks it.
    """
    transfer, package, decision = await _transfers(request).package(work, transfer_id)
    return disclose_document(
        work,
        package.text.encode(),
        PackageResponse.media_type,
        fields=CLASSES & decision.fields,
        decisions=decision,
        objects=[transfer.id, transfer.case],
        headers={"X-JWS-Signature": package.signature},
    )


@router.post(
    "/transfers/{transfer_id}/accept",
    summary="Take a case from another network",
    response_model=TransferView,
    responses=_MOVED,
)
async def accept_transfer(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    transfer_id: UUID,
    acceptance: AcceptanceIn,
    work: Annotated[Work, Depends(unit_of_work("accept_transfer"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """The case is this network's from now on, and the other's no more."""
    if await once.earlier(work) is None:
        version = expected_version(if_match)
        await _transfers(request).accept(work, transfer_id, acceptance.agencies, version)
        await once.remember(work, 200, transfer_id)
    return await _one(request, work, transfer_id)


@router.post(
    "/transfers/{transfer_id}/refuse",
    summary="Refuse to take a case",
    response_model=TransferView,
    responses=_MOVED,
)
async def refuse_transfer(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    transfer_id: UUID,
    refusal: TransferReasonIn,
    work: Annotated[Work, Depends(unit_of_work("refuse_transfer"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """The case stays where it is, for a published reason."""
    if await once.earlier(work) is None:
        await _transfers(request).refuse(work, transfer_id, refusal.reason, expected_version(if_match))
        await once.remember(work, 200, transfer_id)
    return await _one(request, work, transfer_id)


@router.post(
    "/transfers/{transfer_id}/withdraw",
    summary="Take back a proposal to transfer a case",
    response_model=TransferView,
    responses=_MOVED,
)
async def withdraw_transfer(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    transfer_id: UUID,
    withdrawal: TransferReasonIn,
    work: Annotated[Work, Depends(unit_of_work("withdraw_transfer"), scope="function")],
    once: Key,
    if_match: IfMatch = None,
) -> Response:
    """Whoever has proposed it takes it back, until it is answered."""
    if await once.earlier(work) is None:
        await _transfers(request).withdraw(work, transfer_id, withdrawal.reason, expected_version(if_match))
        await once.remember(work, 200, transfer_id)
    return await _one(request, work, transfer_id)


async def _one(request: Request, work: Work, transfer_id: UUID, status: int = 200) -> Response:
    seen, decision = await _transfers(request).one(work, transfer_id)
    return disclose(
        work,
        TransferView.of(seen),
        decisions=decision,
        objects=[seen.transfer.id, seen.transfer.case],
        status=status,
        headers=etag(seen.transfer.version),
    )


def _transfers(request: Request) -> "Transfers":
    found: Transfers = request.app.state.transfers
    return found
