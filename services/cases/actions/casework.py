"""The one way to work on a case: hold it, take a step, and have it told, kept and audited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.codes import EventType
from services.cases.model.dossiers import ListedCase
from services.cases.model.ids import CaseId
from services.cases.model.lifecycle import Step, TakenStep
from services.cases.rules import casetypes
from services.cases.rules import events as told
from services.cases.store import casework, events
from services.cases.store.casework import KeptCase
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import NotFound
from services.kit.sealed import DataKey, KeyRing


@dataclass(frozen=True, slots=True)
class OnCase:
    """A case that the caller may work on in this operation; ``key`` seals what hangs on it."""

    case: ListedCase
    key: DataKey
    decision: Decision

    @property
    def id(self) -> CaseId:
        """Which case."""
        return self.case.id


@dataclass(frozen=True, slots=True)
class Casework:
    """Finds cases for work, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing

    async def seen(self, work: Work, case_id: UUID) -> OnCase:
        """A case to read from; NotFound when there is none that the caller may do this on."""
        return _allowed(work, await casework.seen(work, self.ring, case_id))

    async def held(self, work: Work, case_id: UUID) -> OnCase:
        """The same to write to: until the transaction ends nobody else writes about the case.

        Raises TransitionRefused for an operation that cases of its type are without.
        """
        on = _allowed(work, await casework.held(work, self.ring, case_id))
        casetypes.has(self.catalog.case_types.by_code[on.case.case_type], work.permit.operation)
        return on

    async def coming(self, work: Work, case_id: UUID, region: str) -> OnCase:
        """A case that a region is asked to take, held by the right of that region; NotFound otherwise."""
        kept = await casework.held(work, self.ring, case_id)
        if kept is None:
            raise NotFound
        reach = {**kept.case.reach.resource(), "region": region}
        return OnCase(kept.case, kept.key, work.permit.on(reach))

    async def steps(self, work: Work, on: OnCase, steps: Sequence[Step]) -> None:
        """Keeps several steps of one change, told and audited as :meth:`step` does."""
        if not steps:
            return
        today = local_date(work.now)
        await casework.take_steps(work, on.id, steps)
        news = [(EventType.CASE_STEP, told.case_step(on.case, step, today)) for step in steps]
        await events.append(work, on.id, news)
        work.audit("update", [on.id, *(step.object_id for step in steps)], ("basic",), on.decision)

    async def step(self, work: Work, on: OnCase, step: Step, fields: Iterable[str] = ("basic",)) -> None:
        """Keeps a step of a thing of the case, tells the feed, and leaves the audit row.

        The caller writes the thing itself, in the same transaction, in the state ``step.target``; ``fields``
        are the classes of what it wrote.
        """
        today = local_date(work.now)
        await casework.take_step(work, on.id, step)
        await events.append(work, on.id, [(EventType.CASE_STEP, told.case_step(on.case, step, today))])
        work.audit(
            "create" if step.source is None else "update", [step.object_id, on.id], fields, on.decision
        )

    async def history(
        self, work: Work, case_id: UUID, before: Place | None, most: int
    ) -> tuple[OnCase, Page[TakenStep]]:
        """The steps of a case, the newest first; NotFound as for :meth:`seen`."""
        on = await self.seen(work, case_id)
        rows = await casework.steps(work, on.id, before, most + 1)
        return on, page_of(rows, most, lambda row: Place(local_date(row.at), row.id))


def _allowed(work: Work, kept: KeptCase | None) -> OnCase:
    if kept is None:
        raise NotFound
    return OnCase(kept.case, kept.key, work.permit.on(kept.case.reach.resource()))
