"""What meetings said of cases."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.cases.model.problems import ConfidentialityUnsigned, MeetingNotYet, TransitionRefused
from services.cases.schemas.discussions import CloseIn, DiscussionIn, DiscussionView, ReopenIn
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.openapi import problems
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.discussions import Discussions

router = ServiceRouter(tags=["meetings"])

Version = Annotated[int | None, Query(ge=1, le=9999, description="An earlier version; the last if not said.")]


@router.get(
    "/agenda-items/{agenda_item_id}/discussion",
    summary="Read what a meeting said of a case",
    response_model=DiscussionView,
    responses=problems(NotFound, ConfidentialityUnsigned),
)
async def get_discussion(
    request: Request,
    agenda_item_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_discussion"), scope="function")],
    version: Version = None,
) -> Response:
    """For who may read the case and has signed for the meeting."""
    return await _one(request, work, agenda_item_id, version)


@router.put(
    "/agenda-items/{agenda_item_id}/discussion",
    summary="Write down what a meeting said of a case",
    response_model=DiscussionView,
    responses=problems(
        NotFound,
        ConfidentialityUnsigned,
        MeetingNotYet,
        TransitionRefused,
        StaleVersion,
        PreconditionRequired,
    ),
)
async def write_discussion(
    request: Request,
    agenda_item_id: UUID,
    told: DiscussionIn,
    work: Annotated[Work, Depends(unit_of_work("write_discussion"), scope="function")],
    if_match: IfMatch = None,
) -> Response:
    """Without `If-Match` the first version; each later one stands beside it, until the chair closes."""
    discussions: Discussions = request.app.state.discussions
    expected = None if if_match is None else expected_version(if_match)
    await discussions.write(work, agenda_item_id, told.said(), expected)
    return await _one(request, work, agenda_item_id, None)


@router.post(
    "/agenda-items/{agenda_item_id}/discussion/close",
    summary="Close the record of a discussion",
    response_model=DiscussionView,
    responses=problems(
        NotFound, ConfidentialityUnsigned, TransitionRefused, StaleVersion, PreconditionRequired
    ),
)
async def close_discussion(
    request: Request,
    agenda_item_id: UUID,
    told: CloseIn,
    work: Annotated[Work, Depends(unit_of_work("close_discussion"), scope="function")],
    if_match: IfMatch = None,
) -> Response:
    """By the chair; the case counts as discussed, and is proposed again where it comes back."""
    discussions: Discussions = request.app.state.discussions
    expected = expected_version(if_match)
    await discussions.close(work, agenda_item_id, told.outcome, told.review_on, expected)
    return await _one(request, work, agenda_item_id, None)


@router.post(
    "/agenda-items/{agenda_item_id}/discussion/reopen",
    summary="Let the record of a discussion be corrected",
    response_model=DiscussionView,
    responses=problems(
        NotFound, ConfidentialityUnsigned, TransitionRefused, StaleVersion, PreconditionRequired
    ),
)
async def reopen_discussion(
    request: Request,
    agenda_item_id: UUID,
    told: ReopenIn,
    work: Annotated[Work, Depends(unit_of_work("reopen_discussion"), scope="function")],
    if_match: IfMatch = None,
) -> Response:
    """By the chair, with a reason; what stood before stays as a version."""
    discussions: Discussions = request.app.state.discussions
    await discussions.reopen(work, agenda_item_id, told.reason, expected_version(if_match))
    return await _one(request, work, agenda_item_id, None)


async def _one(request: Request, work: Work, agenda_item_id: UUID, version: int | None) -> Response:
    discussions: Discussions = request.app.state.discussions
    found, on = await discussions.one(work, agenda_item_id, version)
    objects, headers = [agenda_item_id, on.id], etag(found.last)
    return disclose(work, DiscussionView.of(found), decisions=on.decision, objects=objects, headers=headers)
