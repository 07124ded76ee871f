"""The pool of support persons of a region: who is in it, what they have learnt, how they are guided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.support import Particulars, Supervision, SupportPerson, Terms
from services.cases.rules import support as rules
from services.cases.rules.monitoring import check_word
from services.cases.store import support as store
from services.cases.store.people import CODE
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.personal_code import PersonalCode
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import BlindIndex, DataKey, KeyRing

_CLASSES = frozenset({"basic", "identity", "contact"})


@dataclass(frozen=True, slots=True)
class Guided:
    """A supervision, as told."""

    kind: str
    held_on: date
    minutes: int
    participants: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class SupportPool:
    """Keeps the pool, within the caller's transaction; NotFound for what is not the caller's to see."""

    catalog: Catalog
    ring: KeyRing
    index: BlindIndex = field(repr=False)

    async def add(  # noqa: PLR0913, PLR0917 - the facts of one person
        self,
        work: Work,
        region: str,
        particulars: Particulars,
        terms: Terms,
        subject: str | None,
        code: PersonalCode | None,
    ) -> UUID:
        """Adds somebody; the personal code is kept blind, to find a conflict, and cannot be read again."""
        decision = self._in(work, region)
        rules.check_terms(terms)
        blind = None if code is None else self.index.of(CODE, code.value)
        made = await store.add(work, self.ring, region, particulars, terms, subject=subject, code=blind)
        work.audit("create", [made], _CLASSES, decision)
        return made

    async def one(self, work: Work, person: UUID) -> tuple[Decision, SupportPerson]:
        """Somebody of the pool."""
        found = await store.one(work, self.ring, person)
        if found is None:
            raise NotFound
        return work.permit.on({"region": found.region}), found

    async def page(
        self, work: Work, region: str, after: Place | None, most: int
    ) -> tuple[Decision, Page[SupportPerson]]:
        """The pool of a region."""
        decision = self._in(work, region)
        rows = await store.page(work, self.ring, region, after, most + 1)
        first = date(1970, 1, 1)  # the order is by id alone
        return decision, page_of(rows, most, lambda row: Place(first, row.id))

    async def change(  # noqa: PLR0913, PLR0917 - the facts of one person
        self,
        work: Work,
        person: UUID,
        particulars: Particulars,
        terms: Terms,
        subject: str | None,
        expected: int,
    ) -> None:
        """Other particulars or terms; Malformed, StaleVersion."""
        decision, found, key = await self._held(work, person)
        if found.version != expected:
            raise StaleVersion
        rules.check_terms(terms)
        await store.change(work, key, found, particulars, terms, subject)
        work.audit("update", [found.id], _CLASSES, decision)

    async def train(self, work: Work, person: UUID, module: str, completed_on: date) -> None:
        """Somebody has completed a module; Malformed."""
        decision, found, _ = await self._held(work, person)
        rules.check_training(self.catalog.support, found, module, completed_on, local_date(work.now))
        await store.train(work, found.id, module, completed_on)
        work.audit("update", [found.id], ["basic"], decision)

    async def supervise(self, work: Work, region: str, guided: Guided) -> Supervision:
        """Keeps that support persons of a region were guided; Malformed for somebody who is not of it."""
        decision = self._in(work, region)
        check_word("/kind", guided.kind, self.catalog.support.supervision_kinds)
        if guided.held_on > local_date(work.now):
            raise Malformed(errors=[FieldError("/heldOn", "future", "the day has not come yet")])
        people = list(dict.fromkeys(guided.participants))
        if await store.known(work, region, people) != len(people):
            raise Malformed(errors=[FieldError("/participants", "unknown", "not in the pool of the region")])
        made = Supervision(
            id=new_id(),
            region=region,
            kind=guided.kind,
            held_on=guided.held_on,
            minutes=guided.minutes,
            participants=people,
            recorded_by=work.permit.caller.subject,
            recorded_at=work.now,
        )
        await store.supervise(work, made)
        work.audit("create", [made.id], ["basic"], decision)
        return made

    async def supervisions(
        self, work: Work, region: str, before: Place | None, most: int
    ) -> tuple[Decision, Page[Supervision]]:
        """The supervisions of a region, the newest first."""
        decision = self._in(work, region)
        rows = await store.supervisions(work, region, before, most + 1)
        return decision, page_of(rows, most, lambda row: Place(row.held_on, row.id))

    def _in(self, work: Work, region: str) -> Decision:
        if region not in self.catalog.regions:
            raise NotFound
        return work.permit.on({"region": region})

    async def _held(self, work: Work, person: UUID) -> tuple[Decision, SupportPerson, DataKey]:
        found = await store.locked(work, self.ring, person)
        if found is None:
            raise NotFound
        one, key = found
        return work.permit.on({"region": one.region}), one, key
