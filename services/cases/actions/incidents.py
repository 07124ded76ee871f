"""What happens to the victim while her case is here: told by an agency or the coordinator."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.proposals import Proposals
from services.cases.catalog import Catalog
from services.cases.model.monitoring import Incident
from services.cases.rules import lifecycle
from services.cases.rules.monitoring import check_word
from services.cases.store import incidents
from services.kit.calendar import is_future, local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES = frozenset({"basic", "risk", "narrative"})


@dataclass(frozen=True, slots=True)
class Told:
    """An incident as somebody tells it."""

    kind: str
    occurred_at: datetime
    description: str


@dataclass(frozen=True, slots=True)
class Incidents:
    """Keeps, lists and retracts incidents, within the caller's transaction; NotFound as for the case."""

    catalog: Catalog
    casework: Casework

    async def record(self, work: Work, case: UUID, told: Told) -> UUID:
        """Keeps an incident, whatever the state of the case; its id. Malformed for one yet to come."""
        on = await self.casework.held(work, case)
        check_word("/kind", told.kind, self.catalog.monitoring.incident_kinds)
        if is_future(told.occurred_at, work.now):
            raise Malformed(errors=[FieldError("/occurredAt", "future", "it has not happened yet")])
        return await self.keep(work, on, told, by=work.permit.caller.subject)

    async def keep(self, work: Work, on: OnCase, told: Told, *, by: str, may_repeat: bool = True) -> UUID:
        """Keeps an incident that breaks no rule, as ``by`` tells it; its id.

        It is proposed to be referred again where it is a repeat, unless it is known not to be one.
        """
        incident = await incidents.keep(
            work,
            on.key,
            on.id,
            by=by,
            kind=told.kind,
            occurred_at=told.occurred_at,
            description=told.description,
        )
        begun = lifecycle.begun(self.catalog.lifecycles["incident"], incident, "record")
        await self.casework.step(work, on, begun, _CLASSES)
        if may_repeat:
            proposals = Proposals(self.catalog, self.casework)
            await proposals.propose(work, on, incident, told.kind, told.occurred_at)
        return incident

    async def retract(self, work: Work, incident: UUID, reason: str, expected: int) -> None:
        """An incident was recorded in error; StaleVersion, TransitionRefused as ever."""
        case = await incidents.case_of(work, incident)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        found = await self._one(work, on, incident)
        if found.version != expected:
            raise StaleVersion
        proposals = Proposals(self.catalog, self.casework)
        machine = self.catalog.lifecycles["incident"]
        step = lifecycle.step(machine, incident, found.state, "retract", reason)
        check_word("/reason", reason, self.catalog.monitoring.retraction_reasons)
        await incidents.retract(work, incident, reason)
        await self.casework.step(work, on, step)
        await proposals.drop(work, on, incident)

    async def one(self, work: Work, incident: UUID) -> tuple[OnCase, Incident]:
        """One incident, to read."""
        case = await incidents.case_of(work, incident)
        if case is None:
            raise NotFound
        on = await self.casework.seen(work, case)
        return on, await self._one(work, on, incident)

    async def of_case(
        self, work: Work, case: UUID, after: Place | None, most: int
    ) -> tuple[OnCase, Page[Incident]]:
        """The incidents of a case, the newest first."""
        on = await self.casework.seen(work, case)
        rows = await incidents.of_case(work, on.key, on.id, after, most + 1)
        return on, page_of(rows, most, lambda row: Place(local_date(row.occurred_at), row.id))

    @staticmethod
    async def _one(work: Work, on: OnCase, incident: UUID) -> Incident:
        found = await incidents.one(work, on.key, incident)
        if found is None:
            raise NotFound
        return found
