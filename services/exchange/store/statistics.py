"""What came of the deliveries of a period, by partner: tries, failures by code, how long it took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from services.kit.db import Work

MOST_CODES: Final = 50


@dataclass(frozen=True, slots=True)
class Failed:
    """Tries that failed alike."""

    origin: str
    code: str
    tries: int


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Messages that a partner took in the period, and how long they had waited; milliseconds."""

    sent: int = 0
    median_ms: int | None = None
    p95_ms: int | None = None


_TRIES: Final = text("""
    select o.partner, count(*) as tries from outbox_try t join outbox o on o.id = t.message_id
    where t.ended_at >= :since and t.ended_at < :until group by o.partner
""")
_FAILED: Final = text("""
    select partner, origin, code, tries from (
        select o.partner, t.origin, t.code, count(*) as tries,
            row_number() over (partition by o.partner order by count(*) desc, t.origin, t.code) as place
        from outbox_try t join outbox o on o.id = t.message_id
        where t.ended_at >= :since and t.ended_at < :until and t.outcome <> 'delivered'
        group by o.partner, t.origin, t.code
    ) as failed where place <= :most order by partner, tries desc, origin, code
""")
_SENT: Final = text("""
    select partner, count(*) as sent,
        round(percentile_cont(0.5) within group (order by waited)) as median_ms,
        round(percentile_cont(0.95) within group (order by waited)) as p95_ms
    from (
        select partner, cast(1000 * extract(epoch from settled_at - created_at) as double precision) as waited
        from outbox where state = 'delivered' and settled_at >= :since and settled_at < :until
    ) as delivered group by partner
""")


async def tries(work: Work, since: datetime, until: datetime) -> dict[str, int]:
    """How many tries ended, by partner."""
    rows = await work.conn.execute(_TRIES, {"since": since, "until": until})
    return {row.partner: row.tries for row in rows}


async def failures(
    work: Work, since: datetime, until: datetime, most: int = MOST_CODES
) -> dict[str, Sequence[Failed]]:
    """The most frequent failures of each partner, the most frequent first."""
    found: dict[str, list[Failed]] = {}
    for row in await work.conn.execute(_FAILED, {"since": since, "until": until, "most": most}):
        found.setdefault(row.partner, []).append(Failed(row.origin, row.code, row.tries))
    return dict(found)


async def deliveries(work: Work, since: datetime, until: datetime) -> dict[str, Deliveries]:
    """What partners took."""
    rows = await work.conn.execute(_SENT, {"since": since, "until": until})
    return {row.partner: Deliveries(row.sent, int(row.median_ms), int(row.p95_ms)) for row in rows}
