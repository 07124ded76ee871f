"""Notices about children: announced by events; a row says that one has left or was stopped."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from services.cases.model.children import ChildNotice
from services.cases.model.codes import ChildNoticeState, EventType, Role
from services.cases.model.ids import CaseId, ParticipationId, PersonId, ReferralId
from services.kit.db import Work

_OF_REFERRAL = text("""
    with told as (
        select cast(one ->> 'number' as uuid) as number, max(cast(one ->> 'version' as integer)) as version
        from event e cross join jsonb_array_elements(e.data -> 'notices') as one
        where e.stream = :case and e.type = :type group by 1
    )
    select t.number, t.version, p.role, p.municipality, c.state, c.reason, c.settled_at, c.note_sealed
    from told t join participation p on p.id = t.number and p.referral_id = :referral
    left join child_notice c on c.number = t.number and c.version = t.version
    order by t.number
""")
_TOLD = text("""
    select p.person_id, p.municipality
    from event e cross join jsonb_array_elements(e.data -> 'notices') as one
    join participation p on p.id = cast(one ->> 'number' as uuid) and p.referral_id = :referral
    where e.stream = :case and e.type = :type
""")
_LEAVE = text("""
    insert into child_notice (number, version, state, settled_at, settled_by)
    values (:number, :version, 'left', :at, :by) on conflict do nothing
""")
_STOP = text("""
    insert into child_notice (number, version, state, settled_at, settled_by, reason, note_sealed)
    values (:number, :version, 'stopped', :at, :by, :reason, :note) on conflict do nothing
""")
_STATE = text("select state from child_notice where number = :number and version = :version")
_LOCATE = text(
    "update participation set municipality = :municipality where id = :number and municipality is null"
)


async def of_referral(work: Work, referral: ReferralId, case: CaseId) -> Sequence[ChildNotice]:
    """The notices that events of a referral have announced, each by its last version."""
    rows = await work.conn.execute(
        _OF_REFERRAL, {"referral": referral, "case": case, "type": EventType.CHILD_NOTICE.value}
    )
    return [
        ChildNotice(
            number=ParticipationId(row.number),
            version=row.version,
            role=Role(row.role),
            municipality=row.municipality,
            state=ChildNoticeState(row.state or ChildNoticeState.DUE),
            reason=row.reason,
            settled_at=row.settled_at,
            note=row.note_sealed,
        )
        for row in rows
    ]


async def announced(work: Work, referral: ReferralId, case: CaseId) -> frozenset[tuple[PersonId, str | None]]:
    """Of whom, living where, notices were announced; with none for the municipality as well."""
    values = {"referral": referral, "case": case, "type": EventType.CHILD_NOTICE.value}
    rows = (await work.conn.execute(_TOLD, values)).all()
    return frozenset((PersonId(row.person_id), place) for row in rows for place in (row.municipality, None))


async def leave(work: Work, number: UUID, version: int) -> bool:
    """The notice leaves, perhaps once more; False when a person was faster and has stopped it."""
    told = {"number": number, "version": version}
    await work.conn.execute(_LEAVE, {**told, **_settled(work)})
    state = (await work.conn.execute(_STATE, told)).scalar_one()
    return ChildNoticeState(state) is ChildNoticeState.LEFT


async def stop(work: Work, number: UUID, version: int, reason: str, note: bytes | None) -> bool:
    """The notice does not leave; False when it has left, or was stopped already."""
    told = {"number": number, "version": version, "reason": reason, "note": note}
    return (await work.conn.execute(_STOP, {**told, **_settled(work)})).rowcount == 1


async def locate(work: Work, number: UUID, municipality: str) -> bool:
    """Writes the municipality of a child's residence; False when there is one."""
    told = {"number": number, "municipality": municipality}
    return (await work.conn.execute(_LOCATE, told)).rowcount == 1


def _settled(work: Work) -> dict[str, object]:
    return {"at": work.now, "by": work.permit.caller.subject}
