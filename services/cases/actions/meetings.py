"""A region plans its meetings, and says what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.dossiers import Reach
from services.cases.model.meetings import Meeting, MeetingKind, MeetingState, Room, Series, SeriesFacts
from services.cases.model.problems import MeetingNotYet
from services.cases.rules import lifecycle
from services.cases.rules import meetings as rules
from services.cases.store import meetings
from services.cases.store.meetings import Filters
from services.kit.calendar import add_months, local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

MACHINE = "meeting"
HOLD = "hold"
PAST_MONTHS = 3
MOST_IN_CALENDAR = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """A meeting, and the decision that shows it."""

    meeting: Meeting
    decision: Decision


@dataclass(frozen=True, slots=True)
class Meetings:
    """Series and meetings of regions, within the caller's transaction."""

    catalog: Catalog

    async def list_series(
        self, work: Work, region: str | None
    ) -> tuple[Sequence[Series], tuple[Decision, ...]]:
        """The series of the caller's regions."""
        found = await meetings.list_series(work, region)
        return found, tuple(self.decide(work, each.region) for each in found)

    async def add_series(self, work: Work, region: str, facts: SeriesFacts) -> UUID:
        """A new series; raises Malformed, and NotFound for another's region."""
        decision = self.decide(work, region)
        rules.check_series(facts, self.catalog.meetings)
        made = await meetings.add_series(work, region, facts)
        work.audit("create", [made], ["basic"], decision)
        return made

    async def series(self, work: Work, series_id: UUID) -> tuple[Series, Decision]:
        """One series; NotFound as for what is not the caller's."""
        found = await meetings.series(work, series_id)
        if found is None:
            raise NotFound
        return found, self.decide(work, found.region)

    async def change_series(self, work: Work, series_id: UUID, facts: SeriesFacts, expected: int) -> None:
        """What the series says from now on; meetings that were made of it stay as they are."""
        found = await meetings.series(work, series_id, lock=True)
        if found is None:
            raise NotFound
        decision = self.decide(work, found.region)
        if found.version != expected:
            raise StaleVersion
        rules.check_series(facts, self.catalog.meetings)
        await meetings.change_series(work, series_id, facts)
        work.audit("update", [series_id], ["basic"], decision)

    async def plan(self, work: Work, series_id: UUID, until: date) -> tuple[Sequence[Meeting], Decision]:
        """Makes the meetings of a series up to a day; those that were made before stay as they are."""
        series = await meetings.series(work, series_id, lock=True)
        if series is None:
            raise NotFound
        decision = self.decide(work, series.region)
        today = local_date(work.now)
        last = add_months(today, self.catalog.meetings.ahead_months)
        if not today <= until < last:
            reason = f"a day within the next {self.catalog.meetings.ahead_months} months"
            raise Malformed(errors=[FieldError("/until", "out-of-range", reason)])
        days = rules.days_of(series.facts, today, until)
        new = [self._made(series.region, MeetingKind.REGULAR, day, series.facts.room, today) for day in days]
        await meetings.add(work, [replace(each, series=series_id) for each in new])
        planned = await meetings.of_series(work, series_id, today)
        work.audit("create", [series_id, *(each.id for each in planned)], ["basic"], decision)
        return planned, decision

    async def call(self, work: Work, region: str, kind: MeetingKind, meets_on: date, room: Room) -> UUID:
        """A meeting beside the series; raises Malformed, and NotFound for another's region."""
        decision = self.decide(work, region)
        today = local_date(work.now)
        if kind is MeetingKind.REGULAR:
            raise Malformed(errors=[FieldError("/kind", "not-for-this", "regular meetings come of a series")])
        rules.check_meeting(meets_on, room, today, self.catalog.meetings)
        made = self._made(region, kind, meets_on, room, today)
        await meetings.add(work, [made])
        work.audit("create", [made.id], ["basic"], decision)
        return made.id

    async def seen(self, work: Work, meeting_id: UUID) -> Seen:
        """One meeting; NotFound when there is none, or it is not the caller's."""
        return self._allowed(work, await meetings.meeting(work, meeting_id))

    async def held(self, work: Work, meeting_id: UUID) -> Seen:
        """The same to write to: until the transaction ends nobody else writes about the meeting."""
        return self._allowed(work, await meetings.meeting(work, meeting_id, lock=True))

    async def listed(
        self, work: Work, filters: Filters, after: Place | None, most: int
    ) -> tuple[Page[Meeting], tuple[Decision, ...]]:
        """A page of meetings, the latest day first; the same filter as a single read."""
        rows = await meetings.listed(work, filters, after, most + 1)
        page = page_of(rows, most, lambda row: Place(row.meets_on, row.id))
        return page, tuple(self.decide(work, each.region) for each in page.items)

    async def upcoming(self, work: Work) -> tuple[Sequence[Meeting], tuple[Decision, ...]]:
        """The meetings of the caller's regions, from the last three months on, cancelled ones too."""
        since = add_months(local_date(work.now), -PAST_MONTHS)
        found = await meetings.listed(work, Filters(since=since), None, MOST_IN_CALENDAR)
        return found, tuple(self.decide(work, each.region) for each in found)

    async def move(  # noqa: PLR0913 - what an action says
        self,
        work: Work,
        meeting_id: UUID,
        action: str,
        *,
        reason: str | None,
        meets_on: date | None,
        expected: int,
    ) -> Meeting:
        """Puts off, closes the agenda of, reopens, holds or cancels a meeting.

        Raises Malformed, StaleVersion, MeetingNotYet, and TransitionRefused as the published machine says.
        """
        rules.check_move(action, reason=reason, meets_on=meets_on, rules=self.catalog.meetings)
        seen = await self.held(work, meeting_id)
        before = seen.meeting
        if before.version != expected:
            raise StaleVersion
        after = self._moved(before, action, reason, meets_on, local_date(work.now))
        moved = await meetings.move(work, before, after, action)
        work.audit("update", [meeting_id], ["basic"], seen.decision)
        return moved

    def _moved(
        self, before: Meeting, action: str, reason: str | None, meets_on: date | None, today: date
    ) -> Meeting:
        machine = self.catalog.lifecycles[MACHINE]
        step = lifecycle.step(machine, before.id, before.state.value, action, reason)
        if action == HOLD and before.meets_on > today:
            raise MeetingNotYet
        after = replace(before, state=MeetingState(step.target), reason=reason)
        if meets_on is None:
            return after
        rules.check_day(meets_on, today, self.catalog.meetings)
        closes, due = rules.deadlines(meets_on, today, before.kind, self.catalog.clocks)
        return replace(after, meets_on=meets_on, agenda_closes_on=closes, research_due_on=due)

    def decide(self, work: Work, region: str) -> Decision:
        """By the region; NotFound for what is not the caller's."""
        agencies = frozenset(f"{code}@{region}" for code in self.catalog.agencies)
        return work.permit.on(Reach(region, agencies, "").resource())

    def _allowed(self, work: Work, found: Meeting | None) -> Seen:
        if found is None:
            raise NotFound
        return Seen(found, self.decide(work, found.region))

    def _made(self, region: str, kind: MeetingKind, day: date, room: Room, today: date) -> Meeting:
        closes, due = rules.deadlines(day, today, kind, self.catalog.clocks)
        start = MeetingState(self.catalog.lifecycles[MACHINE].start)
        return Meeting(
            id=new_id(),
            region=region,
            series=None,
            kind=kind,
            state=start,
            planned_on=day,
            meets_on=day,
            room=room,
            agenda_closes_on=closes,
            research_due_on=due,
            reason=None,
            version=1,
        )
