"""Handing over what could not be handed over while its sender waited."""

from datetime import timedelta
from typing import Final
from uuid import uuid4

from services.exchange.actions.pace import Pace
from services.exchange.actions.repair import Repair
from services.exchange.store import inbox
from services.kit.db import Database
from services.kit.policy import Permit

AT_ONCE: Final = 32
LEAST: Final = 2  # what was acknowledged moves on, however busy the machine is
# Seconds of a round, well below what one call may take. A round costs much the same for one as for many, so
# that giving way is left to the processors' scheduler: fewer at once would only make each dearer.
SLOW: Final = 2.5
LEASE: Final = timedelta(seconds=15)  # longer than the hand-over of one message may take


class HandOver:
    """Takes messages of the inbox that are due and gives them to the case register; any number may run."""

    def __init__(self, database: Database, repair: Repair, permit: Permit) -> None:
        self._database, self._repair, self._permit = database, repair, permit
        self._pace = Pace(most=AT_ONCE, slow=SLOW, least=LEAST)

    async def step(self) -> int:
        """One round; how many messages it took. Raises UpstreamUnavailable without the database."""
        places = self._pace.places
        with self._pace.use(places):
            return await self._round(places)

    async def _round(self, places: int) -> int:
        async with self._database.work(self._permit, str(uuid4())) as work:
            due = await inbox.claim(work, limit=places, lease=LEASE)
        if due:
            await self._repair.hand_over(self._permit, due, str(uuid4()))
        return len(due)
