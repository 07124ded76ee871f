"""What came of tries, many at a time: each is written down while its lease holds, and not otherwise.

The rows of the queues are locked first: what another transaction has put behind a head meanwhile is seen. How
a queue goes on is said by ``rules.queue``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.exchange.model.outbox import Head, OutState, Try
from services.exchange.rules import queue
from services.exchange.rules.queue import Postpone, Standing, Verdict
from services.exchange.store import standings
from services.exchange.store.standings import Key, Stand
from services.kit.db import Work

_COLUMNS: Final = {
    "id": "uuid",
    "fence": "bigint",
    "state": "text",
    "reason": "text",
    "code": "text",
    "outcome": "text",
    "origin": "text",
    "status": "integer",
    "duration_ms": "integer",
}
_TOLD: Final = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_COLUMNS.values(), 1))
_NOW: Final = f"${len(_COLUMNS) + 1}::timestamptz"
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
    )
    select count(*) as messages from message
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
    locked = await standings.lock(work, [_key(one) for one in results])
    kept = [_holds(one, locked) for one in results]
    held = {_key(one): one for one, holds in zip(results, kept, strict=True) if holds}
    if held:
        rows = [_row(one) for one in held.values()]
        (done,) = await work.fetch(_WRITE, *([row[name] for row in rows] for name in _COLUMNS), work.now)
        if done["messages"] != len(rows):
            raise NotWaitingError
        await standings.write(work, await _after(work, held, locked))
    return kept


def _holds(result: Result, locked: Mapping[Key, Stand]) -> bool:
    found = locked.get(_key(result))
    return found is not None and found.standing.holds(result.head.lease.fence, found.now)


async def _after(
    work: Work, held: Mapping[Key, Result], locked: Mapping[Key, Stand]
) -> Mapping[Key, Standing]:
    """How the queues stand now; what is behind a head is looked for where there is something."""
    standing = {key: locked[key].standing for key in held}
    behind = {key: one.head for key, one in standing.items() if one.head + 1 < one.next_number}
    following = await standings.first(work, behind)
    return {
        key: queue.after_try(standing[key], one.verdict, following.get(key), locked[key].now)
        for key, one in held.items()
    }


def _key(result: Result) -> Key:
    return result.head.lease.partner, result.head.lease.stream


def _row(result: Result) -> dict[str, Any]:
    verdict, tried = result.verdict, result.tried
    return {
        "id": result.head.id,
        "fence": result.head.lease.fence,
        "state": OutState.WAITING.value if isinstance(verdict, Postpone) else verdict.state.value,
        "reason": None if isinstance(verdict, Postpone) else verdict.reason,
        "code": tried and tried.code,
        "outcome": tried and tried.outcome,
        "origin": tried and tried.origin,
        "status": tried and tried.status,
        "duration_ms": tried and tried.duration_ms,
    }
