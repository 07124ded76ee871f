"""How people in a case stand to each other: told, confirmed, refuted, removed; each direction by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.refusals import RelationExists
from services.cases.model.relations import MACHINE, Change, Dyad, KeptDyad
from services.cases.rules import lifecycle
from services.cases.rules import relations as rules
from services.cases.store import parties
from services.cases.store import relations as store
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES: Final = frozenset({"basic", "risk", "narrative"})


@dataclass(frozen=True, slots=True)
class Relations:
    """Works on dyads within the caller's transaction."""

    casework: Casework
    catalog: Catalog

    async def of_case(self, work: Work, case_id: UUID, *, ended: bool) -> tuple[OnCase, Sequence[KeptDyad]]:
        """The dyads of a case, threats first."""
        on = await self.casework.seen(work, case_id)
        return on, await store.of_case(work, on.id, on.key, ended=ended)

    async def read(self, work: Work, relation_id: UUID) -> tuple[OnCase, KeptDyad]:
        """One dyad, as it stands in this transaction."""
        case = await store.case_of(work, relation_id)
        if case is None:
            raise NotFound
        on = await self.casework.seen(work, case)
        found = await store.one(work, relation_id, on.key)
        if found is None:
            raise NotFound
        return on, found

    async def record(self, work: Work, case_id: UUID, dyad: Dyad) -> UUID:
        """Keeps a dyad; the other direction, if it is told as well, is another one and stays as it is."""
        on = await self.casework.held(work, case_id)
        rules.check(dyad, self.catalog.relations, self.catalog.listed)
        here = {(one.person, one.role) for one in await parties.of_case(work, on.id)}
        errors = [
            FieldError(f"/{name}/personId", "not-in-case", "nobody with this id takes part in this role")
            for name, end in (("from", dyad.source), ("to", dyad.target))
            if (end.person, end.role) not in here
        ]
        if errors:
            raise Malformed(errors=errors)
        if await store.holds(work, on.id, dyad):
            raise RelationExists
        machine = self.catalog.lifecycles[MACHINE]
        who = work.permit.caller.subject
        kept = KeptDyad(new_id(), on.id, dyad, machine.start, None, work.now, who, 1)
        await store.write(work, kept, on.key)
        await self.casework.step(work, on, lifecycle.begun(machine, kept.id, "record"), _CLASSES)
        return kept.id

    async def change(
        self, work: Work, relation_id: UUID, change: Change, reason: str | None, expected: int
    ) -> None:
        """Confirms, refutes or removes a dyad; what is refuted or removed stays readable."""
        case = await store.case_of(work, relation_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        rules.check_reason(change, reason, self.catalog.relations)
        kept = await store.one(work, relation_id, on.key)
        if kept is None:
            raise NotFound
        if kept.version != expected:
            raise StaleVersion
        machine = self.catalog.lifecycles[MACHINE]
        step = lifecycle.step(machine, kept.id, kept.state, change.value, reason)
        await store.move(work, kept.id, step.target, reason)
        await self.casework.step(work, on, step)
