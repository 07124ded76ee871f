"""What an operator is woken by: how much waits, for how long, and what waits for a person."""

from collections.abc import Sequence
from math import nan
from typing import Final

from prometheus_client import Gauge

from services.exchange.store import depths
from services.kit.db import Database
from services.kit.ids import new_id
from services.kit.policy import Caller, Policy

INBOX: Final = Gauge("turvavork_inbox_waiting", "Referrals that wait for their hand-over.")
INBOX_OLDEST: Final = Gauge("turvavork_inbox_oldest_seconds", "Age of the one that has waited longest.")
OUTBOX: Final = Gauge("turvavork_outbox_waiting", "Messages that wait for their delivery.", ("partner",))
OUTBOX_OLDEST: Final = Gauge(
    "turvavork_outbox_oldest_seconds", "Age of the one that has waited longest.", ("partner",)
)
QUARANTINED: Final = Gauge(
    "turvavork_outbox_quarantined", "Messages that wait for a person to decide.", ("partner",)
)


class Depths:
    """Sets the figures anew when they are asked for; every instance of the service tells the same."""

    def __init__(self, database: Database, policy: Policy, partners: Sequence[str]) -> None:
        """``partners`` show also while nothing waits for them."""
        self._database, self._partners = database, partners
        caller = Caller.system("service:exchange", "exchange")
        self._permit = policy.permit(caller, "measure_queues", "operations")

    async def measure(self) -> None:
        """Counts now; raises UpstreamUnavailable without the database, and then no old figures are shown."""
        INBOX.set(nan)
        INBOX_OLDEST.set(nan)
        for gauge in (OUTBOX, OUTBOX_OLDEST, QUARANTINED):
            gauge.clear()
        async with self._database.work(self._permit, str(new_id())) as work:
            inbox, outbox = await depths.of_inbox(work), dict(await depths.of_outbox(work))
        INBOX.set(inbox.waiting)
        INBOX_OLDEST.set(inbox.oldest)
        for partner in dict.fromkeys((*self._partners, *outbox)):
            depth = outbox.get(partner, depths.Depth(0, 0.0))
            OUTBOX.labels(partner).set(depth.waiting)
            OUTBOX_OLDEST.labels(partner).set(depth.oldest)
            QUARANTINED.labels(partner).set(depth.quarantined)
