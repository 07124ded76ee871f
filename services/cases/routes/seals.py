"""Sealed cases: put under seal by one, opened again by two."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.actions.casework import OnCase
from services.cases.model.closed import CaseSealed, SecondAgencyNeeded
from services.cases.model.problems import TransitionRefused
from services.cases.model.seals import Seal
from services.cases.schemas.seals import NamedIn, SealIn, SealView
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.seals import Seals

router = ServiceRouter(tags=["exclusions and seals"])
_CHANGED = problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused)
_UNSEALED = problems(
    NotFound, TransitionRefused, SecondAgencyNeeded, StaleVersion, PreconditionRequired, IdempotencyKeyReused
)


@router.get(
    "/cases/{case_id}/seal",
    summary="Read the seal of a case",
    response_model=SealView,
    responses=problems(NotFound),
)
async def get_seal(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_seal"), scope="function")],
) -> Response:
    """Why the case is sealed, whom the seal names, and whether somebody wants it off."""
    seals: Seals = request.app.state.seals
    return _shown(work, *(await seals.of_case(work, case_id)), 200)


@router.post(
    "/cases/{case_id}/seal",
    summary="Seal a case",
    status_code=201,
    response_model=SealView,
    responses=problems(NotFound, CaseSealed, IdempotencyKeyReused),
)
async def seal_case(
    request: Request,
    case_id: UUID,
    seal: SealIn,
    work: Annotated[Work, Depends(unit_of_work("seal_case"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """From now on there is no such case for anybody who is not named, in lists and counts neither."""
    seals: Seals = request.app.state.seals
    earlier = await once.earlier(work)
    made = UUID(earlier.reference) if earlier else await seals.seal(work, case_id, seal.reason, seal.members)
    if earlier is None:
        await once.remember(work, 201, made)
    return _shown(work, *(await seals.one(work, made)), 201)


@router.put(
    "/seals/{seal_id}/members",
    summary="Say who may see a sealed case",
    response_model=SealView,
    responses=_CHANGED,
)
async def name_members(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    seal_id: UUID,
    named: NamedIn,
    work: Annotated[Work, Depends(unit_of_work("name_members"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """These, and nobody else; being named opens nothing that an office does not open."""
    seals: Seals = request.app.state.seals
    if await once.earlier(work) is None:
        await seals.name(work, seal_id, named.members, expected_version(if_match))
        await once.remember(work, 200, seal_id)
    return _shown(work, *(await seals.one(work, seal_id)), 200)


@router.post(
    "/seals/{seal_id}/unsealing",
    summary="Propose to take a seal off",
    response_model=SealView,
    responses=_UNSEALED,
)
async def propose_unsealing(
    request: Request,
    seal_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("propose_unsealing"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The first of two persons of two agencies; nothing changes until the second agrees."""
    seals: Seals = request.app.state.seals
    if await once.earlier(work) is None:
        await seals.propose(work, seal_id, expected_version(if_match))
        await once.remember(work, 200, seal_id)
    return _shown(work, *(await seals.one(work, seal_id)), 200)


@router.post(
    "/seals/{seal_id}/keep",
    summary="Leave a seal on",
    response_model=SealView,
    responses=_CHANGED,
)
async def keep_sealed(
    request: Request,
    seal_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("keep_sealed"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """What was proposed is off the table."""
    seals: Seals = request.app.state.seals
    if await once.earlier(work) is None:
        await seals.keep(work, seal_id, expected_version(if_match))
        await once.remember(work, 200, seal_id)
    return _shown(work, *(await seals.one(work, seal_id)), 200)


@router.post(
    "/seals/{seal_id}/unseal",
    summary="Take a seal off",
    response_model=SealView,
    responses=_UNSEALED,
)
async def unseal_case(
    request: Request,
    seal_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("unseal_case"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The second of two agrees: another person, for another agency than the first."""
    seals: Seals = request.app.state.seals
    if await once.earlier(work) is None:
        await seals.unseal(work, seal_id, expected_version(if_match))
        await once.remember(work, 200, seal_id)
    return _shown(work, *(await seals.one(work, seal_id)), 200)


def _shown(work: Work, on: OnCase, seal: Seal, status: int) -> Response:
    return disclose(
        work,
        SealView.of(seal),
        decisions=on.decision,
        objects=[on.id, seal.id],
        status=status,
        headers=etag(seal.version),
    )
