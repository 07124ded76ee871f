"""What came of tries, many at a time: each is written down while its lease holds, and not otherwise.

The rows of the queues are locked first, by a statement of their own: what another transaction has put behind
a head meanwhile is seen by the statement that writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.exchange.model.outbox import Head, OutState, Try
from services.exchange.rules.queue import Postpone, Verdict
from services.exchange.store import outbox
from services.kit.db import Work

_COLUMNS: Final = {
    "id": "uuid",
    "partner": "text",
    "stream": "uuid",
    "fence": "bigint",
    "state": "text",
    "reason": "text",
    "code": "text",
    "wait": "interval",
    "unknown": "integer",
    "asked": "boolean",
    "outcome": "text",
    "origin": "text",
    "status": "integer",
    "duration_ms": "integer",
}
_TOLD: Final = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_COLUMNS.values(), 1))
_NOW: Final = f"${len(_COLUMNS) + 1}::timestamptz"
#: A message that waits on keeps its place, one that was put aside blocks its queue; behind one that is done
#: with, the first that waits for its turn or for a person is the head.
_WRITE: Final = f"""
    with told as (
        select * from unnest({_TOLD}) as told ({", ".join(_COLUMNS)})
    ), message as (
        update outbox o set
            state = told.state,
            reason = coalesce(told.reason, o.reason),
            code = case when told.state in ('waiting', 'quarantined') then told.code else o.code end,
            settled_at = case when told.state in ('delivered', 'skipped') then {_NOW} end,
            tries = o.tries + cast(told.outcome is not null as integer),
            version = o.version + cast(told.state <> 'waiting' as integer)
        from told where o.id = told.id and o.state = 'waiting'
        returning o.id, o.tries
    ), tried as (
        insert into outbox_try (
            message_id, number, ended_at, duration_ms, outcome, origin, code, status, fence
        )
        select id, tries, {_NOW}, duration_ms, outcome, origin, code, status, fence
        from told join message using (id) where outcome is not null
    ), queue as (
        update outbox_queue q set
            head = case when told.state in ('waiting', 'quarantined') then q.head
                else coalesce(o.number, q.next_number) end,
            state = case coalesce(o.state, told.state)
                when 'waiting' then 'due' when 'quarantined' then 'blocked' else 'idle' end,
            due_at = case coalesce(o.state, told.state)
                when 'waiting' then now() + coalesce(told.wait, interval '0') end,
            tries = case when told.state = 'waiting' then q.tries + 1 else 0 end,
            unknown_tries = case when told.state = 'waiting' then q.unknown_tries + told.unknown else 0 end,
            asked = told.asked,
            lease_until = null
        from told join message using (id) left join lateral (
            select number, state from outbox
            where partner = told.partner and stream = told.stream and id <> told.id
              and state in ('waiting', 'quarantined') and told.state in ('delivered', 'skipped')
            order by number limit 1
        ) o on true
        where q.partner = told.partner and q.stream = told.stream
        returning q.stream
    )
    select (select count(*) from message) as messages, (select count(*) from queue) as queues
"""  # noqa: S608 - constants


class NotWaitingError(Exception):
    """The head of a queue does not wait to be sent, although its lease holds: the rows contradict."""


@dataclass(frozen=True, slots=True)
class Result:
    """What follows of a try; ``tried`` is None for what was never sent, since a person has stopped it."""

    head: Head
    verdict: Verdict
    tried: Try | None


async def write(work: Work, results: Sequence[Result]) -> Sequence[bool]:
    """Writes results of several queues down; False, and nothing is written, where the lease was lost."""
    kept = await outbox.hold(work, [one.head.lease for one in results])
    rows = [_row(one) for one, holds in zip(results, kept, strict=True) if holds]
    if rows:
        (done,) = await work.fetch(_WRITE, *([row[name] for row in rows] for name in _COLUMNS), work.now)
        if not done["messages"] == done["queues"] == len(rows):
            raise NotWaitingError
    return kept


def _row(result: Result) -> dict[str, Any]:
    lease, verdict, tried = result.head.lease, result.verdict, result.tried
    again = verdict if isinstance(verdict, Postpone) else None
    return {
        "id": result.head.id,
        "partner": lease.partner,
        "stream": lease.stream,
        "fence": lease.fence,
        "state": OutState.WAITING.value if isinstance(verdict, Postpone) else verdict.state.value,
        "reason": None if isinstance(verdict, Postpone) else verdict.reason,
        "code": tried and tried.code,
        "wait": again and again.wait,
        "unknown": int(again is not None and again.unknown),
        "asked": again is not None and again.asked,
        "outcome": tried and tried.outcome,
        "origin": tried and tried.origin,
        "status": tried and tried.status,
        "duration_ms": tried and tried.duration_ms,
    }
