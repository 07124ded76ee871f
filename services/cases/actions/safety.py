"""Safety plans: drawn up with the victim, agreed on a day, reviewed; reached at any hour."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.catalog import Catalog
from services.cases.model.duties import About, Outcome, Thing, Waits
from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.model.problems import SafetyPlanExists
from services.cases.model.safety import MACHINE, Replaced, SafetyPlan, SafetyState, Texts, Written
from services.cases.rules import safety as rules
from services.cases.rules.duties import COORDINATOR, SAFETY_PLAN
from services.cases.rules.lifecycle import begun
from services.cases.store import safety as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES: Final = ("basic", "contact", "narrative")
REVIEW: Final = "safety-plan-review"
Sections = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SafetyPlans:
    """Keeps safety plans, within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def draw_up(self, work: Work, case_id: UUID, part: UUID | None, sections: Sections) -> UUID:
        """A new plan for somebody; NotFound, Malformed, SafetyPlanExists."""
        on = await self.casework.held(work, case_id)
        self._keeps(work, on)
        texts = rules.texts(sections, self.catalog.safety)
        if part is not None and await store.role_of(work, on.id, part) not in self.catalog.safety.roles:
            reason = "plans are for the victim, children and others who live with the danger"
            raise Malformed(errors=[FieldError("/partId", "not-for-whom", reason)])
        written = Written(_new(work, on, part), texts)
        if not await store.make(work, written, on.key):
            raise SafetyPlanExists
        await self.casework.step(work, on, begun(self._lifecycle, written.plan.id, "draw-up"), _CLASSES)
        return written.plan.id

    async def amend(self, work: Work, plan_id: UUID, sections: Sections, expected: int) -> None:
        """Other words; what they replace is kept, and they must be agreed to. StaleVersion and the like."""
        on, plan = await self._held(work, plan_id, expected)
        texts = rules.texts(sections, self.catalog.safety)
        after, step = rules.amended(plan, self._lifecycle)
        await self._write(work, on, after, step, texts)

    async def agree(self, work: Work, plan_id: UUID, days: tuple[date, date], expected: int) -> None:
        """The victim agreed to the words on a day; on another they are looked at again."""
        on, plan = await self._held(work, plan_id, expected)
        today = local_date(work.now)
        after, step = rules.agreed(plan, days, self.catalog.safety, self._lifecycle, today)
        await self._write(work, on, after, step)
        duties = Duties(self.catalog.clocks)
        await duties.settle(work, on.id, SAFETY_PLAN)
        await duties.settle(work, plan.id, REVIEW)
        about = About(Thing.SAFETY_PLAN, plan.id, on.case.region, case=on.id)
        await duties.open(work, REVIEW, about, Waits(COORDINATOR), days[1])

    async def end(self, work: Work, plan_id: UUID, reason: str, expected: int) -> None:
        """Nobody follows the plan any more."""
        on, plan = await self._held(work, plan_id, expected)
        after, step = rules.ended(plan, reason, rules=self.catalog.safety, lifecycle=self._lifecycle)
        await self._write(work, on, after, step)
        await Duties(self.catalog.clocks).settle(work, plan.id, REVIEW, outcome=Outcome.DROPPED)

    async def read(self, work: Work, plan_id: UUID) -> tuple[Written, OnCase]:
        """A plan with its words; NotFound when it is not the caller's to see."""
        on = await self._seen(work, plan_id)
        written = await store.one(work, plan_id, on.key)
        if written is None:
            raise NotFound
        return written, on

    async def of_case(self, work: Work, case_id: UUID) -> tuple[list[Written], OnCase]:
        """The plans of a case, those that are followed first; NotFound as for the case."""
        on = await self.casework.seen(work, case_id)
        return list(await store.of_case(work, on.id, on.key)), on

    async def versions(
        self, work: Work, plan_id: UUID, before: Place | None, most: int
    ) -> tuple[Page[Replaced], OnCase]:
        """What a plan was before its changes, the newest first."""
        on = await self._seen(work, plan_id)
        rows = await store.earlier(work, plan_id, before, most + 1, on.key)
        return page_of(rows, most, lambda row: Place(local_date(row.replaced_at), row.id)), on

    @property
    def _lifecycle(self) -> Lifecycle:
        return self.catalog.lifecycles[MACHINE]

    async def _seen(self, work: Work, plan_id: UUID) -> OnCase:
        case = await store.case_of(work, plan_id)
        if case is None:
            raise NotFound
        return await self.casework.seen(work, case)

    async def _held(self, work: Work, plan_id: UUID, expected: int) -> tuple[OnCase, SafetyPlan]:
        case = await store.case_of(work, plan_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        self._keeps(work, on)
        written = await store.one(work, plan_id, on.key)
        if written is None:
            raise NotFound
        if written.plan.version != expected:
            raise StaleVersion
        return on, written.plan

    def _keeps(self, work: Work, on: OnCase) -> None:
        """NotFound unless the coordinator asks, or an agency of the case that keeps plans."""
        keeping = frozenset(
            name for name in on.case.taking_part if name.partition("@")[0] in self.catalog.safety.keepers
        )
        work.permit.on(replace(on.case.reach, agencies=keeping).resource())

    async def _write(
        self, work: Work, on: OnCase, plan: SafetyPlan, step: Step, texts: Texts | None = None
    ) -> None:
        await store.change(work, plan, texts, on.key)
        await self.casework.step(work, on, step, _CLASSES)


def _new(work: Work, on: OnCase, part: UUID | None) -> SafetyPlan:
    return SafetyPlan(
        id=new_id(),
        case=on.id,
        part=part,
        state=SafetyState.DRAFT,
        agreed_on=None,
        agreed_version=None,
        review_on=None,
        reason=None,
        version=1,
        content_version=1,
        changed_at=work.now,
        changed_by=work.permit.caller.subject,
    )
