"""How long a case is kept, and what holds it beyond that."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.retention import Ending, Hold, HoldExists, Retention
from services.cases.rules import lifecycle
from services.cases.rules import retention as rules
from services.cases.store import retention as store
from services.kit.calendar import add_months, local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

MACHINE: Final = "retention-hold"
_CLASSES: Final = ("basic", "narrative")


@dataclass(frozen=True, slots=True)
class Retaining:
    """Reads terms and keeps holds, within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def of_case(self, work: Work, case_id: UUID) -> tuple[OnCase, Retention]:
        """The term of a case, when it ends and why then; counted from the facts, now."""
        on = await self.casework.seen(work, case_id)
        published = self.catalog.retention
        term = published.terms["case"]
        holds = await store.holds(work, on.id, on.key)
        ending = await self._ending(work, on)
        return on, Retention(on.id, term, published.version, ending, holds)

    async def holds(self, work: Work, case_id: UUID) -> tuple[OnCase, tuple[Hold, ...]]:
        """The holds on a case, also those that were lifted."""
        on = await self.casework.seen(work, case_id)
        return on, tuple(await store.holds(work, on.id, on.key))

    async def one(self, work: Work, hold_id: UUID) -> tuple[OnCase, Hold]:
        """One hold; NotFound as for its case."""
        on = await self.casework.seen(work, await store.case_of(work, hold_id) or hold_id)
        return on, _there(await store.hold(work, hold_id, on.key))

    async def hold(self, work: Work, case_id: UUID, ground: str, reason: str) -> UUID:
        """From now on the case is not erased; Malformed, HoldExists on the same ground."""
        on = await self.casework.held(work, case_id)
        rule = self.catalog.retention.holds.get(ground)
        if rule is None:
            raise Malformed(errors=[FieldError("/ground", "unknown", "there is no such ground")])
        kept = await store.holds(work, on.id, on.key)
        if any(each.ground == ground and each.state == "in-force" for each in kept):
            raise HoldExists
        step = lifecycle.begun(self.catalog.lifecycles[MACHINE], new_id(), "hold")
        await self.casework.step(work, on, step, _CLASSES)
        made = Hold(
            id=step.object_id,
            case=on.id,
            ground=ground,
            state=step.target,
            reason=reason,
            set_by=work.permit.caller.subject,
            set_at=work.now,
            review_on=add_months(local_date(work.now), rule.review_after_months),
            lifted_by=None,
            lifted_at=None,
            lifted_reason=None,
            version=1,
        )
        await store.set_hold(work, made, on.key)
        return made.id

    async def lift(self, work: Work, hold_id: UUID, reason: str, expected: int) -> None:
        """The hold does not hold any more; Malformed, StaleVersion, TransitionRefused."""
        on = await self.casework.held(work, await store.case_of(work, hold_id) or hold_id)
        hold = _there(await store.hold(work, hold_id, on.key))
        if hold.version != expected:
            raise StaleVersion
        if reason not in self.catalog.retention.lift_reasons:
            raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], hold.id, hold.state, "lift", reason)
        await self.casework.step(work, on, step)
        await store.lift(work, hold.id, step.target, reason)

    async def _ending(self, work: Work, on: OnCase) -> Ending:
        facts = await store.facts(work, self.casework.ring, on.id)
        if facts is None:
            raise NotFound
        return rules.ending(facts, self.catalog.retention.terms["case"])


def _there(hold: Hold | None) -> Hold:
    if hold is None:
        raise NotFound
    return hold
