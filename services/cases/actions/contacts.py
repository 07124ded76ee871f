"""The log of contacts with a victim: written once, put right by a next version, told to the feed as hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.codes import EventType
from services.cases.model.contacts import CONTACT_MACHINE, Contact, ToldContact
from services.cases.model.dossiers import NO_BARS
from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.rules import contacts as rules
from services.cases.rules import events as told
from services.cases.rules import lifecycle
from services.cases.rules.monitoring import check_word
from services.cases.store import assignments, events
from services.cases.store import contacts as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.problem import NotFound, StaleVersion
from services.kit.sealed import KeyRing

_CLASSES = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class Contacts:
    """Keeps the log, within the caller's transaction; NotFound as for the case."""

    catalog: Catalog
    casework: Casework
    ring: KeyRing

    async def record(self, work: Work, case_id: UUID, said: ToldContact) -> UUID:
        """A contact with the victim, by whoever stood by her on that day; its id. Malformed."""
        on = await self.casework.held(work, case_id)
        rules.check(self.catalog.support, said, local_date(work.now))
        assignment = await self._assignment(work, on, said)
        made = _contact(work, on, said, (new_id(), 1), assignment)
        await self._keep(work, on, made, lifecycle.begun(self._machine, made.id, "record"))
        return made.id

    async def correct(self, work: Work, contact_id: UUID, said: ToldContact, expected: int) -> None:
        """The contact was otherwise; what was told before stays. Malformed, StaleVersion and the like."""
        on, found = await self._held(work, contact_id, expected)
        step = lifecycle.step(self._machine, found.id, found.state, "correct")
        rules.check(self.catalog.support, said, local_date(work.now))
        assignment = await self._assignment(work, on, said)
        await self._keep(work, on, _contact(work, on, said, (found.id, found.version + 1), assignment), step)

    async def retract(self, work: Work, contact_id: UUID, reason: str, expected: int) -> None:
        """There was no such contact; what was told before stays."""
        on, found = await self._held(work, contact_id, expected)
        step = lifecycle.step(self._machine, found.id, found.state, "retract", reason)
        check_word("/reason", reason, self.catalog.support.contact_retractions)
        after = replace(found, version=found.version + 1, retracted=reason, note=None)
        who = work.permit.caller.subject
        await self._keep(work, on, replace(after, recorded_by=who, recorded_at=work.now), step)

    async def one(self, work: Work, contact_id: UUID) -> tuple[OnCase, Contact]:
        """A contact as it holds."""
        on = await self._seen(work, contact_id)
        found = await store.contact(work, contact_id, on.key)
        if found is None:
            raise NotFound
        return on, found

    async def versions(self, work: Work, contact_id: UUID) -> tuple[OnCase, Sequence[Contact]]:
        """All that was told of a contact, the last first."""
        on = await self._seen(work, contact_id)
        return on, await store.versions(work, contact_id, on.key)

    async def page(
        self, work: Work, case_id: UUID, before: Place | None, most: int
    ) -> tuple[OnCase, Page[Contact]]:
        """The log of a case, the newest first."""
        on = await self.casework.seen(work, case_id)
        rows = await store.log(work, on.id, on.key, before, most + 1)
        return on, page_of(rows, most, lambda row: Place(row.happened_on, row.id))

    @property
    def _machine(self) -> Lifecycle:
        return self.catalog.lifecycles[CONTACT_MACHINE]

    async def _seen(self, work: Work, contact_id: UUID) -> OnCase:
        case = await store.case_of(work, contact_id)
        if case is None:
            raise NotFound
        return await self.casework.seen(work, case)

    async def _held(self, work: Work, contact_id: UUID, expected: int) -> tuple[OnCase, Contact]:
        """A contact to put right: by who wrote it, or by the coordinator."""
        case = await store.case_of(work, contact_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        found = await store.contact(work, contact_id, on.key)
        wrote = found is not None and found.recorded_by == work.permit.caller.subject
        if found is None or (stands_by(work, on) and not wrote):
            raise NotFound
        if found.version != expected:
            raise StaleVersion
        return on, found

    async def _assignment(self, work: Work, on: OnCase, said: ToldContact) -> UUID:
        every = await assignments.of_case(work, self.ring, on.id)
        return rules.of_day(every, said.happened_on, own=stands_by(work, on)).id

    async def _keep(self, work: Work, on: OnCase, contact: Contact, step: Step) -> None:
        await store.keep(work, contact, on.key)
        await self.casework.step(work, on, step, _CLASSES)
        spent = told.support_contact(on.case, contact)
        await events.append(work, on.id, [(EventType.SUPPORT_CONTACT, spent)])


def stands_by(work: Work, on: OnCase) -> bool:
    """Whether the assignment alone opens the case to the caller: a support person, no coordinator."""
    try:
        work.permit.on(replace(on.case.reach, bars=NO_BARS).resource())
    except NotFound:
        return True
    return False


def _contact(
    work: Work, on: OnCase, said: ToldContact, numbered: tuple[UUID, int], assignment: UUID
) -> Contact:
    row, version = numbered
    return Contact(
        id=row,
        version=version,
        case=on.id,
        assignment=assignment,
        happened_on=said.happened_on,
        channel=said.channel,
        kind=said.kind,
        outcome=said.outcome,
        minutes=said.minutes,
        retracted=None,
        note=said.note,
        recorded_by=work.permit.caller.subject,
        recorded_at=work.now,
    )
