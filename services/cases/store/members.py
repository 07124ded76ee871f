"""Members of the networks and their appointments: who may act, where, from when until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from services.kit.db import Work
from services.kit.ids import new_id

_OF = text("""
    select a.role, a.region, a.agency, a.valid_from, a.valid_to
    from appointment a join member m on m.id = a.member_id
    where m.subject = :subject order by a.role, a.region, a.agency, a.valid_from
""")
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
        and (a.valid_to is null or a.valid_to > n.valid_from)
    )
    returning id
""")
_END = text("""
    update appointment set valid_to = :day where valid_from < :day and (valid_to is null or valid_to > :day)
    and role = :role and region is not distinct from :region and agency is not distinct from :agency
    and member_id = (select id from member where subject = :subject)
    returning id
""")


@dataclass(frozen=True, slots=True)
class Appointed:
    """An office that somebody holds: from a day until another (exclusive; None = no end)."""

    role: str
    region: str | None
    agency: str | None
    valid_from: date
    valid_to: date | None

    def holds(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


async def appointments(work: Work, subject: str) -> Sequence[Appointed]:
    """All appointments of a member, past and future ones too; none for somebody unknown."""
    rows = await work.conn.execute(_OF, {"subject": subject})
    return [Appointed(row.role, row.region, row.agency, row.valid_from, row.valid_to) for row in rows]


async def appoint(work: Work, new: Sequence[tuple[str, Appointed]], author: str) -> Sequence[UUID]:
    """Appoints members, made when they are new; what already holds is left alone. Ids of the new rows."""
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


async def end(work: Work, subject: str, office: Appointed, day: date) -> Sequence[UUID]:
    """Ends an office on a day (its first day without it); ids of the rows that ended."""
    rows = await work.conn.execute(
        _END,
        {
            "subject": subject,
            "day": day,
            "role": office.role,
            "region": office.region,
            "agency": office.agency,
        },
    )
    return [row.id for row in rows]
