"""A region comes to its first meeting item by item; the national team advises regions, and sees no case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.start_problems import StartSettled
from services.cases.model.starts import Advice, RegionStart
from services.cases.rules import starts as rules
from services.cases.store import advice, starts
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import KeyRing

_CLASSES: Final = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class Starts:
    """Reads and moves the start of regions, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing

    async def read(self, work: Work, region: str) -> tuple[Decision, RegionStart]:
        """Where a region stands; NotFound for one that the caller may not see."""
        decision = self._region(work, region)
        return decision, await starts.read(work, self.ring, region)

    async def confirm(self, work: Work, region: str, item: str, evidence: str, version: int) -> None:
        """Somebody says that the region has it, and on what evidence; Malformed, NotFound, StartSettled."""
        decision, start = await self._held(work, region, version)
        self._item(item)
        rules.check_text("/evidence", evidence)
        if item in start.confirmations or start.first_meeting is not None:
            raise StartSettled
        await starts.confirm(work, self.ring, region, item, evidence)
        work.audit("update", [region, item], _CLASSES, decision)

    async def withdraw(self, work: Work, region: str, item: str, version: int) -> None:
        """It is not there after all; raises as :meth:`confirm`. Who had confirmed it stays written."""
        decision, start = await self._held(work, region, version)
        self._item(item)
        if item not in start.confirmations or start.first_meeting is not None:
            raise StartSettled
        await starts.withdraw(work, region, item)
        work.audit("update", [region, item], ["basic"], decision)

    async def first_meeting(
        self, work: Work, region: str, held_on: date, missing: Mapping[str, str], version: int
    ) -> None:
        """The network has met; raises RegionNotReady where something obligatory lacks without a reason."""
        decision, start = await self._held(work, region, version)
        if start.first_meeting is not None:
            raise StartSettled
        for place, why in enumerate(missing.values()):
            rules.check_text(f"/missing/{place}/why", why)
        rules.check_first_meeting(start, self.catalog.standard, held_on, missing, local_date(work.now))
        await starts.record(work, self.ring, region, held_on, missing)
        work.audit("create", [region], _CLASSES, decision)

    async def advise(self, work: Work, region: str, topic: str, text: str) -> UUID:
        """The national team writes to a region, about its work and about nobody; Malformed, NotFound."""
        decision = self._region(work, region)
        if topic not in self.catalog.standard.topics:
            raise Malformed(errors=[FieldError("/topic", "unknown", "there is no such topic")])
        rules.check_text("/text", text)
        made = await advice.write(work, self.ring, region, topic, text)
        work.audit("create", [made], _CLASSES, decision)
        return made

    async def note(self, work: Work, note: UUID) -> tuple[Decision, Advice]:
        """One note; NotFound."""
        found = await advice.one(work, self.ring, note)
        if found is None:
            raise NotFound
        return work.permit.on({"region": found.region}), found

    async def advised(
        self, work: Work, region: str, after: Place | None, most: int
    ) -> tuple[Decision, Page[Advice]]:
        """What a region was advised, the latest first."""
        decision = self._region(work, region)
        rows = await advice.page(work, self.ring, region, after, most + 1)
        return decision, page_of(rows, most, lambda row: Place(local_date(row.at), row.id))

    def _region(self, work: Work, region: str) -> Decision:
        if region not in self.catalog.regions:
            raise NotFound
        return work.permit.on({"region": region})

    def _item(self, item: str) -> None:
        if item not in self.catalog.standard.items:
            raise NotFound

    async def _held(self, work: Work, region: str, version: int) -> tuple[Decision, RegionStart]:
        decision = self._region(work, region)
        start = await starts.locked(work, self.ring, region)
        if start.version != version:
            raise StaleVersion
        return decision, start
