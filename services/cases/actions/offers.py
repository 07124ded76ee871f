"""Services are offered by need, answered, given and ended; an objection stops what is offered, at once."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.consent import may_offer
from services.cases.catalog import Catalog
from services.cases.model.offers import (
    MACHINE,
    NewOffer,
    OfferAction,
    OfferState,
    WordedOffer,
)
from services.cases.model.problems import TransitionRefused
from services.cases.rules import lifecycle
from services.cases.rules import offers as rules
from services.cases.store import offers as store
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class Offers:
    """Keeps offers of services, within the caller's transaction; NotFound as for the case.

    An agency speaks for itself; the coordinator writes for all.
    """

    catalog: Catalog
    casework: Casework

    async def offer(self, work: Work, case_id: UUID, new: NewOffer) -> UUID:
        """Somebody is offered a service; the offer's id.

        Raises NotFound, TransitionRefused, Malformed, OffersStopped.
        """
        on = await self.casework.held(work, case_id)
        if on.case.state == "ended":
            raise TransitionRefused(errors=[FieldError("", "ended", "the case is no longer monitored")])
        roles = await store.roles(work, on.id, new.person)
        rules.check(self.catalog.offers, new, roles, local_date(work.now))
        self._speaks_for(work, on, new.agency)
        await may_offer(work, on, new.person)
        if new.entry is not None and not await store.is_needed(work, on.id, new.person, new.entry):
            said = "no record of a need of this person in this case"
            raise Malformed(errors=[FieldError("/entryId", "unknown", said)])
        made = await store.make(work, on.id, on.key, new)
        await self.casework.step(
            work, on, lifecycle.begun(self.catalog.lifecycles[MACHINE], made, "offer"), _CLASSES
        )
        return made

    async def act(  # noqa: PLR0913, PLR0917 - the facts of one step
        self,
        work: Work,
        offer_id: UUID,
        action: OfferAction,
        day: date,
        reason: str | None,
        expected: int,
    ) -> None:
        """The offer is answered, given, ended or withdrawn.

        Raises NotFound, StaleVersion, TransitionRefused, Malformed.
        """
        case = await store.case_of(work, offer_id)
        if case is None:
            raise NotFound
        on = await self.casework.held(work, case)
        found = await store.one(work, offer_id, on.key)
        if found is None:
            raise NotFound
        offer = found.offer
        self._speaks_for(work, on, offer.agency)
        if offer.version != expected:
            raise StaleVersion
        machine = self.catalog.lifecycles[MACHINE]
        today = local_date(work.now)
        after, step = rules.moved(self.catalog.offers, machine, offer, action, day, reason, today)
        await store.move(work, after)
        await self.casework.step(work, on, step)

    async def one(self, work: Work, offer_id: UUID) -> tuple[OnCase, WordedOffer]:
        """An offer, to read."""
        case = await store.case_of(work, offer_id)
        if case is None:
            raise NotFound
        on = await self.casework.seen(work, case)
        found = await store.one(work, offer_id, on.key)
        if found is None:
            raise NotFound
        return on, found

    async def page(
        self,
        work: Work,
        case_id: UUID,
        filters: tuple[UUID | None, OfferState | None],
        before: Place | None,
        most: int,
    ) -> tuple[OnCase, Page[WordedOffer]]:
        """The offers of a case, the newest first."""
        on = await self.casework.seen(work, case_id)
        rows = await store.of_case(work, on.id, on.key, filters, before, most + 1)
        return on, page_of(rows, most, lambda row: Place(row.offer.offered_on, row.offer.id))

    def _speaks_for(self, work: Work, on: OnCase, agency: str) -> None:
        """NotFound unless the coordinator asks, or a member of the agency that gives it, in the case."""
        own = frozenset({f"{agency}@{on.case.region}"}) & on.case.taking_part
        work.permit.on(replace(on.case.reach, agencies=own).resource())
