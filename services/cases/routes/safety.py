"""Safety plans: read at any hour by who is in the case, kept by who supports the victim."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.problems import SafetyPlanExists, TransitionRefused
from services.cases.schemas.safety import (
    AgreeIn,
    EarlierSafetyPlanPage,
    EndIn,
    SafetyPlanAmendIn,
    SafetyPlanIn,
    SafetyPlansView,
    SafetyPlanView,
    SafetySectionsView,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.expanding import expands
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.safety import SafetyPlans

router = ServiceRouter(tags=["safety plans"])
_SAID: dict[str, Any] = {
    "response_model": SafetyPlanView,
    "responses": problems(
        NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused
    ),
}


@router.get(
    "/safety-plan-sections", summary="List the sections of safety plans", response_model=SafetySectionsView
)
async def list_safety_plan_sections(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_safety_plan_sections"), scope="function")],
) -> Response:
    """The published sections, with headings and hints in three languages."""
    view = SafetySectionsView.of(request.app.state.catalog.safety)
    return disclose(work, view, decisions=work.permit.on({}), objects=[])


@router.get(
    "/cases/{case_id}/safety-plans",
    summary="List the safety plans of a case",
    response_model=SafetyPlansView,
    responses=problems(NotFound),
)
async def list_safety_plans(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_safety_plans"), scope="function")],
) -> Response:
    """Of the victim, of children, of the whole family; those that are followed first."""
    plans: SafetyPlans = request.app.state.safety_plans
    found, on = await plans.of_case(work, case_id)
    view = SafetyPlansView.of(found, request.app.state.catalog.safety)
    objects = [on.id, *(each.plan.id for each in found)]
    return disclose(work, view, decisions=on.decision, objects=objects)


@router.post(
    "/cases/{case_id}/safety-plans",
    summary="Draw up a safety plan",
    status_code=201,
    response_model=SafetyPlanView,
    responses=problems(NotFound, SafetyPlanExists, IdempotencyKeyReused),
)
async def draw_up_safety_plan(
    request: Request,
    case_id: UUID,
    said: SafetyPlanIn,
    work: Annotated[Work, Depends(unit_of_work("draw_up_safety_plan"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A draft, until the victim agrees to it."""
    plans: SafetyPlans = request.app.state.safety_plans
    earlier = await once.earlier(work)
    if earlier is not None:
        return await _shown(request, work, UUID(earlier.reference), 201)
    plan_id = await plans.draw_up(work, case_id, said.part_id, said.texts())
    await once.remember(work, 201, plan_id)
    return await _shown(request, work, plan_id, 201)


@router.get(
    "/safety-plans/{plan_id}",
    summary="Read a safety plan",
    response_model=SafetyPlanView,
    responses=problems(NotFound),
)
@expands("versions")
async def get_safety_plan(
    request: Request,
    plan_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_safety_plan"), scope="function")],
) -> Response:
    """A plan with the sections that the caller may read."""
    return await _shown(request, work, plan_id)


@router.get(
    "/safety-plans/{plan_id}/versions",
    summary="Read what a safety plan was before",
    response_model=EarlierSafetyPlanPage,
    responses=problems(NotFound),
)
async def list_safety_plan_versions(
    request: Request,
    plan_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_safety_plan_versions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """What each change replaced, the newest first; it says to which words she agreed."""
    plans: SafetyPlans = request.app.state.safety_plans
    place = None if cursor is None else Place.parse(cursor)
    page, on = await plans.versions(work, plan_id, place, limit)
    view = EarlierSafetyPlanPage.of(page, request.app.state.catalog.safety)
    return disclose(work, view, decisions=on.decision, objects=[plan_id, on.id])


@router.put("/safety-plans/{plan_id}", summary="Amend a safety plan", **_SAID)
async def amend_safety_plan(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    plan_id: UUID,
    said: SafetyPlanAmendIn,
    work: Annotated[Work, Depends(unit_of_work("amend_safety_plan"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Other words, a draft again; the agreed ones are kept."""
    plans: SafetyPlans = request.app.state.safety_plans
    if await once.earlier(work) is None:
        await plans.amend(work, plan_id, said.texts(), expected_version(if_match))
        await once.remember(work, 200, plan_id)
    return await _shown(request, work, plan_id)


@router.post("/safety-plans/{plan_id}/agree", summary="Agree a safety plan", **_SAID)
async def agree_safety_plan(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    plan_id: UUID,
    said: AgreeIn,
    work: Annotated[Work, Depends(unit_of_work("agree_safety_plan"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """The victim agreed to the words on a day; by another they are reviewed, and agreed to anew."""
    plans: SafetyPlans = request.app.state.safety_plans
    if await once.earlier(work) is None:
        days = (said.agreed_on, said.review_on)
        await plans.agree(work, plan_id, days, expected_version(if_match))
        await once.remember(work, 200, plan_id)
    return await _shown(request, work, plan_id)


@router.post("/safety-plans/{plan_id}/end", summary="End a safety plan", **_SAID)
async def end_safety_plan(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    plan_id: UUID,
    said: EndIn,
    work: Annotated[Work, Depends(unit_of_work("end_safety_plan"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """Nobody follows the plan any more; it can still be read."""
    plans: SafetyPlans = request.app.state.safety_plans
    if await once.earlier(work) is None:
        await plans.end(work, plan_id, said.reason, expected_version(if_match))
        await once.remember(work, 200, plan_id)
    return await _shown(request, work, plan_id)


async def _shown(request: Request, work: Work, plan_id: UUID, status: int = 200) -> Response:
    plans: SafetyPlans = request.app.state.safety_plans
    written, on = await plans.read(work, plan_id)
    headers = etag(written.plan.version)
    if status == 201:  # noqa: PLR2004 - made
        headers |= {"Location": f"/api/cases/v1/safety-plans/{plan_id}"}
    view = SafetyPlanView.of(written, request.app.state.catalog.safety)
    return disclose(
        work, view, decisions=on.decision, objects=[plan_id, on.id], status=status, headers=headers
    )
