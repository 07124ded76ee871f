"""Consent, objection and legal basis in a case."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.actions.consent import Asked
from services.cases.model.consent import FactKind
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.consent import (
    ConsentFactIn,
    ConsentFactPage,
    ConsentFactView,
    ConsentView,
    VoidIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.consent import Consenting

router = ServiceRouter(tags=["consent and legal basis"])


@router.get(
    "/cases/{case_id}/consent",
    summary="Read how consent, objection and legal basis stand",
    response_model=ConsentView,
    responses=problems(NotFound),
)
async def get_consent(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_consent"), scope="function")],
) -> Response:
    """Of each person what was told, wished, agreed and objected to last, and what the law allows."""
    consenting: Consenting = request.app.state.consenting
    on, standings = await consenting.stands(work, case_id)
    shown = [on.id, *(each.person for each in standings)]
    return disclose(work, ConsentView.of(standings), decisions=on.decision, objects=shown)


@router.get(
    "/cases/{case_id}/consent-facts",
    summary="List facts of consent, objection and legal basis",
    response_model=ConsentFactPage,
    responses=problems(NotFound),
)
async def list_consent_facts(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_consent_facts"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    person_id: Annotated[UUID | None, Query(alias="personId", description="Only about this person.")] = None,
    kind: Annotated[FactKind | None, Query(description="Only of this kind.")] = None,
) -> Response:
    """Every fact, the last recorded first; also those that later ones have replaced, or that are void."""
    consenting: Consenting = request.app.state.consenting
    place = None if cursor is None else Place.parse(cursor)
    on, page = await consenting.listed(work, case_id, Asked(person_id, kind), place, limit)
    shown = [on.id, *(each.fact.id for each in page.items)]
    return disclose(work, ConsentFactPage.of(page), decisions=on.decision, objects=shown)


@router.post(
    "/cases/{case_id}/consent-facts",
    summary="Record a fact of consent, objection or legal basis",
    status_code=201,
    response_model=ConsentFactView,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused),
)
async def record_consent_fact(
    request: Request,
    case_id: UUID,
    body: ConsentFactIn,
    work: Annotated[Work, Depends(unit_of_work("record_consent_fact"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Writes down what was said; a later fact of its kind takes its place, and an objection works at once."""
    consenting: Consenting = request.app.state.consenting
    earlier = await once.earlier(work)
    fact_id = UUID(earlier.reference) if earlier else await consenting.record(work, case_id, body.told())
    if earlier is None:
        await once.remember(work, 201, fact_id)
    return await _one(request, work, fact_id, 201)


@router.get(
    "/consent-facts/{fact_id}",
    summary="Read a fact of consent, objection or legal basis",
    response_model=ConsentFactView,
    responses=problems(NotFound),
)
async def get_consent_fact(
    request: Request,
    fact_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_consent_fact"), scope="function")],
) -> Response:
    """One fact, for who may read its case."""
    return await _one(request, work, fact_id, 200)


@router.post(
    "/consent-facts/{fact_id}/void",
    summary="Take back a fact that was recorded by mistake",
    status_code=201,
    response_model=ConsentFactView,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused),
)
async def void_consent_fact(
    request: Request,
    fact_id: UUID,
    why: VoidIn,
    work: Annotated[Work, Depends(unit_of_work("void_consent_fact"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A further fact that takes it back; what was written down stays to be read, and counts for nothing."""
    consenting: Consenting = request.app.state.consenting
    earlier = await once.earlier(work)
    void_id = (
        UUID(earlier.reference) if earlier else await consenting.void(work, fact_id, why.reason, why.note)
    )
    if earlier is None:
        await once.remember(work, 201, void_id)
    return await _one(request, work, void_id, 201)


async def _one(request: Request, work: Work, fact_id: UUID, status: int) -> Response:
    consenting: Consenting = request.app.state.consenting
    on, worded = await consenting.one(work, fact_id)
    headers = {"Location": f"/api/cases/v1/consent-facts/{fact_id}"} if status == 201 else None  # noqa: PLR2004
    shown = [fact_id, on.id, worded.fact.person]
    return disclose(
        work,
        ConsentFactView.of(worded),
        decisions=on.decision,
        objects=shown,
        status=status,
        headers=headers,
    )
