"""Offices are given by two persons, ended by one, and held by a deputy while somebody is away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.sessions import member_subject
from services.cases.catalog import Catalog
from services.cases.model.members import (
    APPOINTMENT,
    Absence,
    AppointmentRecord,
    AppointmentState,
    OfficeRule,
)
from services.cases.model.problems import (
    AbsenceExists,
    AppointmentExists,
    DeputyUnsuitable,
    OfficeNotYours,
    TransitionRefused,
)
from services.cases.rules import appointments as rules
from services.cases.rules import lifecycle
from services.cases.rules.appointments import Held
from services.cases.store import absences, appointments, members
from services.cases.store.appointments import Filters, Proposal
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import BlindIndex, KeyRing

_CLASSES: Final = frozenset({"basic", "identity"})


@dataclass(frozen=True, slots=True)
class ReadAppointment:
    """An appointment with its absences, and what shows it."""

    record: AppointmentRecord
    absences: Sequence[Absence]
    decision: Decision


@dataclass(frozen=True, slots=True)
class Appointments:
    """Gives and ends offices, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing

    async def page(
        self, work: Work, filters: Filters, after: Place | None, most: int
    ) -> Page[ReadAppointment]:
        """The appointments that the caller may see, the latest first day first."""
        rows = await appointments.page(work, self.ring, filters, after, most + 1)
        found = page_of(rows, most, lambda row: Place(row.valid_from, row.id))
        away = await absences.of(work, [row.id for row in found.items])
        items = [ReadAppointment(row, away[row.id], work.permit.on(row.resource())) for row in found.items]
        return Page(items, found.next)

    async def one(self, work: Work, appointment: UUID) -> ReadAppointment:
        """One of them; NotFound."""
        record = await appointments.one(work, self.ring, appointment)
        decision, record = _allowed(work, record)
        away = await absences.of(work, [appointment])
        return ReadAppointment(record, away[appointment], decision)

    async def propose(self, work: Work, proposal: Proposal) -> UUID:
        """Proposes an office; Malformed, NotFound for another region, OfficeNotYours, TwoPersons."""
        office, own = proposal.office, self.catalog.offices
        rules.check_office(office, own, self.catalog.regions, self.catalog.agencies)
        decision = work.permit.on({"region": office.region, "member": proposal.member})
        rules.check_propose(_caller(work), _held(work), proposal.member, office, own.offices[office.role])
        last = rules.term(proposal.valid_from, proposal.valid_to, own, local_date(work.now))
        made = await appointments.propose(work, self.ring, replace(proposal, valid_to=last))
        if made is None:
            raise AppointmentExists
        work.audit("create", [made, proposal.member], _CLASSES, decision)
        return made

    async def approve(self, work: Work, appointment: UUID, version: int) -> None:
        """A second person agrees, and the office is held from its first day on; raises as :meth:`propose`."""
        decision, record = await self._locked(work, appointment, version)
        rules.check_approve(
            _caller(work), _held(work), record.member, record.office, self._rule(record), record.proposed.by
        )
        state = self._next(record, "approve")
        await appointments.decide(work, record.id, state, None)
        work.audit("update", [record.id, record.member], ["basic"], decision)

    async def refuse(self, work: Work, appointment: UUID, reason: str, version: int) -> None:
        """Who might approve does not; raises as :meth:`propose`."""
        decision, record = await self._locked(work, appointment, version)
        rules.check_approve(
            _caller(work), _held(work), record.member, record.office, self._rule(record), record.proposed.by
        )
        await self._dropped(work, decision, record, "refuse", reason)

    async def withdraw(self, work: Work, appointment: UUID, reason: str, version: int) -> None:
        """Who proposed takes it back; OfficeNotYours for everybody else."""
        decision, record = await self._locked(work, appointment, version)
        if record.proposed.by != _caller(work):
            raise OfficeNotYours
        await self._dropped(work, decision, record, "withdraw", reason)

    async def end(self, work: Work, appointment: UUID, last: date | None, reason: str, version: int) -> None:
        """The office ends today, or on a later day; one person is enough to end a right."""
        decision, record = await self._locked(work, appointment, version)
        if not rules.gives(_held(work), record.office, self._rule(record)):
            raise OfficeNotYours
        _known(reason, self.catalog.offices.ends)
        state, today = self._next(record, "end"), local_date(work.now)
        day = max(today, record.valid_from) if last is None else last
        rules.check_end(record.valid_from, record.valid_to, day, today)
        await appointments.end(work, record.id, state, day, reason)
        work.audit("update", [record.id, record.member], ["basic"], decision)

    async def name_deputy(self, work: Work, appointment: UUID, deputy: str, start: date, end: date) -> None:
        """A deputy holds the office too, until a day (exclusive); named by who is away, or who gives it."""
        decision, record = _allowed(work, await appointments.locked(work, self.ring, appointment))
        rule, caller = self._rule(record), _caller(work)
        if caller != record.member and not rules.gives(_held(work), record.office, rule):
            raise OfficeNotYours
        _check_absence(record, start, end, local_date(work.now))
        offices = await members.held(work, deputy, max(start, local_date(work.now)))
        if deputy in {record.member, caller} or not rules.may_stand_in(offices, record.office, rule):
            raise DeputyUnsuitable
        if await absences.name(work, record.id, deputy, start, end) is None:
            raise AbsenceExists
        work.audit("create", [record.id, record.member, deputy], ["basic"], decision)

    async def end_absence(self, work: Work, absence: UUID, last: date, version: int) -> UUID:
        """Who was away is back, today or on a later day; the appointment's id."""
        found = await absences.locked(work, absence)
        if found is None:
            raise NotFound
        decision, record = _allowed(work, await appointments.locked(work, self.ring, found[0]))
        if _caller(work) != record.member and not rules.gives(_held(work), record.office, self._rule(record)):
            raise OfficeNotYours
        away, today = found[1], local_date(work.now)
        if away.version != version:
            raise StaleVersion
        rules.check_end(away.absent_from, away.absent_to, last, today, "/absentTo")
        await absences.end(work, absence, last)
        work.audit("update", [record.id, record.member, away.deputy], ["basic"], decision)
        return record.id

    async def _dropped(
        self, work: Work, decision: Decision, record: AppointmentRecord, action: str, reason: str
    ) -> None:
        _known(reason, self.catalog.offices.refusals)
        await appointments.decide(work, record.id, self._next(record, action), reason)
        work.audit("update", [record.id, record.member], ["basic"], decision)

    async def _locked(
        self, work: Work, appointment: UUID, version: int
    ) -> tuple[Decision, AppointmentRecord]:
        decision, record = _allowed(work, await appointments.locked(work, self.ring, appointment))
        if record.version != version:
            raise StaleVersion
        return decision, record

    def _rule(self, record: AppointmentRecord) -> OfficeRule:
        return self.catalog.offices.offices[record.office.role]

    def _next(self, record: AppointmentRecord, action: str) -> AppointmentState:
        machine = self.catalog.lifecycles[APPOINTMENT]
        return AppointmentState(lifecycle.step(machine, record.id, record.state.value, action).target)


def member_of(index: BlindIndex, member: str | None, identity: str | None) -> str:
    """What tokens call a person who is named in one of the two ways; Malformed for none or both."""
    if (member is None) == (identity is None):
        raise Malformed(errors=[FieldError("/member", "either", "say either member or identity")])
    return member or member_subject(index, identity or "")


def _allowed(work: Work, record: AppointmentRecord | None) -> tuple[Decision, AppointmentRecord]:
    if record is None:
        raise NotFound
    return work.permit.on(record.resource()), record


def _caller(work: Work) -> str:
    return work.permit.caller.subject


def _held(work: Work) -> Iterable[Held]:
    return [(one.role, one.attributes) for one in work.permit.caller.appointments]


def _known(reason: str, reasons: Iterable[str]) -> None:
    if reason not in reasons:
        raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])


def _check_absence(record: AppointmentRecord, start: date, end: date, today: date) -> None:
    errors = []
    if record.state is not AppointmentState.APPROVED:
        raise TransitionRefused
    if start < today:
        errors.append(
            FieldError("/absentFrom", "in-the-past", "a deputy holds the office from today or later")
        )
    if end <= start:
        errors.append(FieldError("/absentTo", "not-after-start", "the end is later than the first day"))
    if start < record.valid_from or (record.valid_to is not None and end > record.valid_to):
        errors.append(
            FieldError("/absentTo", "outside-office", "the office is not held on all of these days")
        )
    if errors:
        raise Malformed(errors=errors)
