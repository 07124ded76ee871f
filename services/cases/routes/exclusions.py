"""From whom a case is kept, and the conflicts of interest that members declare."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.closed import ExclusionExists
from services.cases.model.problems import TransitionRefused
from services.cases.schemas.exclusions import (
    ConflictIn,
    ConflictView,
    ExclusionIn,
    ExclusionPage,
    ExclusionView,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.policy import Decision
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.exclusions import Exclusions

router = ServiceRouter(tags=["exclusions and seals"])


@router.get(
    "/cases/{case_id}/exclusions",
    summary="List from whom a case is kept",
    response_model=ExclusionPage,
    responses=problems(NotFound),
)
async def list_exclusions(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_exclusions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """The exclusions of a case, those that have ended too; who is a party by the own code needs none."""
    exclusions: Exclusions = request.app.state.exclusions
    place = None if cursor is None else Place.parse(cursor)
    on, page = await exclusions.of_case(work, case_id, place, limit)
    return disclose(work, ExclusionPage.of(page), decisions=[on.decision] * len(page.items), objects=[on.id])


@router.post(
    "/cases/{case_id}/exclusions",
    summary="Keep a case from a member",
    status_code=201,
    response_model=ExclusionView,
    responses=problems(NotFound, ExclusionExists, IdempotencyKeyReused),
)
async def exclude_member(
    request: Request,
    case_id: UUID,
    who: ExclusionIn,
    work: Annotated[Work, Depends(unit_of_work("exclude_member"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """Whatever rights the member has, there is no such case for the member from now on."""
    exclusions: Exclusions = request.app.state.exclusions
    earlier = await once.earlier(work)
    made = UUID(earlier.reference) if earlier else await exclusions.exclude(work, case_id, who.new())
    if earlier is None:
        await once.remember(work, 201, made)
    return await _one(request, work, made, 201)


@router.post(
    "/cases/{case_id}/conflicts",
    summary="Declare a conflict of interest",
    status_code=201,
    response_model=ConflictView,
    responses=problems(NotFound, ExclusionExists, IdempotencyKeyReused),
)
async def declare_conflict(
    request: Request,
    case_id: UUID,
    why: ConflictIn,
    work: Annotated[Work, Depends(unit_of_work("declare_conflict"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """The caller keeps away from the case: there is no such case for the caller from now on."""
    exclusions: Exclusions = request.app.state.exclusions
    earlier = await once.earlier(work)
    new = why.of(work.permit.caller.subject)
    made = UUID(earlier.reference) if earlier else await exclusions.declare(work, case_id, new)
    if earlier is None:
        await once.remember(work, 201, made)
    # By now the case is kept from the caller: nothing of it is read, and no decision can be made on it.
    rules = dict.fromkeys(grant.rule_id for grant in work.permit.grants if grant.effect == "allow")
    decision = Decision("+".join(rules), frozenset({"basic"}))
    view = ConflictView(id=made, case_id=case_id)
    return disclose(work, view, decisions=decision, objects=[made, case_id], status=201)


@router.post(
    "/exclusions/{exclusion_id}/end",
    summary="End an exclusion",
    response_model=ExclusionView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def end_exclusion(
    request: Request,
    exclusion_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("end_exclusion"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The case is again what the member's rights make of it."""
    exclusions: Exclusions = request.app.state.exclusions
    if await once.earlier(work) is None:
        await exclusions.end(work, exclusion_id, expected_version(if_match))
        await once.remember(work, 200, exclusion_id)
    return await _one(request, work, exclusion_id, 200)


async def _one(request: Request, work: Work, exclusion_id: UUID, status: int) -> Response:
    exclusions: Exclusions = request.app.state.exclusions
    on, found = await exclusions.one(work, exclusion_id)
    return disclose(
        work,
        ExclusionView.of(found),
        decisions=on.decision,
        objects=[on.id, found.id],
        status=status,
        headers=etag(found.version),
    )
