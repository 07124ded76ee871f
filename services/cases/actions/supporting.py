"""A support person stands by the victim of a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.actions.support_reports import SUPPORT_PERSON, drop_due, open_due
from services.cases.catalog import Catalog
from services.cases.model.codes import Role
from services.cases.model.problems import TransitionRefused
from services.cases.model.support import Assignment, Candidate, SupportPerson
from services.cases.rules import lifecycle
from services.cases.rules import support as rules
from services.cases.rules.duties import COORDINATOR
from services.cases.store import assignments, dossiers, support
from services.cases.store.opening import Opener
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import KeyRing

_MACHINE = "support-assignment"
_NOBODY = FieldError("/supportPerson", "not-available", "not in the pool of the region, or in conflict")


@dataclass(frozen=True, slots=True)
class Ended:
    """How an assignment ends; ``hand_over_to`` goes on from the same day."""

    ended_on: date
    reason: str
    hand_over_to: UUID | None


@dataclass(frozen=True, slots=True)
class Supporting:
    """Finds and assigns support persons, within the caller's transaction; NotFound as for the case."""

    catalog: Catalog
    casework: Casework
    ring: KeyRing

    async def candidates(self, work: Work, case: UUID) -> tuple[OnCase, Sequence[Candidate]]:
        """Who can be asked today, in which order; nobody who is in the case or excluded from it."""
        on = await self.casework.seen(work, case)
        people = await support.without_conflict(work, self.ring, on.case.region, on.id)
        language = await self._language(work, on)
        return on, rules.ranked(self.catalog.support, people, language, local_date(work.now))

    async def assign(self, work: Work, case: UUID, person: UUID, started_on: date) -> None:
        """Somebody stands by the victim from a day on.

        Raises TransitionRefused when somebody does already, or the case is ended; Malformed when the person
        cannot be given a case today.
        """
        on = await self.casework.held(work, case)
        if on.case.state == "ended":
            raise TransitionRefused(errors=[FieldError("", "ended", "the case is no longer monitored")])
        if any(each.state == "active" for each in await assignments.of_case(work, self.ring, on.id)):
            said = "somebody stands by the victim already: end that first, or hand over"
            raise TransitionRefused(errors=[FieldError("", "has-support-person", said)])
        today = local_date(work.now)
        if started_on > today:
            raise Malformed(errors=[FieldError("/startedOn", "future", "the day has not come yet")])
        await self._begin(work, on, person, started_on)

    async def of_case(self, work: Work, case: UUID) -> tuple[OnCase, Sequence[Assignment]]:
        """Who stands, and stood, by the victim; the newest first."""
        on = await self.casework.seen(work, case)
        return on, await assignments.of_case(work, self.ring, on.id)

    async def end(self, work: Work, assignment: UUID, ended: Ended, expected: int) -> UUID:
        """Ends an assignment, and begins another where it is handed over; the case.

        Raises StaleVersion, TransitionRefused, Malformed.
        """
        case = await assignments.case_of(work, assignment)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        rows = await assignments.of_case(work, self.ring, on.id)
        [found] = [each for each in rows if each.id == assignment]
        if found.version != expected:
            raise StaleVersion
        machine = self.catalog.lifecycles[_MACHINE]
        step = lifecycle.step(machine, assignment, found.state, "end", ended.reason)
        rules.check_end(
            self.catalog.support,
            ended.reason,
            found.started_on,
            ended.ended_on,
            local_date(work.now),
            is_handed_over=ended.hand_over_to is not None,
        )
        await assignments.end(work, assignment, ended.ended_on, ended.reason)
        await drop_due(Duties(self.catalog.clocks), work, assignment)
        await self.casework.step(work, on, step)
        if ended.hand_over_to is not None:
            await self._begin(work, on, ended.hand_over_to, ended.ended_on)
        return on.id

    async def _begin(self, work: Work, on: OnCase, person: UUID, started_on: date) -> None:
        locked = await support.locked(work, self.ring, person)
        if locked is None:
            raise Malformed(errors=[_NOBODY])
        free = await support.without_conflict(work, self.ring, on.case.region, on.id)
        found = next((each for each in free if each.id == person), None)
        if found is None:
            raise Malformed(errors=[_NOBODY])
        if errors := list(rules.obstacles(self.catalog.support, found, local_date(work.now))):
            raise Malformed(errors=errors)
        made = await assignments.add(work, on.id, person, started_on)
        begun = lifecycle.begun(self.catalog.lifecycles[_MACHINE], made, "assign")
        await self.casework.step(work, on, begun)
        await open_due(Duties(self.catalog.clocks), work, on, made, started_on, _who_reports(found))

    async def _language(self, work: Work, on: OnCase) -> str | None:
        opener = Opener(self.ring)
        parts = await dossiers.in_case(work, on.id)
        told = (opener.part(each).contact.language for each in parts if each.role is Role.VICTIM)
        return next((language for language in told if language is not None), None)


def _who_reports(person: SupportPerson) -> str:
    """The coordinator writes for who does not log in."""
    return COORDINATOR if person.subject is None else SUPPORT_PERSON
