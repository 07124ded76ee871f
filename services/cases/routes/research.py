"""Questions to agencies before a meeting, and their answers."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.problems import TransitionRefused
from services.cases.model.research import ResearchState
from services.cases.schemas.research import (
    AnswerIn,
    AskIn,
    ResearchRequestPage,
    ResearchRequestsView,
    ResearchRequestView,
)
from services.cases.store.research import Filters
from services.kit.calendar import local_date
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.research import Research

router = ServiceRouter(tags=["meetings"])

OfMeeting = Annotated[UUID | None, Query(alias="meetingId", description="Only for this meeting.")]
OnlyAgency = Annotated[str | None, Query(alias="agency", max_length=40, description="Only to this agency.")]
OnlyState = Annotated[ResearchState | None, Query(alias="state", description="Only in this state.")]
Overdue = Annotated[bool, Query(description="Only what should have been answered.")]


@router.post(
    "/agenda-items/{agenda_item_id}/research",
    summary="Ask agencies what they know",
    response_model=ResearchRequestsView,
    responses=problems(NotFound, TransitionRefused),
)
async def ask_research(
    request: Request,
    agenda_item_id: UUID,
    told: AskIn,
    work: Annotated[Work, Depends(unit_of_work("ask_research"), scope="function")],
) -> Response:
    """With names and birth dates alone; who was asked before is not asked again. Answers all that were."""
    research: Research = request.app.state.research
    await research.ask(work, agenda_item_id, told.agencies)
    found, decision = await research.of_item(work, agenda_item_id)
    view = ResearchRequestsView.of(found, local_date(work.now))
    objects = [agenda_item_id, *(each.id for each in found)]
    return disclose(work, view, decisions=decision, objects=objects)


@router.get("/research-requests", summary="List questions to agencies", response_model=ResearchRequestPage)
async def list_research_requests(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_research_requests"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    meeting: OfMeeting = None,
    agency: OnlyAgency = None,
    state: OnlyState = None,
    overdue: Overdue = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """An agency's own; the coordinator's region, so that it is seen who owes. What is due last first."""
    research: Research = request.app.state.research
    today = local_date(work.now)
    filters = Filters(meeting, agency, state, today if overdue else None)
    place = None if cursor is None else Place.parse(cursor)
    page, decisions = await research.listed(work, filters, place, limit)
    objects = [each.id for each in page.items]
    return disclose(work, ResearchRequestPage.of(page, today), decisions=decisions, objects=objects)


@router.get(
    "/research-requests/{research_request_id}",
    summary="Read a question to an agency",
    response_model=ResearchRequestView,
    responses=problems(NotFound),
)
async def get_research_request(
    request: Request,
    research_request_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_research_request"), scope="function")],
) -> Response:
    """Of whom is asked, and what was answered last."""
    return await _one(request, work, research_request_id)


@router.post(
    "/research-requests/{research_request_id}/answer",
    summary="Answer what the agency knows",
    response_model=ResearchRequestView,
    responses=problems(NotFound, TransitionRefused, StaleVersion, PreconditionRequired, IdempotencyKeyReused),
)
async def answer_research_request(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    research_request_id: UUID,
    told: AnswerIn,
    work: Annotated[Work, Depends(unit_of_work("answer_research_request"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """What was told stays told: a later answer stands beside it, and is the one that is shown."""
    research: Research = request.app.state.research
    if await once.earlier(work) is None:
        await research.answer(work, research_request_id, told.answered(), expected_version(if_match))
        await once.remember(work, 200, research_request_id)
    return await _one(request, work, research_request_id)


async def _one(request: Request, work: Work, research_request_id: UUID) -> Response:
    research: Research = request.app.state.research
    opened, decision = await research.one(work, research_request_id)
    view = ResearchRequestView.whole(opened, local_date(work.now))
    objects = [research_request_id, opened.case.id]
    return disclose(work, view, decisions=decision, objects=objects, headers=etag(view.version))
