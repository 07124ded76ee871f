"""What waits for whom: opened and settled in the transaction of the fact, and the inbox of a person.

Another part adds its duties by :meth:`Duties.open` and ends them by :meth:`Duties.settle`; by when
is the published clock's word.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cases.actions.reading import Shown
from services.cases.model.clocks import Clocks
from services.cases.model.dossiers import Reach
from services.cases.model.duties import About, Duty, DutyCount, DutyFilters, NewDuty, Outcome, Waits
from services.cases.rules import duties as rules
from services.cases.store import duties as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import NotFound


@dataclass(frozen=True, slots=True)
class Duties:
    """Keeps duties within the caller's transaction."""

    clocks: Clocks

    async def open(self, work: Work, clock: str, about: About, waits: Waits, happened_on: date) -> None:
        """Something waits from now on; when the same waits already, that one stays as it is."""
        today = local_date(work.now)
        new = rules.follows(self.clocks, clock, about, waits, happened_on=happened_on, recorded_on=today)
        await self.open_all(work, [new])

    async def open_all(self, work: Work, new: Collection[NewDuty]) -> None:
        """The same of several, by one statement."""
        await store.open_all(work, list(new))

    async def settle(
        self,
        work: Work,
        thing: UUID,
        *clocks: str,
        outcome: Outcome = Outcome.DONE,
        agency: str | None = None,
    ) -> None:
        """Nothing waits any more about a thing by these clocks, of one agency alone where it is named."""
        await store.settle(work, thing, clocks, outcome, agency)


async def inbox(work: Work, filters: DutyFilters, after: Place | None, most: int) -> Shown[Page[Duty]]:
    """What waits for the caller, what is due first first, by the rights of the things that it leads to."""
    rows = await store.inbox(work, rules.seats(work.permit.caller), filters, after, most + 1)
    page = page_of(rows, most, lambda row: Place(row.term.due_on, row.id))
    allowed = [(row, decision) for row in page.items if (decision := _decided(work, row)) is not None]
    shown = [row for row, _ in allowed]
    objects = tuple(dict.fromkeys(row.about.id for row in shown))
    return Shown(Page(shown, page.next), tuple(decision for _, decision in allowed), objects)


async def counts(work: Work) -> Shown[list[DutyCount]]:
    """How much waits in the regions of the caller, each with the decision that shows it."""
    regions = sorted({grant.match["region"] for grant in work.permit.grants if "region" in grant.match})
    rows = list(await store.counts(work, regions))
    decisions = tuple(work.permit.on(Reach(row.region, frozenset(), "open").resource()) for row in rows)
    return Shown(rows, decisions, ())


def _decided(work: Work, duty: Duty) -> Decision | None:
    try:
        return work.permit.on(duty.reach.resource())
    except NotFound:
        return None
