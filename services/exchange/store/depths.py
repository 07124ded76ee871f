"""How much waits: counted over what is open, by indexes that hold nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.kit.db import Work

_INBOX: Final = """
    select count(*) as waiting, coalesce(extract(epoch from now() - min(received_at)), 0) as oldest
    from inbox where state = 'received'
"""
_OUTBOX: Final = """
    select partner, count(*) filter (where state = 'waiting') as waiting,
        count(*) filter (where state = 'quarantined') as quarantined,
        coalesce(extract(epoch from now() - min(created_at) filter (where state = 'waiting')), 0) as oldest
    from outbox where state in ('waiting', 'quarantined') group by partner
"""


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits in one queue; ``oldest`` in seconds, 0 when nothing waits."""

    waiting: int
    oldest: float
    quarantined: int = 0


async def of_inbox(work: Work) -> Depth:
    """Referrals that wait for their hand-over."""
    (row,) = await work.fetch(_INBOX)
    return Depth(row["waiting"], float(row["oldest"]))


async def of_outbox(work: Work) -> Sequence[tuple[str, Depth]]:
    """Messages that wait for their delivery or for a person, by partner; partners with none are absent."""
    return [
        (row["partner"], Depth(row["waiting"], float(row["oldest"]), row["quarantined"]))
        for row in await work.fetch(_OUTBOX)
    ]
