"""The minutes of a meeting, for each reader by what the reader may see."""

from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.agenda import Agendas
from services.cases.actions.participants import Participants
from services.cases.model.meetings import MeetingState
from services.cases.model.minutes import Minutes, MinutesItem
from services.cases.model.problems import MeetingNotHeld
from services.cases.store import minutes as store
from services.cases.store import participants
from services.kit.db import Work
from services.kit.policy import Decision


@dataclass(frozen=True, slots=True)
class MinutesKeeper:
    """Puts the minutes together, within the caller's transaction; who has not signed reads none."""

    agendas: Agendas
    participants: Participants

    async def of(self, work: Work, meeting_id: UUID) -> tuple[Minutes, tuple[Decision, ...]]:
        """The minutes as far as the caller may see them, with the decision of each case.

        Raises NotFound, ConfidentialityUnsigned, MeetingNotHeld.
        """
        seen = await self.agendas.meetings.seen(work, meeting_id)
        await self.participants.check_signed(work, meeting_id)
        if seen.meeting.state is not MeetingState.HELD:
            raise MeetingNotHeld
        ring = self.agendas.casework.ring
        items, decisions = await self.agendas.discussed(work, meeting_id)
        people = await self.agendas.people(work, meeting_id)
        records = await store.records(work, ring, meeting_id)
        conflicts = await store.conflicts(work, seen.meeting)
        actions = await store.actions(work, ring, meeting_id)
        found = [
            MinutesItem(
                item,
                people.get(item.case, []),
                conflicts.get(item.case, []),
                records.get(item.id),
                actions.get(item.case, []),
            )
            for item in items
        ]
        attendance = await participants.of_meeting(work, meeting_id)
        return Minutes(seen.meeting, attendance, found), decisions
