"""How many tries there were ever, by partner and what became of them: counted once each, durably."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from services.kit.db import Work

MOST: Final = 20_000
# Who counts at the same time takes others; to lock a row one needs the right to update it.
_TAKE: Final = """
    with taken as (
        delete from outbox_try_uncounted u using (
            select message_id, number from outbox_try_uncounted limit $1 for update skip locked
        ) as chosen
        where u.message_id = chosen.message_id and u.number = chosen.number
        returning u.message_id, u.number
    )
    select o.partner, coalesce(t.origin, '') as origin, coalesce(t.code, '') as code, count(*) as tries
    from taken join outbox_try t using (message_id, number) join outbox o on o.id = t.message_id
    group by 1, 2, 3
"""
# In one order, so that two who count do not wait for each other in a circle.
_ADD: Final = """
    insert into delivery_total as d (partner, origin, code, tries)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as n (partner, origin, code, tries)
    order by 1, 2, 3
    on conflict (partner, origin, code) do update set tries = d.tries + excluded.tries
"""
_ALL: Final = "select partner, origin, code, tries from delivery_total"


class Ended(NamedTuple):
    """Tries that ended alike; without origin and code, those that succeeded."""

    partner: str
    origin: str
    code: str


async def count(work: Work, label: Callable[[str, str], str]) -> Mapping[Ended, int]:
    """Counts what is new, 20 000 tries at the most, and tells all; ``label`` makes few codes of many."""
    fresh: Counter[Ended] = Counter()
    for row in await work.fetch(_TAKE, MOST):
        origin, code = row["origin"], row["code"]
        fresh[Ended(row["partner"], origin, label(origin, code) if origin else "")] += row["tries"]
    if fresh:
        await work.fetch(
            _ADD, *map(list, zip(*((*each, tries) for each, tries in fresh.items()), strict=True))
        )
    rows = await work.fetch(_ALL)
    return {Ended(row["partner"], row["origin"], row["code"]): row["tries"] for row in rows}
