"""How queues stand: read under their locks, and written down as ``rules.queue`` says that they go on.

Locked first, and read by another statement: what a transaction that was waited for has put behind a head is
seen. Several queues are always locked in one order, so that no two transactions wait for each other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from services.exchange.model.outbox import OutState
from services.exchange.rules import queue
from services.exchange.rules.queue import First, QueueState, Standing
from services.kit.db import Work
from services.kit.driver import Row

#: Partner and stream.
Key: TypeAlias = tuple[str, UUID]
_COLUMNS: Final = {
    "next_number": "integer",
    "head": "integer",
    "state": "text",
    "due_at": "timestamptz",
    "tries": "integer",
    "unknown_tries": "integer",
    "asked": "boolean",
    "lease_until": "timestamptz",
}
_LOCK: Final = f"""
    select partner, stream, fence, now() as now, {", ".join(_COLUMNS)} from outbox_queue
    where (partner, stream) in (select * from unnest($1::text[], $2::uuid[]))
    order by partner, stream for no key update
"""  # noqa: S608 - made of constants
_FIRST: Final = """
    select told.partner, told.stream, o.number, o.state
    from unnest($1::text[], $2::uuid[], $3::integer[]) as told (partner, stream, behind)
    cross join lateral (
        select number, state from outbox
        where partner = told.partner and stream = told.stream and number > told.behind
          and state in ('waiting', 'quarantined')
        order by number limit 1
    ) o
"""
_WRITE: Final = f"""
    update outbox_queue q set {", ".join(f"{name} = told.{name}" for name in _COLUMNS)}
    from unnest(
        $1::text[], $2::uuid[], {", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_COLUMNS.values(), 3))}
    ) as told (partner, stream, {", ".join(_COLUMNS)})
    where q.partner = told.partner and q.stream = told.stream
"""  # noqa: S608 - made of constants


class Stand:
    """How one queue stands, and the database's time."""

    __slots__ = ("now", "standing")

    def __init__(self, standing: Standing, now: datetime) -> None:
        self.standing, self.now = standing, now


async def lock(work: Work, keys: Sequence[Key]) -> Mapping[Key, Stand]:
    """How queues stand; they are kept from others until the transaction ends."""
    if not keys:
        return {}
    return {(row["partner"], row["stream"]): _stand(row) for row in await work.fetch(_LOCK, *_names(keys))}


async def first(work: Work, behind: Mapping[Key, int]) -> Mapping[Key, First]:
    """The first message of each queue behind a number that waits, for its turn or for a person."""
    found: dict[Key, First] = dict.fromkeys(behind)
    if behind:
        for row in await work.fetch(_FIRST, *_names(list(behind)), list(behind.values())):
            found[row["partner"], row["stream"]] = (row["number"], OutState(row["state"]))
    return found


async def write(work: Work, standings: Mapping[Key, Standing]) -> None:
    """Queues that are locked stand like this from now on."""
    if standings:
        columns = [[getattr(one, name) for one in standings.values()] for name in _COLUMNS]
        await work.fetch(_WRITE, *_names(list(standings)), *columns)


async def advance(work: Work, keys: Sequence[Key]) -> None:
    """A person has decided about messages of these queues: they go on."""
    found = await lock(work, keys)
    heads = await first(work, dict.fromkeys(found, 0))
    await write(work, {key: queue.advanced(one.standing, heads[key], one.now) for key, one in found.items()})


def _stand(row: Row) -> Stand:
    words = {name: row[name] for name in _COLUMNS} | {"state": QueueState(row["state"])}
    return Stand(Standing(fence=row["fence"], **words), row["now"])


def _names(keys: Sequence[Key]) -> tuple[Sequence[str], Sequence[UUID]]:
    return [partner for partner, _ in keys], [stream for _, stream in keys]
