"""What a meeting discusses: cases are proposed, put on the agenda, and taken off it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.meetings import Meetings, Seen
from services.cases.catalog import Catalog
from services.cases.model.agenda import Agenda, AgendaItem, ItemState, Proposal
from services.cases.model.dossiers import Part
from services.cases.model.meetings import Meeting
from services.cases.model.packs import Pack, PackItem
from services.cases.model.problems import TransitionRefused
from services.cases.rules import agenda as rules
from services.cases.rules import lifecycle
from services.cases.store import agenda, dossiers, packs
from services.cases.store.opening import Opener
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

MACHINE: Final = "agenda-item"
MOST_PROPOSALS: Final = 100


@dataclass(frozen=True, slots=True)
class Agendas:
    """Agendas of meetings, within the caller's transaction."""

    catalog: Catalog
    casework: Casework
    meetings: Meetings

    async def listed(self, work: Work, meeting_id: UUID) -> tuple[Agenda, tuple[Decision, ...]]:
        """What is on the agenda of the cases that the caller may see, and how full it is by them."""
        seen = await self.meetings.seen(work, meeting_id)
        items, decisions = self.allowed(work, await agenda.of_meeting(work, meeting_id))
        return Agenda(items, rules.load(items, seen.meeting.room.minutes)), decisions

    def allowed(
        self, work: Work, items: Sequence[AgendaItem]
    ) -> tuple[Sequence[AgendaItem], tuple[Decision, ...]]:
        """The items of cases that the caller may see, each by its own decision."""
        found = [(item, decision) for item in items if (decision := _decided(work, item)) is not None]
        return [item for item, _ in found], tuple(decision for _, decision in found)

    async def pack(self, work: Work, meeting: Meeting) -> tuple[Pack, tuple[Decision, ...]]:
        """The contents of the agenda, by the cases that the caller may see and by what may be seen of each.

        The caller has signed for the meeting: ``Participants.check_signed``, and the database holds it.
        """
        items, decisions = await self.discussed(work, meeting.id)
        people = await self.people(work, meeting.id)
        told = await packs.returns(work, self.casework.ring, meeting.id)
        found = [PackItem(item, people.get(item.case, []), told.get(item.id, [])) for item in items]
        return Pack(meeting, found), decisions

    async def discussed(
        self, work: Work, meeting_id: UUID
    ) -> tuple[Sequence[AgendaItem], tuple[Decision, ...]]:
        """The items that the caller may see and that were not taken off, each by its own decision."""
        found = await agenda.of_meeting(work, meeting_id)
        return self.allowed(work, [item for item in found if item.state is not ItemState.TAKEN_OFF])

    async def people(self, work: Work, meeting_id: UUID) -> Mapping[UUID, Sequence[Part]]:
        """Who is in the cases of a meeting, by case, the victim first, each once."""
        opener, people = Opener(self.casework.ring), dict[UUID, dict[UUID, Part]]()
        for kept in await dossiers.in_meeting(work, meeting_id):
            if kept.case is not None:
                people.setdefault(kept.case, {}).setdefault(kept.person, opener.part(kept))
        return {case: list(parts.values()) for case, parts in people.items()}

    async def proposed(self, work: Work, meeting_id: UUID) -> tuple[Sequence[Proposal], tuple[Decision, ...]]:
        """Cases that are new, or due for review by the day of the meeting, and on no agenda."""
        seen = await self.meetings.seen(work, meeting_id)
        states = self.catalog.meetings.agenda_states
        found = await agenda.proposed(work, seen.meeting, states, MOST_PROPOSALS)
        return found, tuple(work.permit.on(each.reach.resource()) for each in found)

    async def put(
        self, work: Work, meeting_id: UUID, case_id: UUID, minutes: int | None, late_reason: str | None
    ) -> UUID:
        """A case is to be discussed; the new item.

        Raises AgendaClosed, AlreadyOnAgenda, Malformed; NotFound for a meeting or case that is not the
        caller's; TransitionRefused for a case that is not discussed any more.
        """
        published = self.catalog.meetings
        rules.check_minutes(minutes, published)
        seen = await self.meetings.held(work, meeting_id)
        on = await self.casework.held(work, case_id)
        _check_case(on, seen, published.agenda_states)
        rules.check_open(seen.meeting, local_date(work.now), late_reason, published)
        made = new_id()
        room = seen.meeting.room
        await agenda.put(work, made, on.id, seen.meeting, minutes or room.minutes_per_case, late_reason)
        step = lifecycle.begun(self.catalog.lifecycles[MACHINE], made, "put-on")
        await self.casework.step(work, on, step)
        return made

    async def take_off(self, work: Work, item_id: UUID, reason: str, expected: int) -> AgendaItem:
        """A case is not discussed on that day; raises Malformed, StaleVersion, TransitionRefused."""
        rules.check_reason("/reason", reason, self.catalog.meetings.reasons[rules.TAKE_OFF])
        item, on = await self.held(work, item_id)
        if item.version != expected:
            raise StaleVersion
        machine = self.catalog.lifecycles[MACHINE]
        step = lifecycle.step(machine, item.id, item.state.value, rules.TAKE_OFF, reason)
        moved = await agenda.move(work, item, ItemState(step.target), reason=reason)
        await self.casework.step(work, on, step)
        return moved

    async def held(self, work: Work, item_id: UUID) -> tuple[AgendaItem, OnCase]:
        """An item to write to, with its case; NotFound when it is not there, or not the caller's."""
        found = await agenda.item(work, item_id)
        if found is None:
            raise NotFound
        on = await self.casework.held(work, found.case)
        again = await agenda.item(work, item_id)  # as it is now that nobody else writes about the case
        if again is None:
            raise NotFound
        return again, on

    async def one(self, work: Work, item_id: UUID) -> tuple[AgendaItem, Decision]:
        """One item; NotFound when it is not there, or not the caller's."""
        found = await agenda.item(work, item_id)
        if found is None:
            raise NotFound
        return found, work.permit.on(found.reach.resource())


def _decided(work: Work, item: AgendaItem) -> Decision | None:
    try:
        return work.permit.on(item.reach.resource())
    except NotFound:
        return None


def _check_case(on: OnCase, seen: Seen, states: frozenset[str]) -> None:
    if on.case.region != seen.meeting.region:
        raise Malformed(errors=[FieldError("/caseId", "other-region", "another network discusses this case")])
    if on.case.state not in states:
        raise TransitionRefused
