"""The action plan for people to read."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.plan import PlanFilters, PlanState
from services.cases.schemas.plan import ActionPage, ActionView, EarlierActionPage
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import etag
from services.kit.expanding import expands
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.plan import Plans

router = ServiceRouter(tags=["action plan"])

Region = Annotated[str | None, Query(max_length=40, description="Only this region.", examples=["polva"])]
Agency = Annotated[str | None, Query(max_length=41, description="Only of this agency.", examples=["police"])]
OnlyState = Annotated[PlanState | None, Query(alias="state", description="Only what stands so.")]
Mine = Annotated[bool, Query(description="Only what the caller has: by name, or for an agency.")]
Overdue = Annotated[bool, Query(description="Only what somebody has and is past its day.")]


@router.get("/actions", summary="List actions", response_model=ActionPage)
async def list_actions(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_actions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    region: Region = None,
    agency: Agency = None,
    state: OnlyState = None,
    mine: Mine = False,  # noqa: FBT002 - a query parameter
    overdue: Overdue = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """The actions of the cases that the caller may see, what is due first first."""
    plans: Plans = request.app.state.plans
    filters = PlanFilters(None, region, agency, state, mine, overdue)
    shown = await plans.listed(work, filters, _place(cursor), limit)
    return disclose(work, ActionPage.of(shown.what), decisions=shown.decisions, objects=shown.objects)


@router.get(
    "/cases/{case_id}/actions",
    summary="Read the action plan of a case",
    response_model=ActionPage,
    responses=problems(NotFound),
)
async def list_case_actions(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_case_actions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    state: OnlyState = None,
) -> Response:
    """Every action of the plan, for who takes part in the case, what is due first first."""
    plans: Plans = request.app.state.plans
    page, on = await plans.of_case(work, case_id, state, _place(cursor), limit)
    objects = [on.id, *(told.planned.id for told in page.items)]
    return disclose(work, ActionPage.of(page), decisions=on.decision, objects=objects)


@router.get(
    "/actions/{action_id}", summary="Read an action", response_model=ActionView, responses=problems(NotFound)
)
@expands("versions")
async def get_action(
    request: Request,
    action_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_action"), scope="function")],
) -> Response:
    """An action of a case's plan."""
    return await shown_action(request, work, action_id)


@router.get(
    "/actions/{action_id}/versions",
    summary="Read what an action was before",
    response_model=EarlierActionPage,
    responses=problems(NotFound),
)
async def list_action_versions(
    request: Request,
    action_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_action_versions"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """What each change replaced, the newest first."""
    plans: Plans = request.app.state.plans
    page, on = await plans.versions(work, action_id, _place(cursor), limit)
    view = EarlierActionPage.of(page)
    return disclose(work, view, decisions=on.decision, objects=[action_id, on.id])


async def shown_action(request: Request, work: Work, action_id: UUID, status: int = 200) -> Response:
    """The action as it stands now, within the transaction that wrote it."""
    plans: Plans = request.app.state.plans
    told, decision = await plans.read(work, action_id)
    headers = etag(told.planned.version)
    if status == 201:  # noqa: PLR2004 - made
        headers |= {"Location": f"/api/cases/v1/actions/{action_id}"}
    objects = [told.planned.id, told.planned.case]
    view = ActionView.of(told)
    return disclose(work, view, decisions=decision, objects=objects, status=status, headers=headers)


def _place(cursor: str | None) -> Place | None:
    return None if cursor is None else Place.parse(cursor)
