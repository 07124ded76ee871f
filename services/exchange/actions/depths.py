"""What an operator is woken by: how much waits, for how long, and what waits for a person."""

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Final

from prometheus_client import REGISTRY, Gauge, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from services.exchange.rules import delivery
from services.exchange.store import depths, pauses, totals
from services.exchange.store.totals import Ended
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
_MOST: Final = 1000


class Totals(Collector):
    """Counters that the database keeps: they outlive processes, and every instance tells the same."""

    def __init__(self) -> None:
        self._counted: Mapping[Ended, int] | None = None
        self._partners: Sequence[str] = ()

    def set(self, partners: Sequence[str], counted: Mapping[Ended, int] | None) -> None:
        """What is told from now on; ``partners`` also while there was no try."""
        self._partners, self._counted = partners, counted

    def collect(self) -> Iterable[Metric]:
        """The two counters; without samples when they are not known."""
        tries = CounterMetricFamily(
            "turvavork_delivery_tries", "Tries to deliver a message that ended.", labels=("partner",)
        )
        failures = CounterMetricFamily(
            "turvavork_delivery_failures",
            "Those of them that failed, by who said so and with which code.",
            labels=("partner", "origin", "code"),
        )
        if self._counted is not None:
            sums = dict.fromkeys(self._partners, 0)
            for ended, count in self._counted.items():
                sums[ended.partner] = sums.get(ended.partner, 0) + count
                if ended.origin:
                    failures.add_metric(ended, count)
            for partner, count in sums.items():
                tries.add_metric((partner,), count)
        return tries, failures


TOTALS: Final = Totals()
REGISTRY.register(TOTALS)


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
        TOTALS.set(self._partners, None)
        for gauge in (OUTBOX, OUTBOX_OLDEST, QUARANTINED, PAUSED):
            gauge.clear()
        async with self._database.work(self._permit, str(new_id())) as work:
            inbox, outbox = await depths.of_inbox(work), dict(await depths.of_outbox(work))
            paused = {each.partner for each in await pauses.latest(work, only_open=True, limit=_MOST)}
            counted = await totals.count(work, delivery.label)
        INBOX.set(inbox.waiting)
        INBOX_OLDEST.set(inbox.oldest)
        TOTALS.set(self._partners, counted)
        for partner in dict.fromkeys((*self._partners, *outbox)):
            depth = outbox.get(partner, depths.Depth(0, 0.0))
            OUTBOX.labels(partner).set(depth.waiting)
            OUTBOX_OLDEST.labels(partner).set(depth.oldest)
            QUARANTINED.labels(partner).set(depth.quarantined)
            PAUSED.labels(partner).set(partner in paused)
