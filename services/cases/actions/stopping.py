"""OAS § 7(5): whoever objects is offered nothing more, from the moment that it is written down."""

from services.cases.actions.casework import Casework, OnCase
from services.cases.catalog import Catalog
from services.cases.model.ids import PersonId
from services.cases.model.offers import MACHINE
from services.cases.rules import offers as rules
from services.cases.store import offers as store
from services.kit.calendar import local_date
from services.kit.db import Work


async def stop_offers(work: Work, catalog: Catalog, casework: Casework, on: OnCase, person: PersonId) -> None:
    """Stops what somebody was offered and is not given yet, in the transaction of the objection."""
    today = local_date(work.now)
    for offer in await store.open_of(work, on.id, person):
        stopped = rules.stopped(catalog.lifecycles[MACHINE], offer, today)
        if stopped is not None:
            after, step = stopped
            await store.move(work, after)
            await casework.step(work, on, step)
