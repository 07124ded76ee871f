"""Invitations to meetings, what came of them, and who has signed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.cases.model.meetings import Meeting
from services.cases.model.networks import Seat
from services.cases.model.participants import Invitation, Presence, Reply
from services.cases.store.meetings import MEETING, meeting_of
from services.kit.db import Work
from services.kit.driver import Row

#: Every core member of the network on that day; those who sit by case, and agencies of a case that sit in
#: no network, where a case on the agenda has them.
_WHO = """
    select n.agency, n.unit, n.seat from network_member n
    where n.region = $2 and n.valid_from <= $3 and (n.valid_to is null or n.valid_to > $3)
    and (n.seat = 'core' or n.agency in (select agency from needed))
    union
    select w.agency, null, 'by-case' from needed w
    where not exists (
        select from network_member n where n.region = $2 and n.agency = w.agency
        and n.valid_from <= $3 and (n.valid_to is null or n.valid_to > $3)
    )
"""
_NEEDED = """
    select distinct a.agency from agenda_item i join case_agency a on a.case_id = i.case_id
    where i.meeting_id = $1 and i.state <> 'taken-off'
"""
_INVITE = f"""
    with needed as ({_NEEDED}), who as ({_WHO})
    insert into meeting_invitation (id, meeting_id, region, agency, unit, seat, invited_at, invited_by)
    select gen_random_uuid(), $1, $2, agency, unit, seat, $4, $5 from who
    on conflict do nothing returning id
"""  # noqa: S608 - constants
_SELECT = f"""
    select v.id as invitation_id, v.agency, v.unit, v.seat, v.invited_at, v.reply, v.presence, v.people,
        v.version as invitation_version, {MEETING},
        (select count(*) from meeting_signature s where s.meeting_id = m.id and s.agency = v.agency) as signed
    from meeting_invitation v join meeting m on m.id = v.meeting_id
"""  # noqa: S608 - constants
_OF_MEETING = f"{_SELECT} where v.meeting_id = $1 order by v.seat <> 'core', v.agency, v.unit nulls first"
_ONE = f"{_SELECT} where v.id = $1"
_LOCK = "select from meeting_invitation where id = $1 for update"
_REPLY = """
    update meeting_invitation set reply = $2, replied_at = $3, replied_by = $4, version = version + 1
    where id = $1
"""
_RECORD = """
    update meeting_invitation set presence = $2, people = $3, recorded_at = $4, recorded_by = $5,
        version = version + 1
    where id = $1
"""
_SIGN = """
    insert into meeting_signature (meeting_id, region, subject, agency, statement, signed_at)
    values ($1, $2, $3, $4, $5, $6) on conflict do nothing
"""
_SIGNED = "select signed_at from meeting_signature where meeting_id = $1 and subject = $2"


async def invite(work: Work, meeting: Meeting) -> Sequence[UUID]:
    """Invites whom the meeting needs and who is not invited yet; the new invitations."""
    by = work.permit.caller.subject
    rows = await work.fetch(_INVITE, meeting.id, meeting.region, meeting.meets_on, work.now, by)
    return [row["id"] for row in rows]


async def of_meeting(work: Work, meeting_id: UUID) -> Sequence[Invitation]:
    """Who is invited, the core first."""
    return [_invitation(row) for row in await work.fetch(_OF_MEETING, meeting_id)]


async def one(work: Work, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    """One invitation; ``lock`` makes its writers follow each other."""
    if lock:
        await work.fetch(_LOCK, invitation_id)
    rows = await work.fetch(_ONE, invitation_id)
    return _invitation(rows[0]) if rows else None


async def reply(work: Work, invitation_id: UUID, told: Reply) -> None:
    """Writes whether an agency comes."""
    await work.fetch(_REPLY, invitation_id, told.value, work.now, work.permit.caller.subject)


async def record(work: Work, invitation_id: UUID, presence: Presence, people: int) -> None:
    """Writes whether an agency was there, and how many came."""
    by = work.permit.caller.subject
    await work.fetch(_RECORD, invitation_id, presence.value, people, work.now, by)


async def sign(work: Work, meeting: Meeting, agency: str | None, statement: str) -> None:
    """Writes that the caller has signed; who has signed before stays as that."""
    by = work.permit.caller.subject
    await work.fetch(_SIGN, meeting.id, meeting.region, by, agency, statement, work.now)


async def signed_at(work: Work, meeting_id: UUID) -> datetime | None:
    """When the caller signed for a meeting."""
    rows = await work.fetch(_SIGNED, meeting_id, work.permit.caller.subject)
    return rows[0]["signed_at"] if rows else None


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row["invitation_id"],
        meeting=meeting_of(row),
        agency=row["agency"],
        unit=row["unit"],
        seat=Seat(row["seat"]),
        invited_at=row["invited_at"],
        reply=None if row["reply"] is None else Reply(row["reply"]),
        presence=None if row["presence"] is None else Presence(row["presence"]),
        people=row["people"],
        signed=row["signed"],
        version=row["invitation_version"],
    )
