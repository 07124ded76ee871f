"""The action plan: proposed, taken by agencies, reported, reviewed by a meeting; each change is a step.

An agency reports its own actions; the coordinator of the region acts for all.
"""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.actions.reading import Shown
from services.cases.catalog import Catalog
from services.cases.model.dossiers import Reach
from services.cases.model.duties import About, Outcome, Thing, Waits
from services.cases.model.ids import CaseId
from services.cases.model.plan import (
    MACHINE,
    RUNNING,
    Assign,
    Command,
    Decline,
    Earlier,
    PlanFilters,
    Planned,
    PlanState,
    Proposal,
    Told,
    Volunteer,
)
from services.cases.rules import plan as rules
from services.cases.rules.duties import COORDINATOR, seats
from services.cases.rules.lifecycle import begun
from services.cases.store import plan as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES: Final = ("basic", "narrative")
ANSWER: Final = "action-answer"
DUE: Final = "action"
AGENCY: Final = "agency-member"


@dataclass(frozen=True, slots=True)
class Plans:
    """Keeps the plans of cases, within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def propose(self, work: Work, case_id: UUID, proposal: Proposal) -> UUID:
        """A new action; NotFound, Malformed."""
        on = await self.casework.held(work, case_id)
        setting = self._setting(work, on)
        rules.check_proposal(proposal, setting)
        planned = _planned(work, on, proposal)
        await store.make(work, planned, proposal.content, on.key)
        await self.casework.step(work, on, begun(setting.lifecycle, planned.id, "propose"), _CLASSES)
        await self._wait(work, on, planned)
        return planned.id

    async def act(self, work: Work, action_id: UUID, command: Command, expected: int) -> None:
        """Changes an action.

        Raises NotFound when it is not the caller's to change, StaleVersion, Malformed, TransitionRefused.
        """
        seen = await store.one(work, action_id)
        if seen is None:
            raise NotFound
        on = await self.casework.held(work, seen.planned.case)
        kept = await store.one(work, action_id)
        if kept is None:
            raise NotFound
        work.permit.on(_own(on.case.reach, kept.planned, command).resource())
        if kept.planned.version != expected:
            raise StaleVersion
        planned, step = rules.after(kept.planned, command, self._setting(work, on))
        planned = await _by_name(work, on, planned, command)
        content, outcome = rules.content_of(command), rules.outcome_of(command)
        if not await store.change(work, planned, content, outcome, on.key):
            raise StaleVersion
        await self.casework.step(work, on, step, _CLASSES)
        await self._wait(work, on, planned)

    async def read(self, work: Work, action_id: UUID) -> tuple[Told, Decision]:
        """An action with its words; NotFound when it is not the caller's to see."""
        kept = await store.one(work, action_id)
        if kept is None:
            raise NotFound
        told = store.told(kept, self.casework.ring)
        return told, work.permit.on(told.reach.resource())

    async def listed(
        self, work: Work, filters: PlanFilters, after: Place | None, most: int
    ) -> Shown[Page[Told]]:
        """Actions of the cases that the caller may see, what is due first first."""
        rows = await store.listed(work, seats(work.permit.caller), filters, after, most + 1)
        page = page_of(rows, most, lambda row: Place(row.planned.due_on, row.planned.id))
        found = [store.told(row, self.casework.ring) for row in page.items]
        pairs = [(told, decision) for told in found if (decision := _seen(work, told)) is not None]
        items = [told for told, _ in pairs]
        shown = [id_ for told in items for id_ in (told.planned.id, told.planned.case)]
        objects = tuple(dict.fromkeys(shown))
        return Shown(Page(items, page.next), tuple(decision for _, decision in pairs), objects)

    async def of_case(
        self, work: Work, case_id: UUID, state: PlanState | None, after: Place | None, most: int
    ) -> tuple[Page[Told], OnCase]:
        """The plan of one case, by its right; NotFound as for the case."""
        on = await self.casework.seen(work, case_id)
        filters = PlanFilters(case=on.id, state=state)
        rows = await store.listed(work, seats(work.permit.caller), filters, after, most + 1)
        page = page_of(rows, most, lambda row: Place(row.planned.due_on, row.planned.id))
        told = [store.told(row, self.casework.ring) for row in page.items]
        return Page(told, page.next), on

    async def versions(
        self, work: Work, action_id: UUID, before: Place | None, most: int
    ) -> tuple[Page[Earlier], OnCase]:
        """What an action was before its changes, the newest first; NotFound as for the action."""
        kept = await store.one(work, action_id)
        if kept is None:
            raise NotFound
        on = await self.casework.seen(work, kept.planned.case)
        rows = await store.earlier(work, action_id, before, most + 1, on.key)
        return page_of(rows, most, lambda row: Place(local_date(row.replaced_at), row.id)), on

    def _setting(self, work: Work, on: OnCase) -> rules.Setting:
        return rules.Setting(
            rules=self.catalog.plan,
            lifecycle=self.catalog.lifecycles[MACHINE],
            opened_on=on.case.opened_on,
            agencies={name.partition("@")[0] for name in on.case.taking_part},
            today=local_date(work.now),
        )

    async def _wait(self, work: Work, on: OnCase, planned: Planned) -> None:
        """What waits for whom now: an answer, or the action itself."""
        duties = Duties(self.catalog.clocks)
        over = planned.state in {PlanState.CANCELLED, PlanState.PROPOSED}
        outcome = Outcome.DROPPED if over else Outcome.DONE
        await duties.settle(work, planned.id, ANSWER, DUE, outcome=outcome)
        about = About(Thing.ACTION, planned.id, on.case.region, case=on.id)
        if planned.state is PlanState.PROPOSED:
            asked = Waits(AGENCY, planned.agency) if planned.agency else Waits(COORDINATOR)
            await duties.open(work, ANSWER, about, asked, local_date(work.now))
        elif planned.state in RUNNING:
            owner = Waits(AGENCY, planned.agency, planned.member)
            await duties.open(work, DUE, about, owner, planned.due_on)


def _planned(work: Work, on: OnCase, proposal: Proposal) -> Planned:
    return Planned(
        id=new_id(),
        case=CaseId(on.id),
        state=PlanState.PROPOSED,
        agency=proposal.agency,
        member=None,
        due_on=proposal.due_on,
        meeting=proposal.meeting,
        declined=(),
        reason=None,
        reviews=0,
        version=1,
        content_version=1,
        outcome_version=None,
        proposed_on=local_date(work.now),
        proposed_by=work.permit.caller.subject,
        changed_at=work.now,
    )


def _own(reach: Reach, planned: Planned, command: Command) -> Reach:
    """An action is its agency's: what the table asks of a case's agencies is asked of this one alone."""
    agency = command.agency if isinstance(command, Volunteer | Decline) else planned.agency
    mine = frozenset[str]() if agency is None else frozenset({f"{agency}@{reach.region}"})
    return replace(reach, agencies=mine)


async def _by_name(work: Work, on: OnCase, planned: Planned, command: Command) -> Planned:
    """Whoever has an action by name works for its agency today."""
    match command:
        case Volunteer(by_name=True):
            place, me = "/byName", work.permit.caller.subject
            member = await store.member(work, on.case.region, command.agency, subject=me)
        case Assign(member=UUID() as asked):
            place = "/memberId"
            member = await store.member(work, on.case.region, command.agency, id_=asked)
        case _:
            return planned
    if member is None:
        reason = "nobody of that name works for this agency in the region today"
        raise Malformed(errors=[FieldError(place, "not-of-agency", reason)])
    return replace(planned, member=member)


def _seen(work: Work, told: Told) -> Decision | None:
    try:
        return work.permit.on(told.reach.resource())
    except NotFound:
        return None
