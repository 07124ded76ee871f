"""What persons may see in the Data Tracker of what left a case about them."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.schemas.usage import UsageDecisionIn, UsageDecisionPage
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.usage import UsageDesk

router = ServiceRouter(tags=["disclosures"])


@router.get(
    "/cases/{case_id}/usage-decisions",
    summary="List what persons may see of the usage of their data",
    response_model=UsageDecisionPage,
    responses=problems(NotFound),
)
async def list_usage_decisions(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_usage_decisions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """The newest first; about whom nothing was decided, nothing is shown."""
    return await _page(request, work, case_id, cursor, limit)


@router.post(
    "/cases/{case_id}/usage-decisions",
    summary="Decide what a person may see of the usage of their data",
    status_code=201,
    response_model=UsageDecisionPage,
    responses=problems(NotFound, TransitionRefused, IdempotencyKeyReused),
)
async def decide_usage(
    request: Request,
    case_id: UUID,
    told: UsageDecisionIn,
    work: Annotated[Work, Depends(unit_of_work("decide_usage"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """For all that has left until now; what leaves later is withheld until it is decided upon again."""
    desk: UsageDesk = request.app.state.usage_desk
    if await once.earlier(work) is None:
        made = await desk.decide(work, case_id, told.person_id, told.decision, told.reason)
        await once.remember(work, 201, made.id)
    return await _page(request, work, case_id, None, USUAL, 201)


async def _page(  # noqa: PLR0913, PLR0917 - what a page is made of
    request: Request, work: Work, case_id: UUID, cursor: str | None, limit: int, status: int = 200
) -> Response:
    desk: UsageDesk = request.app.state.usage_desk
    on, page = await desk.of_case(work, case_id, None if cursor is None else Place.parse(cursor), limit)
    view = UsageDecisionPage.of(page)
    objects = [on.id, *(one.id for one in page.items)]
    return disclose(work, view, decisions=on.decision, objects=objects, status=status)
