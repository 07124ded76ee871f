"""What support persons report of each period: due by a published clock, returned or accepted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.contacts import stands_by
from services.cases.actions.duties import Duties
from services.cases.catalog import Catalog
from services.cases.model.contacts import REPORT_MACHINE, Report, ReportState, ToldReport
from services.cases.model.duties import About, Outcome, Thing, Waits
from services.cases.model.support import Assignment
from services.cases.rules import contacts as rules
from services.cases.rules import lifecycle
from services.cases.rules.duties import COORDINATOR
from services.cases.rules.monitoring import check_word
from services.cases.store import assignments
from services.cases.store import contacts as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import KeyRing

DUE: Final = "support-report"
RETURNED: Final = "support-report-returned"
REVIEW: Final = "support-report-review"
SUPPORT_PERSON: Final = "support-person"
_CLASSES = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class SupportReports:
    """Keeps reports, within the caller's transaction; NotFound as for the case."""

    catalog: Catalog
    casework: Casework
    ring: KeyRing

    async def submit(self, work: Work, case_id: UUID, said: ToldReport) -> UUID:
        """A report about the days since the last one, by the active assignment; its id.

        Raises NotFound, Malformed when nobody stands by the victim now, TransitionRefused while one waits.
        """
        on = await self.casework.held(work, case_id)
        assignment = await self._active(work, on)
        earlier = await store.reports(work, on.id, on.key)
        since, until = rules.period(assignment, earlier, said.until, local_date(work.now))
        made = await self._new(work, on, assignment, (since, until), said)
        await store.submit(work, made, on.key)
        begun = lifecycle.begun(self.catalog.lifecycles[REPORT_MACHINE], made.id, "submit")
        await self.casework.step(work, on, begun, _CLASSES)
        await self._duties.settle(work, assignment.id, DUE)
        await self._review(work, on, made.id)
        waits = SUPPORT_PERSON if stands_by(work, on) else COORDINATOR
        await open_due(self._duties, work, on, assignment.id, until, waits)
        return made.id

    async def submit_again(self, work: Work, report_id: UUID, said: ToldReport, expected: int) -> None:
        """A report that was returned, made better."""
        on, found = await self._held(work, report_id, expected)
        step = lifecycle.step(self.catalog.lifecycles[REPORT_MACHINE], found.id, found.state.value, "submit")
        if said.until != found.until:
            raise Malformed(errors=[FieldError("/until", "not-correctable", "the period stays as it was")])
        contacts, minutes = await store.counted(work, on.id, found.assignment, found.since, found.until)
        after = replace(
            _next(found, ReportState.SUBMITTED),
            contacts=contacts,
            minutes=minutes,
            content_version=found.version + 1,
            submitted_by=work.permit.caller.subject,
            submitted_at=work.now,
            summary=said.summary,
            worries=said.worries,
        )
        await store.change(work, after, on.key)
        await self.casework.step(work, on, step, _CLASSES)
        await self._duties.settle(work, found.id, RETURNED)
        await self._review(work, on, found.id)

    async def decide(self, work: Work, report_id: UUID, reason: str | None, expected: int) -> None:
        """The coordinator accepts a report, or returns it for a published reason."""
        on, found = await self._held(work, report_id, expected)
        action = "accept" if reason is None else "return"
        step = lifecycle.step(
            self.catalog.lifecycles[REPORT_MACHINE], found.id, found.state.value, action, reason
        )
        if reason is not None:
            check_word("/reason", reason, self.catalog.support.report_returns)
        after = replace(_next(found, ReportState(step.target)), reason=reason)
        after = replace(after, decided_by=work.permit.caller.subject, decided_at=work.now)
        await store.change(work, after, on.key)
        await self.casework.step(work, on, step)
        await self._duties.settle(work, found.id, REVIEW)
        if reason is not None:
            about = About(Thing.SUPPORT_REPORT, found.id, on.case.region, case=on.id)
            own = found.submitted_by == work.permit.caller.subject  # written for who does not log in
            waits = Waits(COORDINATOR if own else SUPPORT_PERSON)
            await self._duties.open(work, RETURNED, about, waits, local_date(work.now))

    async def of_case(self, work: Work, case_id: UUID) -> tuple[OnCase, Sequence[Report]]:
        """The reports of a case, the newest first."""
        on = await self.casework.seen(work, case_id)
        return on, await store.reports(work, on.id, on.key)

    async def one(self, work: Work, report_id: UUID) -> tuple[OnCase, Report]:
        """A report, to read."""
        case = await store.report_of(work, report_id)
        if case is None:
            raise NotFound
        on, found = await self.of_case(work, case)
        return on, next(each for each in found if each.id == report_id)

    @property
    def _duties(self) -> Duties:
        return Duties(self.catalog.clocks)

    async def _active(self, work: Work, on: OnCase) -> Assignment:
        every = await assignments.of_case(work, self.ring, on.id)
        found = next((each for each in every if each.state == rules.ACTIVE), None)
        if found is None:
            raise Malformed(errors=[FieldError("", "outside-assignment", "nobody stands by the victim now")])
        return found

    async def _held(self, work: Work, report_id: UUID, expected: int) -> tuple[OnCase, Report]:
        case = await store.report_of(work, report_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        found = next(each for each in await store.reports(work, on.id, on.key) if each.id == report_id)
        if stands_by(work, on) and (await self._active(work, on)).id != found.assignment:
            raise NotFound
        if found.version != expected:
            raise StaleVersion
        return on, found

    async def _review(self, work: Work, on: OnCase, report: UUID) -> None:
        about = About(Thing.SUPPORT_REPORT, report, on.case.region, case=on.id)
        await self._duties.open(work, REVIEW, about, Waits(COORDINATOR), local_date(work.now))

    async def _new(
        self, work: Work, on: OnCase, assignment: Assignment, days: tuple[date, date], said: ToldReport
    ) -> Report:
        contacts, minutes = await store.counted(work, on.id, assignment.id, *days)
        return Report(
            id=new_id(),
            case=on.id,
            assignment=assignment.id,
            since=days[0],
            until=days[1],
            state=ReportState.SUBMITTED,
            contacts=contacts,
            minutes=minutes,
            reason=None,
            version=1,
            content_version=1,
            submitted_by=work.permit.caller.subject,
            submitted_at=work.now,
            decided_by=None,
            decided_at=None,
            summary=said.summary,
            worries=said.worries,
        )


async def open_due(  # noqa: PLR0913, PLR0917 - the facts of one duty
    duties: Duties, work: Work, on: OnCase, assignment: UUID, since: date, role: str
) -> None:
    """A report is due of the period that begins on a day, from who writes it."""
    about = About(Thing.SUPPORT_REPORT, assignment, on.case.region, case=on.id)
    await duties.open(work, DUE, about, Waits(role), since)


async def drop_due(duties: Duties, work: Work, assignment: UUID) -> None:
    """An assignment has ended: no further report is due of it."""
    await duties.settle(work, assignment, DUE, RETURNED, outcome=Outcome.DROPPED)


def _next(report: Report, state: ReportState) -> Report:
    after = replace(report, state=state, version=report.version + 1)
    return replace(after, reason=None, decided_by=None, decided_at=None)
