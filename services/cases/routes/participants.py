"""Who comes to a meeting, and who has signed for it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from services.cases.model.participants import Invitation
from services.cases.model.problems import MeetingNotYet, TransitionRefused
from services.cases.schemas.participants import (
    AttendanceIn,
    ConfidentialityView,
    InvitationsView,
    InvitationView,
    ReplyIn,
    SignIn,
)
from services.kit.db import Work, unit_of_work
from services.kit.disclose import disclose
from services.kit.etag import IfMatch, etag, expected_version
from services.kit.openapi import problems
from services.kit.policy import Decision
from services.kit.problem import NotFound, PreconditionRequired, StaleVersion
from services.kit.strictroute import ServiceRouter

if TYPE_CHECKING:
    from services.cases.actions.participants import Participants

router = ServiceRouter(tags=["meetings"])


@router.post(
    "/meetings/{meeting_id}/invitations",
    summary="Invite agencies to a meeting",
    response_model=InvitationsView,
    responses=problems(NotFound, TransitionRefused),
)
async def invite_agencies(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("invite_agencies"), scope="function")],
) -> Response:
    """The core of the network, and whom the cases on the agenda need; may be asked again when cases come."""
    participants: Participants = request.app.state.participants
    await participants.invite(work, meeting_id)
    return await _all(request, work, meeting_id)


@router.get(
    "/meetings/{meeting_id}/invitations",
    summary="List who is invited to a meeting",
    response_model=InvitationsView,
    responses=problems(NotFound),
)
async def list_invitations(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("list_invitations"), scope="function")],
) -> Response:
    """Agencies with their replies, and afterwards who was there; agencies of a network know one another."""
    return await _all(request, work, meeting_id)


@router.put(
    "/invitations/{invitation_id}/reply",
    summary="Reply to an invitation",
    response_model=InvitationView,
    responses=problems(NotFound, TransitionRefused),
)
async def reply_to_invitation(
    request: Request,
    invitation_id: UUID,
    told: ReplyIn,
    work: Annotated[Work, Depends(unit_of_work("reply_to_invitation"), scope="function")],
) -> Response:
    """By the agency that is invited, or by the coordinator who was called; the last word counts."""
    participants: Participants = request.app.state.participants
    found, decision = await participants.reply(work, invitation_id, told.reply)
    return _one(work, found, decision)


@router.put(
    "/invitations/{invitation_id}/attendance",
    summary="Record whether an agency was at a meeting",
    response_model=InvitationView,
    responses=problems(NotFound, MeetingNotYet, TransitionRefused, StaleVersion, PreconditionRequired),
)
async def record_attendance(
    request: Request,
    invitation_id: UUID,
    told: AttendanceIn,
    work: Annotated[Work, Depends(unit_of_work("record_attendance"), scope="function")],
    if_match: IfMatch = None,
) -> Response:
    """From the day of the meeting on."""
    participants: Participants = request.app.state.participants
    expected = expected_version(if_match)
    found, decision = await participants.record(work, invitation_id, told.presence, told.people, expected)
    return _one(work, found, decision)


@router.get(
    "/meetings/{meeting_id}/confidentiality",
    summary="Read what is signed for a meeting",
    response_model=ConfidentialityView,
    responses=problems(NotFound),
)
async def get_confidentiality(
    request: Request,
    meeting_id: UUID,
    work: Annotated[Work, Depends(unit_of_work("get_confidentiality"), scope="function")],
) -> Response:
    """The statement in three languages, and when the caller has signed it for this meeting."""
    return await _confidentiality(request, work, meeting_id, status=200)


@router.post(
    "/meetings/{meeting_id}/confidentiality",
    summary="Sign for a meeting",
    status_code=201,
    response_model=ConfidentialityView,
    responses=problems(NotFound),
)
async def sign_confidentiality(
    request: Request,
    meeting_id: UUID,
    told: SignIn,
    work: Annotated[Work, Depends(unit_of_work("sign_confidentiality"), scope="function")],
) -> Response:
    """Anew for each meeting: what its agenda holds opens by it. Who signs twice has signed once."""
    participants: Participants = request.app.state.participants
    await participants.sign(work, meeting_id, told.statement)
    return await _confidentiality(request, work, meeting_id, status=201)


async def _all(request: Request, work: Work, meeting_id: UUID) -> Response:
    participants: Participants = request.app.state.participants
    found, decision = await participants.listed(work, meeting_id)
    objects = [meeting_id, *(each.id for each in found)]
    return disclose(work, InvitationsView.of(found), decisions=decision, objects=objects)


async def _confidentiality(request: Request, work: Work, meeting_id: UUID, *, status: int) -> Response:
    participants: Participants = request.app.state.participants
    found, decision = await participants.confidentiality(work, meeting_id)
    view = ConfidentialityView.of(found)
    return disclose(work, view, decisions=decision, objects=[meeting_id], status=status)


def _one(work: Work, found: Invitation, decision: Decision) -> Response:
    objects, headers = [found.id, found.meeting.id], etag(found.version)
    return disclose(work, InvitationView.of(found), decisions=decision, objects=objects, headers=headers)
