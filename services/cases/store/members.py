"""Members of the networks and their appointments: who may act, where, from when until when."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text

from services.cases.model.members import Appointed
from services.kit.db import Database, Work
from services.kit.driver import Row
from services.kit.ids import new_id

# Who stands in for somebody holds an own office at the same time: a deputy who was dismissed is no deputy.
_HELD = """
    with own as (
        select a.role, a.region, a.agency, a.valid_from, a.valid_to, cast(null as text) as principal
        from appointment a join member m on m.id = a.member_id
        where m.subject = $1 and a.state in ('approved', 'ended')
        and a.valid_from <= $2 and (a.valid_to is null or a.valid_to > $2)
    )
    select * from own
    union all
    select a.role, a.region, a.agency, s.absent_from, least(s.absent_to, a.valid_to), p.subject
    from member d join absence s on s.deputy_id = d.id join appointment a on a.id = s.appointment_id
    join member p on p.id = a.member_id
    where d.subject = $1 and s.absent_from <= $2 and s.absent_to > $2 and a.state in ('approved', 'ended')
    and a.valid_from <= $2 and (a.valid_to is null or a.valid_to > $2) and exists (select from own)
    order by role, region, agency, valid_from, principal
"""
_HELD_IN = f"""
    select held.*, exists (
        select from member_session s
        where s.id = $3 and s.subject = $1 and s.ended_at is null and s.ends_at > $4
    ) as is_open
    from (select 1) as one left join ({_HELD}) as held on true
"""  # noqa: S608 - constants
_ANY = """
    select exists (
        select from appointment where state in ('proposed', 'approved')
        and (valid_to is null or valid_to > $1)
    ) as held
"""
_MEMBERS = text("""
    insert into member (id, subject, created_at)
    select id, subject, :at from unnest(cast(:ids as uuid[]), cast(:subjects as text[])) as new (id, subject)
    on conflict (subject) do nothing
""")
_APPOINT = text("""
    insert into appointment (id, member_id, role, region, agency, valid_from, valid_to, author, created_at)
    select n.id, m.id, n.role, n.region, n.agency, n.valid_from, n.valid_to, :author, :at
    from unnest(
        cast(:ids as uuid[]), cast(:subjects as text[]), cast(:roles as text[]), cast(:regions as text[]),
        cast(:agencies as text[]), cast(:starts as date[]), cast(:ends as date[])
    ) as n (id, subject, role, region, agency, valid_from, valid_to)
    join member m on m.subject = n.subject
    where not exists (
        select from appointment a where a.member_id = m.id and a.role = n.role
        and a.region is not distinct from n.region and a.agency is not distinct from n.agency
        and a.state in ('proposed', 'approved', 'ended')
        and (a.valid_to is null or a.valid_to > n.valid_from)
        and (n.valid_to is null or a.valid_from < n.valid_to)
    )
    returning id
""")


async def held(work: Work, subject: str, day: date) -> Sequence[Appointed]:
    """The offices that a member holds on a day; none for somebody unknown."""
    return _appointed(await work.fetch(_HELD, subject, day))


async def held_before_permit(
    database: Database, subject: str, day: date, session: UUID | None, now: datetime
) -> Sequence[Appointed] | None:
    """The same for whoever makes the permit; None when the session in which the member comes is not open."""
    if session is None:
        return _appointed(await database.look(_HELD, subject, day))
    return _within(await database.look(_HELD_IN, subject, day, session, now))


async def held_in(work: Work, subject: str, day: date, session: UUID) -> Sequence[Appointed] | None:
    """The same for a service that asks in which session the member comes to it."""
    return _within(await work.fetch(_HELD_IN, subject, day, session, work.now))


def _within(rows: Sequence[Row]) -> Sequence[Appointed] | None:
    """One row at least, which says whether the session is open; without a role where no office is held."""
    if not rows[0]["is_open"]:
        return None
    return _appointed(row for row in rows if row["role"] is not None)


def _appointed(rows: Iterable[Row]) -> Sequence[Appointed]:
    return [
        Appointed(
            row["role"], row["region"], row["agency"], row["valid_from"], row["valid_to"], row["principal"]
        )
        for row in rows
    ]


async def is_any_office_held(work: Work, day: date) -> bool:
    """Whether there is an office that somebody holds on a day, will hold, or is proposed for."""
    [row] = await work.fetch(_ANY, day)
    return bool(row["held"])


async def appoint(work: Work, new: Sequence[tuple[str, Appointed]], author: str) -> Sequence[UUID]:
    """Appoints members, made when they are new; an office that is held in that time is left alone.

    Returns the ids of the new appointments.
    """
    subjects = sorted({subject for subject, _ in new})
    members = {"ids": [new_id() for _ in subjects], "subjects": subjects, "at": work.now}
    await work.conn.execute(_MEMBERS, members)
    rows = await work.conn.execute(
        _APPOINT,
        {
            "ids": [new_id() for _ in new],
            "subjects": [subject for subject, _ in new],
            "roles": [each.role for _, each in new],
            "regions": [each.region for _, each in new],
            "agencies": [each.agency for _, each in new],
            "starts": [each.valid_from for _, each in new],
            "ends": [each.valid_to for _, each in new],
            "author": author,
            "at": work.now,
        },
    )
    return [row.id for row in rows]
