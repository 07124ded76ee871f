"""Series and meetings of a region."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.meetings import MeetingState
from services.cases.model.problems import AlreadyOnAgenda, MeetingNotYet, TransitionRefused
from services.cases.rules import invites
from services.cases.schemas.meetings import (
    MeetingIn,
    MeetingPage,
    MeetingsView,
    MeetingView,
    MoveIn,
    NewSeriesIn,
    SeriesIn,
    SeriesListView,
    SeriesView,
    UntilIn,
)
from services.cases.store.meetings import Filters
from services.kit.answer import language_of
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose, disclose_document
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.expanding import expands
from services.kit.fieldclass import BASIC
from services.kit.fields import Day
from services.kit.idempotency import IdempotencyKeyReused, Once, idempotency_key
from services.kit.openapi import problems
from services.kit.paging import USUAL, Cursor, Limit, Place
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.meetings import Meetings

router = ServiceRouter(tags=["meetings"])

Region = Annotated[str | None, Query(max_length=40, description="Only this region.", examples=["polva"])]
OnlyState = Annotated[MeetingState | None, Query(alias="state", description="Only in this state.")]
Since = Annotated[Day | None, Query(description="From this day on.")]
Until = Annotated[Day | None, Query(description="Up to and including this day.")]


class ICalendar(Response):
    """What calendar programs read."""

    media_type = invites.MEDIA_TYPE


class Verb(StrEnum):
    """What becomes of a meeting."""

    POSTPONE = "postpone"
    CLOSE_AGENDA = "close-agenda"
    REOPEN = "reopen"
    HOLD = "hold"
    CANCEL = "cancel"


@router.get("/meeting-series", summary="List series of meetings", response_model=SeriesListView)
async def list_meeting_series(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_meeting_series"), scope="function")],
    region: Region = None,
) -> Response:
    """The series of the caller's regions; a region has few, so that there are no pages."""
    meetings: Meetings = request.app.state.meetings
    found, decisions = await meetings.list_series(work, region)
    view = SeriesListView(items=[SeriesView.of(each) for each in found])
    return disclose(work, view, decisions=decisions, objects=[each.id for each in found])


@router.post(
    "/meeting-series",
    summary="Begin a series of meetings",
    status_code=201,
    response_model=SeriesView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def create_meeting_series(
    request: Request,
    told: NewSeriesIn,
    work: Annotated[Work, Depends(unit_of_work("create_meeting_series"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A series in the own region; its meetings are made by ``POST …/meetings``."""
    meetings: Meetings = request.app.state.meetings
    earlier = await once.earlier(work)
    if earlier is None:
        made = await meetings.add_series(work, told.region, told.facts(_usual(request)))
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    return await _series(request, work, made, status=201)


@router.put(
    "/meeting-series/{series_id}",
    summary="Change a series of meetings",
    response_model=SeriesView,
    responses=problems(NotFound, StaleVersion, PreconditionRequired),
)
async def change_meeting_series(
    request: Request,
    series_id: UUID,
    told: SeriesIn,
    work: Annotated[Work, Depends(unit_of_work("change_meeting_series"), scope="function")],
    if_match: IfMatch = None,
) -> Response:
    """What holds for meetings that are made from now on; a series ends by ``endsOn``."""
    meetings: Meetings = request.app.state.meetings
    facts, expected = told.facts(_usual(request)), expected_version(if_match)
    await meetings.change_series(work, series_id, facts, expected)
    return await _series(request, work, series_id, status=200)


@router.post(
    "/meeting-series/{series_id}/meetings",
    summary="Make the meetings of a series",
    response_model=MeetingsView,
    responses=problems(NotFound),
)
async def plan_meetings(
    request: Request,
    series_id: UUID,
    told: UntilIn,
    work: Annotated[Work, Depends(unit_of_work("plan_meetings"), scope="function")],
) -> Response:
    """From today up to a day; what was made before stays, so it may be asked again. Answers all of them."""
    meetings: Meetings = request.app.state.meetings
    planned, decision = await meetings.plan(work, series_id, told.until)
    view = MeetingsView(items=[MeetingView.of(each) for each in planned])
    return disclose(work, view, decisions=decision, objects=[each.id for each in planned])


@router.get("/meetings", summary="List meetings", response_model=MeetingPage)
async def list_meetings(  # noqa: PLR0913, PLR0917 - what a list can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_meetings"), scope="function")],
    limit: Limit = USUAL,
    cursor: Cursor = None,
    region: Region = None,
    state: OnlyState = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """The meetings of the caller's regions, the latest day first."""
    meetings: Meetings = request.app.state.meetings
    filters = Filters(region, state, since, until)
    place = None if cursor is None else Place.parse(cursor)
    page, decisions = await meetings.listed(work, filters, place, limit)
    objects = [each.id for each in page.items]
    return disclose(work, MeetingPage.of(page), decisions=decisions, objects=objects)


@router.get(
    "/calendar",
    summary="Read the meetings as a calendar",
    response_class=ICalendar,
    response_description="iCalendar (RFC 5545)",
)
async def get_calendar(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("get_calendar"), scope="function")],
) -> Response:
    """When and where the caller's networks meet, for a calendar program; nothing about any case or person."""
    meetings: Meetings = request.app.state.meetings
    found, decisions = await meetings.upcoming(work)
    language = language_of(request.scope)
    names = {kind: label[language] for kind, label in meetings.catalog.meetings.names.items()}
    return disclose_document(
        work,
        invites.calendar(found, names, work.now),
        invites.MEDIA_TYPE,
        fields=BASIC,
        decisions=decisions,
        objects=[each.id for each in found],
        headers={"Content-Language": language},
    )


@router.post(
    "/meetings",
    summary="Call a meeting",
    status_code=201,
    response_model=MeetingView,
    responses=problems(NotFound, IdempotencyKeyReused),
)
async def call_meeting(
    request: Request,
    told: MeetingIn,
    work: Annotated[Work, Depends(unit_of_work("call_meeting"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
) -> Response:
    """A meeting beside the series: one more, or an emergency, which may be today."""
    meetings: Meetings = request.app.state.meetings
    earlier = await once.earlier(work)
    if earlier is None:
        made = await meetings.call(work, told.region, told.kind, told.meets_on, told.room(_usual(request)))
        await once.remember(work, 201, made)
    else:
        made = UUID(earlier.reference)
    return await _meeting(request, work, made, status=201)


@router.get(
    "/meetings/{meeting_id}",
    summary="Read a meeting",
    response_model=MeetingView,
    responses=problems(NotFound),
)
@expands("agenda", "invitations", "confidentiality", "proposals")
async def get_meeting(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_meeting"), scope="function")],
) -> Response:
    """When and where, by when what is due; nothing about cases."""
    return await _meeting(request, work, meeting_id, status=200)


@router.post(
    "/meetings/{meeting_id}/steps/{verb}",
    summary="Put off, close the agenda of, reopen, hold or cancel a meeting",
    response_model=MeetingView,
    responses=problems(
        NotFound,
        TransitionRefused,
        MeetingNotYet,
        AlreadyOnAgenda,
        StaleVersion,
        PreconditionRequired,
        IdempotencyKeyReused,
    ),
)
async def move_meeting(  # noqa: PLR0913, PLR0917 - each is one part of the request
    request: Request,
    meeting_id: UUID,
    verb: Verb,
    told: MoveIn,
    work: Annotated[Work, Depends(unit_of_work("move_meeting"), scope="function")],
    once: Annotated[Once, Depends(idempotency_key)],
    if_match: IfMatch = None,
) -> Response:
    """A reason for ``postpone`` (with the day instead), ``cancel`` and ``reopen``; none for the others."""
    meetings: Meetings = request.app.state.meetings
    if await once.earlier(work) is None:
        expected = expected_version(if_match)
        await meetings.move(
            work, meeting_id, verb.value, reason=told.reason, meets_on=told.meets_on, expected=expected
        )
        await once.remember(work, 200, meeting_id)
    return await _meeting(request, work, meeting_id, status=200)


def _usual(request: Request) -> int:
    meetings: Meetings = request.app.state.meetings
    return meetings.catalog.meetings.case_minutes_usual


async def _series(request: Request, work: Work, series_id: UUID, *, status: int) -> Response:
    meetings: Meetings = request.app.state.meetings
    found, decision = await meetings.series(work, series_id)
    view, headers = SeriesView.of(found), etag(found.version)
    return disclose(work, view, decisions=decision, objects=[found.id], status=status, headers=headers)


async def _meeting(request: Request, work: Work, meeting_id: UUID, *, status: int) -> Response:
    meetings: Meetings = request.app.state.meetings
    seen = await meetings.seen(work, meeting_id)
    headers = etag(seen.meeting.version)
    view = MeetingView.of(seen.meeting)
    return disclose(work, view, decisions=seen.decision, objects=[meeting_id], status=status, headers=headers)
