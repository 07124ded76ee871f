"""What happened in a case, for people to read."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.schemas.history import StepPage
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.casework import Casework

router = ServiceRouter(tags=["referrals and cases"])


@router.get(
    "/cases/{case_id}/history",
    summary="Read what happened in a case",
    response_model=StepPage,
    responses=problems(NotFound),
)
async def list_case_steps(
    request: Request,
    case_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_case_steps"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Response:
    """Every step of the case and of what hangs on it: what, who, when; the newest first."""
    casework: Casework = request.app.state.casework
    place = None if cursor is None else Place.parse(cursor)
    on, page = await casework.history(work, case_id, place, limit)
    return disclose(work, StepPage.of(page), decisions=on.decision, objects=[on.id])
