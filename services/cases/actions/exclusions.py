"""A case is kept from a member: by the coordinator, or by the member's own word."""

from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.closed import ExclusionExists
from services.cases.model.exclusions import Exclusion, NewExclusion
from services.cases.rules import lifecycle
from services.cases.store import exclusions
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES = ("basic", "narrative")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Keeps exclusions within the caller's transaction."""

    catalog: Catalog
    casework: Casework

    async def of_case(
        self, work: Work, case_id: UUID, before: Place | None, most: int
    ) -> tuple[OnCase, Page[Exclusion]]:
        """The exclusions of a case, ended ones too; NotFound when the case is not the caller's to see."""
        on = await self.casework.seen(work, case_id)
        rows = await exclusions.of_case(work, on.id, on.key, before, most + 1)
        return on, page_of(rows, most, lambda row: Place(row.recorded_on, row.id))

    async def one(self, work: Work, exclusion_id: UUID) -> tuple[OnCase, Exclusion]:
        """One exclusion; NotFound as for its case."""
        case = await exclusions.case_of(work, exclusion_id)
        on = await self.casework.seen(work, case or exclusion_id)
        found = await exclusions.one(work, exclusion_id, on.key)
        if found is None:
            raise NotFound
        return on, found

    async def exclude(self, work: Work, case_id: UUID, new: NewExclusion) -> UUID:
        """Keeps the case from another member; its id.

        Raises NotFound, Malformed for somebody who is no member, for oneself and for a day that has come,
        ExclusionExists.
        """
        on = await self.casework.held(work, case_id)
        if new.member == work.permit.caller.subject:
            raise _malformed("/member", "oneself", "of oneself a conflict is declared: .../conflicts")
        if await exclusions.unknown(work, [new.member]):
            raise _malformed("/member", "unknown", "there is no such member")
        return await self._make(work, on, new, "record")

    async def declare(self, work: Work, case_id: UUID, new: NewExclusion) -> UUID:
        """The caller keeps away from a case; raises as :meth:`exclude`."""
        on = await self.casework.held(work, case_id)
        return await self._make(work, on, new, "declare")

    async def end(self, work: Work, exclusion_id: UUID, expected: int) -> None:
        """The case is the member's again; NotFound, StaleVersion, TransitionRefused when it has ended."""
        case = await exclusions.case_of(work, exclusion_id)
        on = await self.casework.held(work, case or exclusion_id)
        found = await exclusions.one(work, exclusion_id, on.key)
        if found is None:
            raise NotFound
        if found.version != expected:
            raise StaleVersion
        step = lifecycle.step(self.catalog.lifecycles["exclusion"], found.id, found.state, "end")
        await self.casework.step(work, on, step)
        await exclusions.end(work, found.id, step.target)

    async def _make(self, work: Work, on: OnCase, new: NewExclusion, action: str) -> UUID:
        today = local_date(work.now)
        if new.until is not None and new.until <= today:
            raise _malformed("/until", "past", "a day that is to come, or none")
        if await exclusions.holds(work, on.id, new.member):
            raise ExclusionExists
        step = lifecycle.begun(self.catalog.lifecycles["exclusion"], new_id(), action)
        await self.casework.step(work, on, step, _CLASSES)
        made = Exclusion(
            id=step.object_id,
            case=on.id,
            member=new.member,
            kind=new.kind,
            state=step.target,
            reason=new.reason,
            until=new.until,
            recorded_by=work.permit.caller.subject,
            recorded_at=work.now,
            recorded_on=today,
        )
        await exclusions.make(work, made, on.key)  # the last: the case may be gone for the caller now
        return step.object_id


def _malformed(pointer: str, code: str, reason: str) -> Malformed:
    return Malformed(errors=[FieldError(pointer, code, reason)])
