"""Minutes of meetings."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.papers import Kind
from services.cases.model.problems import ConfidentialityUnsigned, MeetingNotHeld
from services.cases.routes.papers import FORMS, answer
from services.cases.schemas.minutes import MinutesView
from services.kit.db import Work, unit_of_work
from services.kit.openapi import problems
from services.kit.paper import PaperTooLong
from services.kit.problem import NotFound, Overloaded
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.minutes import MinutesKeeper

router = ServiceRouter(tags=["meetings"])


@router.get(
    "/meetings/{meeting_id}/minutes",
    summary="Read the minutes of a meeting",
    response_model=MinutesView,
    responses=FORMS | problems(NotFound, ConfidentialityUnsigned, MeetingNotHeld, PaperTooLong, Overloaded),
)
async def get_minutes(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_minutes"), scope="function")],
) -> Response:
    """Who was there; of each of the caller's cases what was said, decided and asked for, and what follows."""
    keeper: MinutesKeeper = request.app.state.minutes
    found, decisions = await keeper.of(work, meeting_id)
    things = (one for each in found.items for one in (each.item.id, each.item.case))
    shown = (action.planned.id for each in found.items for action in each.actions)
    people = dict.fromkeys(part.person_id for each in found.items for part in each.people)
    objects = [meeting_id, *things, *shown, *people]
    return answer(request, work, MinutesView.of(found), Kind.MINUTES, decisions=decisions, objects=objects)
