"""KKS: a measure is kept, the victim is reached at once, and the threatening person is offered help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.catalog import Catalog
from services.cases.model.duties import About, Outcome, Thing, Waits
from services.cases.model.lifecycle import Lifecycle
from services.cases.model.problems import TransitionRefused
from services.cases.model.removals import (
    MACHINE,
    NewRemoval,
    Removal,
    RemovalState,
    VictimContact,
    WholeRemoval,
)
from services.cases.rules import lifecycle
from services.cases.rules import removals as rules
from services.cases.rules.duties import COORDINATOR
from services.cases.rules.monitoring import check_word
from services.cases.store import offers
from services.cases.store import removals as store
from services.kit.calendar import is_future, local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

REACH: Final = "removal-victim-contact"
ENDS: Final = "removal-ends"
_AGENCY: Final = "agency-member"
_CLASSES = frozenset({"basic", "criminal"})


@dataclass(frozen=True, slots=True)
class Removals:
    """Keeps measures, within the caller's transaction; NotFound as for the case."""

    catalog: Catalog
    casework: Casework

    async def record(self, work: Work, case_id: UUID, told: NewRemoval) -> UUID:
        """The threatening person is kept away; the measure's id. Raises NotFound, Malformed."""
        on = await self.casework.held(work, case_id)
        roles = await offers.roles(work, on.id, told.person)
        new = rules.check(self.catalog.removals, told, roles, work.now)
        if new.referral is not None and not await store.is_of_case(work, on.id, new.referral):
            raise Malformed(errors=[FieldError("/referralId", "unknown", "no referral of this case")])
        made = await store.make(work, on.id, on.key, new)
        await self.casework.step(work, on, lifecycle.begun(self._machine, made, "record"), _CLASSES)
        await self._reach(work, on, made, local_date(new.ordered_at))
        await self._ends(work, on, made, new.ends_at)
        return made

    async def extend(self, work: Work, removal_id: UUID, ends_at: datetime, expected: int) -> None:
        """It lasts longer, and the victim is told so; StaleVersion, TransitionRefused, Malformed."""
        on, found = await self._held(work, removal_id, expected)
        after, step = rules.extended(self.catalog.removals, self._machine, found, ends_at)
        await store.move(work, after)
        await self.casework.step(work, on, step, _CLASSES)
        await self._duties.settle(work, found.id, ENDS, outcome=Outcome.DROPPED)
        await self._reach(work, on, found.id, local_date(work.now))
        await self._ends(work, on, found.id, after.ends_at)

    async def end(self, work: Work, removal_id: UUID, day: date, reason: str, expected: int) -> None:
        """It is over, by time or otherwise; StaleVersion, TransitionRefused, Malformed."""
        on, found = await self._held(work, removal_id, expected)
        today = local_date(work.now)
        after, step = rules.ended(self.catalog.removals, self._machine, found, day, reason, today)
        await store.move(work, after)
        await self.casework.step(work, on, step, _CLASSES)
        await self._duties.settle(work, found.id, ENDS)
        await self._duties.settle(work, found.id, REACH, outcome=Outcome.DROPPED)

    async def contact(self, work: Work, removal_id: UUID, at: datetime, outcome: str) -> None:
        """Somebody called the victim, or tried to. Malformed, TransitionRefused when the measure is over."""
        case = await store.case_of(work, removal_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        found = await self._one(work, on, removal_id)
        if found.removal.state is not RemovalState.IN_FORCE:
            raise TransitionRefused(errors=[FieldError("", "ended", "the measure is over")])
        check_word("/outcome", outcome, self.catalog.removals.outcomes)
        if is_future(at, work.now):
            raise Malformed(errors=[FieldError("/contactedAt", "future", "it has not happened yet")])
        if at < found.removal.ordered_at:
            raise Malformed(errors=[FieldError("/contactedAt", "before-start", "not before it was ordered")])
        who = work.permit.caller.subject
        made = VictimContact(new_id(), at, outcome, who, work.now)
        await store.call(work, found.removal, made)
        work.audit("create", [made.id, removal_id, on.id], ["basic"], on.decision)
        if outcome in self.catalog.removals.settling:
            await self._duties.settle(work, removal_id, REACH)

    async def of_case(self, work: Work, case_id: UUID) -> tuple[OnCase, Sequence[WholeRemoval]]:
        """The measures of a case, the newest first."""
        on = await self.casework.seen(work, case_id)
        return on, await store.of_case(work, on.id, on.key)

    async def one(self, work: Work, removal_id: UUID) -> tuple[OnCase, WholeRemoval]:
        """A measure, to read."""
        case = await store.case_of(work, removal_id)
        if case is None:
            raise NotFound
        on = await self.casework.seen(work, case)
        return on, await self._one(work, on, removal_id)

    @property
    def _machine(self) -> Lifecycle:
        return self.catalog.lifecycles[MACHINE]

    @property
    def _duties(self) -> Duties:
        return Duties(self.catalog.clocks)

    async def _one(self, work: Work, on: OnCase, removal_id: UUID) -> WholeRemoval:
        every = await store.of_case(work, on.id, on.key)
        found = next((each for each in every if each.removal.id == removal_id), None)
        if found is None:
            raise NotFound
        return found

    async def _held(self, work: Work, removal_id: UUID, expected: int) -> tuple[OnCase, Removal]:
        case = await store.case_of(work, removal_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        found = (await self._one(work, on, removal_id)).removal
        if found.version != expected:
            raise StaleVersion
        return on, found

    async def _reach(self, work: Work, on: OnCase, removal: UUID, since: date) -> None:
        """The victim is called at once: by the agency that does so, where it takes part in the case."""
        caller = self.catalog.removals.caller
        waits = Waits(_AGENCY, caller) if caller in on.case.agencies else Waits(COORDINATOR)
        await self._duties.open(work, REACH, _about(on, removal), waits, since)

    async def _ends(self, work: Work, on: OnCase, removal: UUID, ends_at: datetime | None) -> None:
        """Before he may come back somebody looks whether she is safe."""
        if ends_at is not None:
            day = local_date(ends_at)
            await self._duties.open(work, ENDS, _about(on, removal), Waits(COORDINATOR), day)


def _about(on: OnCase, removal: UUID) -> About:
    return About(Thing.REMOVAL, removal, on.case.region, case=on.id)
