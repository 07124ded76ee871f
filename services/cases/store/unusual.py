"""What the worker looks at: rows of the audit log in their order, and the cases that they name."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from services.cases.model.ids import CaseId
from services.cases.model.unusual import Came, Cases, Unusual
from services.cases.store import glass
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id

_PLACE: Final = """
    insert into watch_place as w (log, position) values ('audit', -1)
    on conflict (log) do update set position = least(
        w.position, (select coalesce(max(p.position), -1) from audit_position p)
    )
    returning position
"""
_AFTER: Final = """
    select p.position, a.id, a.recorded_at, a.actor, a.actor_kind, a.role, a.attributes, a.operation,
        a.decision, a.rule_id, a.objects
    from audit_position p join audit a on a.id = p.audit_id
    where p.position > $1 order by p.position limit $2
"""
_MOVE: Final = "update watch_place set position = $1 where log = 'audit'"
_NAMELESS: Final = "select id from marac_case where handle is null limit $1"
_CALL: Final = """
    update marac_case c set handle = n.handle
    from unnest($1::uuid[], $2::text[]) as n (id, handle) where c.id = n.id
"""
_NAMED: Final = "select handle, id, region from marac_case where handle = any ($1::text[])"
_SEEN: Final = """
    insert into watch_seen (actor, hour, case_id)
    select * from unnest($1::text[], $2::timestamptz[], $3::uuid[]) on conflict do nothing
"""
_MANY: Final = """
    select actor, hour, count(*) as cases from watch_seen
    where (actor, hour) in (select * from unnest($1::text[], $2::timestamptz[])) group by 1, 2
"""
_FORGET: Final = "delete from watch_seen where hour < $1"
#: Of the cases that are kept from somebody, everything by whose id one may try.
_KEPT_FROM: Final = """
    select c.id as case_id, x.thing from marac_case c
    cross join lateral (
        select c.id as thing
        union select r.id from referral r where r.case_id = c.id
        union select p.person_id from participation p join referral r on r.id = p.referral_id
        where r.case_id = c.id
    ) x
    where c.id in (select excluded_from(array[$1::text]))
"""


async def after(work: Work, most: int) -> tuple[int | None, Sequence[Came]]:
    """The rows about members that come next, and the position to move to; None when nothing has come.

    Whoever asks holds the place until the end of the transaction.
    """
    place = (await work.fetch(_PLACE))[0]["position"]
    rows = await work.fetch(_AFTER, place, most)
    came = [
        Came(
            id=row["id"],
            at=row["recorded_at"],
            actor=row["actor"],
            roles=frozenset(row["role"].split("+")),
            attributes=frozenset(row["attributes"]),
            operation=row["operation"],
            refused=row["decision"] == "deny",
            rules=frozenset((row["rule_id"] or "").split("+")),
            handles=row["objects"],
        )
        for row in rows
        if row["actor_kind"] == "member"
    ]
    return (rows[-1]["position"] if rows else None), came


async def move(work: Work, position: int) -> None:
    """What comes up to there was looked at."""
    await work.fetch(_MOVE, position)


async def call_all(work: Work, most: int) -> None:
    """Gives cases that have none the handle by which the audit log knows them."""
    while ids := [row["id"] for row in await work.fetch(_NAMELESS, most)]:
        await work.fetch(_CALL, ids, [work.handle(one) for one in ids])


async def named(work: Work, handles: Iterable[str]) -> Cases:
    """The cases among some handles."""
    rows = await work.fetch(_NAMED, list(dict.fromkeys(handles)))
    return {row["handle"]: (CaseId(row["id"]), row["region"]) for row in rows}


async def seen(work: Work, looks: Sequence[tuple[str, datetime, CaseId]]) -> dict[tuple[str, datetime], int]:
    """Keeps who looked at which case in which hour; how many cases it are now, by member and hour."""
    if not looks:
        return {}
    actors, hours, cases = (list(column) for column in zip(*looks, strict=True))
    await work.fetch(_SEEN, actors, hours, cases)
    rows = await work.fetch(_MANY, actors, hours)
    return {(row["actor"], row["hour"]): row["cases"] for row in rows}


async def forget(work: Work, before: datetime) -> None:
    """Drops what is too old to count."""
    await work.fetch(_FORGET, before)


async def kept_from(work: Work, actor: str) -> dict[str, CaseId]:
    """The cases that are kept from somebody, by the handles of everything in them."""
    rows = await work.fetch(_KEPT_FROM, actor)
    return {work.handle(row["thing"]): CaseId(row["case_id"]) for row in rows}


async def report(work: Work, unusual: Unusual, order: Sequence[str], fallback: str) -> None:
    """Writes a report; what was reported stays as it is."""
    await work.fetch(
        glass.ALARM,
        new_id(),
        unusual.rule,
        unusual.actor,
        list(unusual.own),
        list(order),
        fallback,
        None,
        unusual.at,
        work.now,
        local_date(work.now),
        unusual.source,
        unusual.case,
    )
