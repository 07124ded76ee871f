"""Erasures: proposed by our worker, decided by two persons, certified."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.problems import TransitionRefused, TwoPersons
from services.cases.model.retention import CaseHeld, NotDue
from services.cases.schemas.retention import (
    CertificateView,
    ErasurePage,
    ErasureState,
    ErasureView,
    RefuseIn,
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
    from services.cases.actions.erasures import Erasures

router = ServiceRouter(tags=["retention"])
_REFUSED = problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused)
_AGREED = problems(
    NotFound, TransitionRefused, CaseHeld, NotDue, StaleVersion, PreconditionRequired, IdempotencyKeyReused
)
_APPROVED = problems(
    NotFound,
    TransitionRefused,
    TwoPersons,
    CaseHeld,
    NotDue,
    StaleVersion,
    PreconditionRequired,
    IdempotencyKeyReused,
)


@router.get("/erasures", summary="List erasures", response_model=ErasurePage)
async def list_erasures(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_erasures"), scope="function")],
    state: Annotated[ErasureState | None, Query(description="Those in this state alone.")] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Response:
    """What is due, what was decided, and what was erased, the newest first."""
    erasures: Erasures = request.app.state.erasures
    place = None if cursor is None else Place.parse(cursor)
    page, decisions = await erasures.page(work, state, place, limit)
    objects = [each for one in page.items for each in (one.id, one.case)]
    return disclose(work, ErasurePage.of(page), decisions=decisions, objects=objects)


@router.get(
    "/erasures/{erasure_id}",
    summary="Read an erasure",
    response_model=ErasureView,
    responses=problems(NotFound),
)
async def get_erasure(
    request: Request,
    erasure_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_erasure"), scope="function")],
) -> Response:
    """Why it is due, who has decided, and what was erased."""
    return await _shown(request, work, erasure_id)


@router.get(
    "/erasures/{erasure_id}/certificate",
    summary="Read the certificate of an erasure",
    response_model=CertificateView,
    responses=problems(NotFound),
)
async def get_erasure_certificate(
    request: Request,
    erasure_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_erasure_certificate"), scope="function")],
) -> Response:
    """Signed: what kind, by which term, when, who decided, how many, where the audit log says so."""
    erasures: Erasures = request.app.state.erasures
    certificate, decision = await erasures.certificate(work, erasure_id)
    return disclose(work, CertificateView(certificate=certificate), decisions=decision, objects=[erasure_id])


@router.post(
    "/erasures/{erasure_id}/agree",
    summary="Agree to an erasure",
    response_model=ErasureView,
    responses=_AGREED,
)
async def agree_erasure(
    request: Request,
    erasure_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("agree_erasure"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The first of two: nothing is erased until another person approves."""
    if await once.earlier(work) is None:
        erasures: Erasures = request.app.state.erasures
        await erasures.agree(work, erasure_id, expected_version(if_match))
        await once.remember(work, 200, erasure_id)
    return await _shown(request, work, erasure_id)


@router.post(
    "/erasures/{erasure_id}/approve",
    summary="Approve an erasure",
    response_model=ErasureView,
    responses=_APPROVED,
)
async def approve_erasure(
    request: Request,
    erasure_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("approve_erasure"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The second of two: our worker erases within minutes, and that cannot be undone."""
    if await once.earlier(work) is None:
        erasures: Erasures = request.app.state.erasures
        await erasures.approve(work, erasure_id, expected_version(if_match))
        await once.remember(work, 200, erasure_id)
    return await _shown(request, work, erasure_id)


@router.post(
    "/erasures/{erasure_id}/refuse",
    summary="Refuse an erasure",
    response_model=ErasureView,
    responses=_REFUSED,
)
async def refuse_erasure(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    erasure_id: UUID,
    told: RefuseIn,
    work: Annotated[Work, Depends(unit_of_work("refuse_erasure"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Not now; after a year it is proposed again. Possible until it is carried out."""
    if await once.earlier(work) is None:
        erasures: Erasures = request.app.state.erasures
        await erasures.refuse(work, erasure_id, told.reason, expected_version(if_match))
        await once.remember(work, 200, erasure_id)
    return await _shown(request, work, erasure_id)


async def _shown(request: Request, work: Work, erasure_id: UUID) -> Response:
    erasures: Erasures = request.app.state.erasures
    erasure, decision = await erasures.one(work, erasure_id)
    return disclose(
        work,
        ErasureView.of(erasure),
        decisions=decision,
        objects=[erasure.id, erasure.case],
        headers=etag(erasure.version),
    )
