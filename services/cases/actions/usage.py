"""Somebody decides whether a person may see in the Data Tracker what left the case about them."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.disclosures import Discloser
from services.cases.catalog import Catalog
from services.cases.model.codes import EventType
from services.cases.model.dossiers import Part
from services.cases.model.usage import MACHINE, UsageAction, UsageDecision, UsageState
from services.cases.rules import events as told
from services.cases.rules import lifecycle
from services.cases.store import dossiers, events, usage
from services.cases.store.opening import Opener
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound

_CLASSES: Final = ("basic",)


@dataclass(frozen=True, slots=True)
class UsageDesk:
    """Keeps decisions, within the caller's transaction; NotFound as for the case."""

    catalog: Catalog
    casework: Casework
    discloser: Discloser

    async def decide(
        self, work: Work, case_id: UUID, person: UUID, action: UsageAction, reason: str
    ) -> UsageDecision:
        """Decides about one person of a case, for all that has left until now.

        Raises NotFound, Malformed for a person who is not in the case or a reason that is not published, and
        TransitionRefused for what holds already.
        """
        on = await self.casework.held(work, case_id)
        part = await self._part(work, on, person)
        self._check(part, action, reason)
        if part is None:
            raise NotFound  # said before
        state = await usage.last(work, on.id, part.person_id)
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], part.person_id, state.value, action, reason)
        decision = UsageDecision(
            id=new_id(),
            case=on.id,
            person=part.person_id,
            state=UsageState(step.target),
            reason=reason,
            decided_at=work.now,
            decided_by=work.permit.caller.subject,
            subject=self.discloser.whom(part),
            handle=self.discloser.handle(on.id),
        )
        await usage.keep(work, decision)
        await self.casework.step(work, on, step, _CLASSES)
        news = told.usage_decided(on.case, decision, local_date(work.now))
        await events.append(work, on.id, [(EventType.USAGE_DECIDED, news)])
        return decision

    async def of_case(
        self, work: Work, case_id: UUID, before: Place | None, most: int
    ) -> tuple[OnCase, Page[UsageDecision]]:
        """The decisions of a case, the newest first."""
        on = await self.casework.seen(work, case_id)
        rows = await usage.of_case(work, on.id, before, most + 1)
        return on, page_of(rows, most, lambda row: Place(local_date(row.decided_at), row.id))

    async def _part(self, work: Work, on: OnCase, person: UUID) -> Part | None:
        kept = next((one for one in await dossiers.in_case(work, on.id) if one.person == person), None)
        return None if kept is None else Opener(self.casework.ring).part(kept)

    def _check(self, part: Part | None, action: UsageAction, reason: str) -> None:
        errors = []
        if part is None:
            errors.append(FieldError("/personId", "unknown", "there is no such person in the case"))
        if reason not in self.catalog.usage.reasons[action]:
            errors.append(FieldError("/reason", "unknown", "there is no such reason for this"))
        if errors:
            raise Malformed(errors=errors)
