"""Our own worker reads the audit log for what is out of the ordinary, and reports it to the owners."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from services.cases.catalog import Catalog
from services.cases.model.unusual import Came, Unusual
from services.cases.rules import glass
from services.cases.rules import unusual as rules
from services.cases.store import unusual
from services.kit.db import Database, Work
from services.kit.policy import Caller, Policy

WORKER: Final = "worker:watch"
BATCH: Final = 500
_KEPT: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class AccessWatch:
    """Looks at every row of the audit log once; any number may run, one at a time gets on."""

    database: Database
    policy: Policy
    catalog: Catalog

    async def round(self, most: int = BATCH) -> int:
        """Looks at what has come, in one transaction; how many rows about members it was."""
        permit = self.policy.permit(Caller.system(WORKER, "cases"), "watch_accesses", "accountability")
        async with self.database.work(permit, str(uuid4())) as work:
            position, came = await unusual.after(work, most)
            if position is None:
                return 0
            found = [*await self._reads(work, came), *await self._attempts(work, came)]
            for one in found:
                fallback = glass.fallback(one.own, self.catalog.glass)
                await unusual.report(work, one, self.catalog.glass.second_agencies, fallback)
            await unusual.move(work, position)
            if found:
                decision = work.permit.on({})
                cases = list(dict.fromkeys(one.case for one in found))
                work.audit("create", cases, ["basic"], decision)
        return len(came)

    async def _reads(self, work: Work, came: Sequence[Came]) -> Sequence[Unusual]:
        """After the rows were read every case gets its handle: none that they name is without."""
        told, offices = self.catalog.unusual, self.catalog.seals.agency_of_role
        reads = [one for one in came if rules.is_looked_at(one, told)]
        await unusual.call_all(work, BATCH)
        cases = await unusual.named(work, (handle for one in reads for handle in one.handles))
        looks = [(one, *cases[handle]) for one in reads for handle in one.handles if handle in cases]
        seen = await unusual.seen(work, [(one.actor, rules.hour_of(one.at), case) for one, case, _ in looks])
        await unusual.forget(work, work.now - _KEPT)
        many = [
            rules.of_many(one, case, region, told, offices)
            for one, case, region in looks
            if seen[one.actor, rules.hour_of(one.at)] > told.more_than
        ]
        holidays = self.catalog.clocks.holidays
        return [
            *(each for one in reads for each in rules.of_reading(one, cases, told, holidays, offices)),
            *many,
        ]

    async def _attempts(self, work: Work, came: Sequence[Came]) -> Sequence[Unusual]:
        told, offices = self.catalog.unusual, self.catalog.seals.agency_of_role
        refused = [one for one in came if one.refused and one.handles]
        found: list[Unusual] = []
        for actor in dict.fromkeys(one.actor for one in refused):
            kept = await unusual.kept_from(work, actor)
            found += [
                rules.of_attempt(one, kept[handle], told, offices)
                for one in refused
                if one.actor == actor
                for handle in one.handles
                if handle in kept
            ]
        return found
