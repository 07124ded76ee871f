"""What is known of people within a case: read, told, corrected by the next version, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.matching import Spelling
from services.cases.model.problems import TransitionRefused
from services.cases.model.records import About, Category, Entry, Only, Told
from services.cases.rules import lifecycle
from services.cases.rules import records as rules
from services.cases.store import parties, people
from services.cases.store import records as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import BlindIndex

MACHINE: Final = "entry"


@dataclass(frozen=True, slots=True)
class Shown:
    """Entries of a case, and the case that they are read in."""

    on: OnCase
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Records:
    """Works on entries within the caller's transaction; ``index`` is that by which people are found again."""

    casework: Casework
    catalog: Catalog
    index: BlindIndex

    async def of_case(
        self, work: Work, case_id: UUID, only: Only, before: Place | None, most: int
    ) -> tuple[OnCase, Page[Entry]]:
        """The entries of a case that hold, of the categories that the caller may read."""
        on = await self.casework.seen(work, case_id)
        readable = self.catalog.listed.readable(on.decision.fields)
        wanted = store.Wanted(readable, only, before, most + 1)
        rows = await store.of_case(work, on.id, on.key, wanted)
        return on, page_of(rows, most, lambda row: Place(local_date(row.recorded_at), row.id))

    async def versions(self, work: Work, entry_id: UUID) -> Shown:
        """All versions of an entry, the last one first; NotFound where the caller may not read it."""
        case = await store.case_of(work, entry_id)
        if case is None:
            raise NotFound
        on = await self.casework.seen(work, case)
        return Shown(on, await self._readable(work, entry_id, on))

    async def record(self, work: Work, case_id: UUID, about: About, told: Told) -> Entry:
        """Keeps what is told of somebody who takes part in the case in this role."""
        on = await self.casework.held(work, case_id)
        today = local_date(work.now)
        found = rules.check(self.catalog.listed, about.category, about.role, told, today=today)
        self._writable(found, on)
        people_here = await parties.of_case(work, on.id)
        if not any((one.person, one.role) == (about.person, about.role) for one in people_here):
            error = FieldError("/personId", "not-in-case", "nobody with this id takes part in this role")
            raise Malformed(errors=[error])
        return await self.keep(work, on, about, told)

    async def keep(self, work: Work, on: OnCase, about: About, told: Told) -> Entry:
        """The first version of an entry, which is checked already."""
        entry = Entry(
            id=new_id(),
            version=1,
            case=on.id,
            person=about.person,
            role=about.role,
            category=about.category,
            told=told,
            recorded_at=work.now,
            recorded_by=work.permit.caller.subject,
            retracted=None,
            replaced_at=None,
        )
        await self._write(work, on, entry)
        step = lifecycle.begun(self.catalog.lifecycles[MACHINE], entry.id, "record")
        await self.casework.step(work, on, step, self._classes(entry))
        return entry

    async def correct(self, work: Work, entry_id: UUID, told: Told, expected: int) -> Entry:
        """The next version of an entry; the one before stays readable."""
        on, last = await self._held(work, entry_id, expected)
        rules.check(self.catalog.listed, last.category, last.role, told, today=local_date(work.now))
        return await self._next(work, on, replace(last, told=told), "correct", None)

    async def retract(self, work: Work, entry_id: UUID, reason: str, expected: int) -> Entry:
        """An entry that should not be there: its last version has no value, and says why."""
        on, last = await self._held(work, entry_id, expected)
        rules.check_code(self.catalog.listed.retractions, reason)
        told = replace(last.told, value={})
        return await self._next(work, on, replace(last, told=told, retracted=reason), "retract", reason)

    async def _held(self, work: Work, entry_id: UUID, expected: int) -> tuple[OnCase, Entry]:
        case = await store.case_of(work, entry_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        last = (await self._readable(work, entry_id, on))[0]
        if last.version != expected:
            raise StaleVersion
        if last.retracted is not None:
            raise TransitionRefused
        return on, last

    async def _readable(self, work: Work, entry_id: UUID, on: OnCase) -> Sequence[Entry]:
        entries = await store.versions(work, entry_id, on.key)
        if not entries or entries[0].category not in self.catalog.listed.readable(on.decision.fields):
            raise NotFound
        return entries

    async def _next(self, work: Work, on: OnCase, entry: Entry, action: str, reason: str | None) -> Entry:
        who = work.permit.caller.subject
        entry = replace(entry, version=entry.version + 1, recorded_at=work.now, recorded_by=who)
        await self._write(work, on, entry)
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], entry.id, "recorded", action, reason)
        await self.casework.step(work, on, step, self._classes(entry))
        return entry

    async def _write(self, work: Work, on: OnCase, entry: Entry) -> None:
        await store.write(work, entry, on.key)
        tokens = people.tokens_of(entry, self.index, self._spelling)
        await people.remember(work, entry.person, tokens)

    @property
    def _spelling(self) -> Spelling:
        return self.catalog.matching.spelling

    def _classes(self, entry: Entry) -> frozenset[str]:
        return frozenset({"basic", self.catalog.listed.categories[entry.category].field_class})

    @staticmethod
    def _writable(category: Category, on: OnCase) -> None:
        """Nobody writes what they may not read: to them there is no such category."""
        if category.field_class not in on.decision.fields:
            reason = "there is no such category of data"
            raise Malformed(errors=[FieldError("/category", "unknown", reason)])
