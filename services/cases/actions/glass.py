"""A member breaks the glass: a case for an hour, where no right opens it, and an alarm with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.closed import OwnAccess
from services.cases.model.glass import AccessReport, Glass
from services.cases.model.problems import TransitionRefused
from services.cases.rules import glass as rules
from services.cases.store import glass as store
from services.cases.store import keys, reports
from services.cases.store.reports import Kept
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import NotFound, StaleVersion
from services.kit.sealed import KeyRing


@dataclass(frozen=True, slots=True)
class GlassBreaker:
    """Breaks the glass, and keeps the reports that owners read; within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing

    async def break_it(
        self, work: Work, case_id: UUID, reason: str, authenticated_at: int | None
    ) -> tuple[Glass, Decision]:
        """Opens a case for the caller; whether there is such a case shows only when it is read.

        The same statements run for a case that there is not, or that is closed to the caller. Raises
        FreshLoginRequired, Malformed for a reason that says too little.
        """
        rule = self.catalog.glass
        rules.check_login(authenticated_at, work.now, rule)
        rules.check_reason(reason, rule)
        decision = work.permit.on({})
        glass = Glass(new_id(), case_id, work.now, work.now + timedelta(minutes=rule.minutes))
        await store.break_it(work, glass, reason, await keys.make(work, self.ring))
        own = rules.own_agencies(work.permit.caller.appointments, self.catalog.seals)
        await store.alarm(work, glass, store.Told(own, rule.second_agencies, rules.fallback(own, rule)))
        work.audit("create", [glass.id, case_id], ["basic"], decision)
        return glass, decision

    async def reports(
        self, work: Work, state: str | None, before: Place | None, most: int
    ) -> tuple[Page[AccessReport], Sequence[Decision]]:
        """The reports that are for the caller, the newest first, each with the decision that shows it."""
        found = await reports.page(work, self.ring, state, before, most + 1)
        page = page_of(found, most, lambda one: Place(local_date(one.report.reported_at), one.report.id))
        decisions = [work.permit.on(one.resource) for one in page.items]
        return Page([one.report for one in page.items], page.next), decisions

    async def report(self, work: Work, report_id: UUID) -> tuple[AccessReport, Decision]:
        """One report; NotFound where it is not for the caller."""
        return _allowed(work, await reports.one(work, self.ring, report_id))

    async def acknowledge(self, work: Work, report_id: UUID, note: str, expected: int) -> None:
        """The caller has looked into it.

        Raises NotFound, StaleVersion, OwnAccess of the one who is reported, TransitionRefused when somebody
        has acknowledged it.
        """
        report, decision = _allowed(work, await reports.locked(work, self.ring, report_id))
        if report.version != expected:
            raise StaleVersion
        if report.actor == work.permit.caller.subject:
            raise OwnAccess
        if report.state != "new":
            raise TransitionRefused
        await reports.acknowledge(work, report.id, note, await keys.make(work, self.ring))
        work.audit("update", [report.id, report.case], ["basic", "narrative"], decision)


def _allowed(work: Work, kept: Kept | None) -> tuple[AccessReport, Decision]:
    if kept is None:
        raise NotFound
    return kept.report, work.permit.on(kept.resource)
