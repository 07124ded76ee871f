"""Who is in a case: everybody, somebody more, and one less who should never have been there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.records import Records
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.parties import MACHINE, Newcomer, Origin, Party
from services.cases.model.records import About, Told
from services.cases.model.refusals import AlreadyInCase
from services.cases.rules import lifecycle
from services.cases.rules import records as rules
from services.cases.rules.people import name_key_of
from services.cases.store import parties as store
from services.cases.store import people
from services.kit import personal_code
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import BlindIndex

ESTIMATED: Final = "estimated"


@dataclass(frozen=True, slots=True)
class Parties:
    """Works on who is in a case within the caller's transaction."""

    casework: Casework
    records: Records
    index: BlindIndex

    async def of_case(self, work: Work, case_id: UUID, *, removed: bool) -> tuple[OnCase, Sequence[Party]]:
        """Everybody in a case, by referrals or by hand."""
        on = await self.casework.seen(work, case_id)
        return on, await store.of_case(work, on.id, removed=removed)

    async def read(self, work: Work, party_id: UUID) -> tuple[OnCase, Party]:
        """Somebody who was added by hand, as it stands in this transaction."""
        found = await store.one(work, party_id)
        if found is None:
            raise NotFound
        return await self.casework.seen(work, found.case), found

    async def add(self, work: Work, case_id: UUID, newcomer: Newcomer) -> UUID:
        """Adds somebody, whom an earlier case or referral may know; names, code and birth date are entries.

        Raises AlreadyInCase when they take part already, in whatever role: roles are never merged.
        """
        on = await self.casework.held(work, case_id)
        entries = self._entries(work, newcomer)
        person = await self._person(work, newcomer)
        if any(one.person == person for one in await store.of_case(work, on.id)):
            raise AlreadyInCase
        machine = self.records.catalog.lifecycles[MACHINE]
        party = _party(work, on.id, person, newcomer, machine.start)
        await store.add(work, party)
        for category, told in entries:
            await self.records.keep(work, on, About(person, newcomer.role, category), told)
        await self.casework.step(work, on, lifecycle.begun(machine, party.id, "add"))
        return party.id

    async def remove(self, work: Work, party_id: UUID, reason: str, expected: int) -> None:
        """Takes somebody out who was added by hand; what was told of them is retracted by itself."""
        found = await store.one(work, party_id)
        if found is None:
            raise NotFound
        on = await self.casework.held(work, found.case)
        rules.check_code(self.records.catalog.listed.removals, reason)
        now = await store.one(work, party_id)
        if now is None:
            raise NotFound
        if now.version != expected:
            raise StaleVersion
        machine = self.records.catalog.lifecycles[MACHINE]
        step = lifecycle.step(machine, now.id, now.state, "remove", reason)
        await store.move(work, now, step.target, reason)
        await self.casework.step(work, on, step)

    def _entries(self, work: Work, newcomer: Newcomer) -> list[tuple[str, Told]]:
        """What is told of somebody new; raises Malformed, and speaks of the fields of the request."""
        value = {"givenName": newcomer.given_name, "familyName": newcomer.family_name, "kind": "legal"}
        told = [("name", _told(newcomer, value))]
        if newcomer.personal_code is not None:
            told.append(("personal-code", _told(newcomer, {"personalCode": newcomer.personal_code})))
        if newcomer.birth_date is not None:
            told.append(("birth-date", _told(newcomer, {"birthDate": newcomer.birth_date})))
        try:
            for category, each in told:
                listed = self.records.catalog.listed
                rules.check(listed, category, newcomer.role, each, today=local_date(work.now))
        except Malformed as error:
            plain = [
                FieldError(one.pointer.removeprefix("/value"), one.code, one.reason) for one in error.errors
            ]
            raise Malformed(errors=plain) from None
        return told

    async def _person(self, work: Work, newcomer: Newcomer) -> PersonId:
        """Who it is: by code, else by names and a birth date that is not estimated, else somebody new."""
        code = None if newcomer.personal_code is None else personal_code.parse(newcomer.personal_code)
        birth = code.birth_date if code else newcomer.birth_date
        if birth is None or (code is None and newcomer.confidence == ESTIMATED):
            return await people.introduce(work)
        name = self.index.of(people.NAME, name_key_of(newcomer.given_name, newcomer.family_name, birth))
        by_code = None if code is None else self.index.of(people.CODE, code.value)
        return await people.recognise(work, people.Traces(by_code, name))


def _told(newcomer: Newcomer, value: dict[str, str] | dict[str, date]) -> Told:
    return Told(newcomer.source, newcomer.confidence, None, None, protected=False, value={**value})


def _party(work: Work, case: CaseId, person: PersonId, newcomer: Newcomer, state: str) -> Party:
    return Party(
        id=new_id(),
        case=case,
        person=person,
        role=newcomer.role,
        relation=newcomer.relation,
        sex=newcomer.sex,
        origin=Origin.HAND,
        state=state,
        reason=None,
        since=work.now,
        by=work.permit.caller.subject,
        version=1,
    )
