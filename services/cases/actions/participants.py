"""Agencies are invited and reply, members sign, and who was there is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.meetings import Meetings
from services.cases.catalog import Catalog
from services.cases.model.dossiers import Reach
from services.cases.model.meetings import Meeting, MeetingState, Statement
from services.cases.model.participants import Confidentiality, Invitation, Presence, Reply
from services.cases.model.problems import ConfidentialityUnsigned, MeetingNotYet, TransitionRefused
from services.cases.store import participants
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_COMING = frozenset({MeetingState.PLANNED, MeetingState.AGENDA_CLOSED})


@dataclass(frozen=True, slots=True)
class Participants:
    """Who comes to a meeting, within the caller's transaction."""

    catalog: Catalog
    meetings: Meetings

    async def invite(self, work: Work, meeting_id: UUID) -> None:
        """Invites the core of the network, and whom the cases on the agenda need; the rest stays as it is.

        TransitionRefused for a meeting that is over.
        """
        seen = await self.meetings.held(work, meeting_id)
        if seen.meeting.state not in _COMING:
            raise TransitionRefused
        made = await participants.invite(work, seen.meeting)
        work.audit("create", [meeting_id, *made], ["basic"], seen.decision)

    async def listed(self, work: Work, meeting_id: UUID) -> tuple[Sequence[Invitation], Decision]:
        """Who is invited, who comes, who was there."""
        seen = await self.meetings.seen(work, meeting_id)
        return await participants.of_meeting(work, meeting_id), seen.decision

    async def reply(self, work: Work, invitation_id: UUID, told: Reply) -> tuple[Invitation, Decision]:
        """An agency says whether it comes; TransitionRefused once the meeting is over."""
        found, decision = await self._held(work, invitation_id)
        if found.meeting.state not in _COMING:
            raise TransitionRefused
        await participants.reply(work, invitation_id, told)
        work.audit("update", [invitation_id], ["basic"], decision)
        return await self._again(work, invitation_id), decision

    async def record(
        self, work: Work, invitation_id: UUID, presence: Presence, people: int, expected: int
    ) -> tuple[Invitation, Decision]:
        """Whether an agency was there; raises Malformed, StaleVersion, MeetingNotYet, TransitionRefused."""
        if (presence is Presence.PRESENT) != (people > 0):
            reason = "somebody came where an agency was present, and nobody where it was not"
            raise Malformed(errors=[FieldError("/people", "not-for-this", reason)])
        found, decision = await self._held(work, invitation_id)
        if found.version != expected:
            raise StaleVersion
        if found.meeting.state is MeetingState.CANCELLED:
            raise TransitionRefused
        if found.meeting.meets_on > local_date(work.now):
            raise MeetingNotYet
        await participants.record(work, invitation_id, presence, people)
        work.audit("update", [invitation_id], ["basic"], decision)
        return await self._again(work, invitation_id), decision

    async def confidentiality(self, work: Work, meeting_id: UUID) -> tuple[Confidentiality, Decision]:
        """What is to be signed for a meeting, and whether the caller has."""
        seen = await self.meetings.seen(work, meeting_id)
        signed = await participants.signed_at(work, meeting_id)
        return Confidentiality(self.statement, signed), seen.decision

    async def sign(self, work: Work, meeting_id: UUID, version: str) -> None:
        """The caller promises to keep what is said at this meeting; Malformed for another version of it."""
        if version != self.statement.version:
            reason = "the statement that holds now: read it first"
            raise Malformed(errors=[FieldError("/statement", "unknown", reason)])
        seen = await self.meetings.seen(work, meeting_id)
        agency = _agency(work, seen.meeting)
        await participants.sign(work, seen.meeting, agency, version)
        work.audit("create", [meeting_id], ["basic"], seen.decision)

    @property
    def statement(self) -> Statement:
        """The statement that holds now."""
        return self.catalog.meetings.statement

    async def check_signed(self, work: Work, meeting_id: UUID) -> None:
        """Raises ConfidentialityUnsigned unless the caller has signed for the meeting."""
        if await participants.signed_at(work, meeting_id) is None:
            raise ConfidentialityUnsigned

    async def _held(self, work: Work, invitation_id: UUID) -> tuple[Invitation, Decision]:
        found = await participants.one(work, invitation_id, lock=True)
        if found is None:
            raise NotFound
        region = found.meeting.region
        reach = Reach(region, frozenset({f"{found.agency}@{region}"}), found.meeting.state.value)
        return found, work.permit.on(reach.resource())

    async def _again(self, work: Work, invitation_id: UUID) -> Invitation:
        found = await participants.one(work, invitation_id)
        if found is None:
            raise NotFound
        return found


def _agency(work: Work, meeting: Meeting) -> str | None:
    """For which agency the caller sits in the meeting's region; None for who sits there otherwise."""
    held = [one.attributes for one in work.permit.caller.appointments]
    found = sorted(one["agency"] for one in held if one.get("region") == meeting.region and one.get("agency"))
    return found[0] if found else None
