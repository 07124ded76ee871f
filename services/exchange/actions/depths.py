"""What an operator is woken by: how much waits, for how long, and what waits for a person."""

from collections.abc import Sequence
from datetime import timedelta
from math import nan
from typing import Final

from prometheus_client import Gauge

from services.exchange.rules import delivery
from services.exchange.store import depths, pauses, statistics
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
PAUSED: Final = Gauge("turvavork_partner_paused", "1 while an operator has nothing sent to it.", ("partner",))
TRIES: Final = Gauge(
    "turvavork_delivery_tries_recent", "Tries that ended in the last 5 minutes.", ("partner",)
)
FAILURES: Final = Gauge(
    "turvavork_delivery_failures_recent",
    "Those of them that failed, by who said so and with which code.",
    ("partner", "origin", "code"),
)
RECENT: Final = timedelta(minutes=5)
_MOST: Final = 1000


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
        for gauge in (OUTBOX, OUTBOX_OLDEST, QUARANTINED, PAUSED, TRIES, FAILURES):
            gauge.clear()
        async with self._database.work(self._permit, str(new_id())) as work:
            inbox, outbox = await depths.of_inbox(work), dict(await depths.of_outbox(work))
            paused = {each.partner for each in await pauses.latest(work, only_open=True, limit=_MOST)}
            tries = await statistics.tries(work, work.now - RECENT, work.now)
            failures = await statistics.failures(work, work.now - RECENT, work.now)
        INBOX.set(inbox.waiting)
        INBOX_OLDEST.set(inbox.oldest)
        for partner in dict.fromkeys((*self._partners, *outbox, *tries)):
            depth = outbox.get(partner, depths.Depth(0, 0.0))
            OUTBOX.labels(partner).set(depth.waiting)
            OUTBOX_OLDEST.labels(partner).set(depth.oldest)
            QUARANTINED.labels(partner).set(depth.quarantined)
            PAUSED.labels(partner).set(partner in paused)
            TRIES.labels(partner).set(tries.get(partner, 0))
            for failed in failures.get(partner, ()):
                code = delivery.label(failed.origin, failed.code)
                FAILURES.labels(partner, failed.origin, code).inc(failed.tries)
