"""Notices about children: announced by events; a row says that one has left or was stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text

from services.cases.model.children import ChildNotice, NoticeDecision
from services.cases.model.codes import ChildNoticeState, EventType, Role
from services.cases.model.ids import CaseId, ParticipationId, PersonId, ReferralId
from services.cases.store import dossiers
from services.cases.store.dossiers import KeptPart
from services.kit.db import Work
from services.kit.driver import Row

_OF_REFERRAL = text("""
    with told as (
        select cast(one ->> 'number' as uuid) as number, max(cast(one ->> 'version' as integer)) as version
        from event e cross join jsonb_array_elements(e.data -> 'notices') as one
        where e.stream = :case and e.type = :type group by 1
    )
    select t.number, t.version, p.role, p.municipality, c.state, c.reason, c.settled_at, c.note_sealed,
        d.decision, d.decided_on
    from told t join participation p on p.id = t.number and p.referral_id = :referral
    left join child_notice c on c.number = t.number and c.version = t.version
    left join lateral (
        select decision, decided_on from child_decision d where d.number = t.number
        order by d.place desc limit 1
    ) d on true
    order by t.number
""")
_TOLD = text("""
    select p.person_id, p.municipality
    from event e cross join jsonb_array_elements(e.data -> 'notices') as one
    join participation p on p.id = cast(one ->> 'number' as uuid) and p.referral_id = :referral
    where e.stream = :case and e.type = :type
""")
#: Each question by itself: what an event announced, by the last version that any event gives it.
_ANNOUNCED = f"""
    select asked.place, r.id, r.reference, r.region, r.referred_on, r.occurred_at, r.state, r.case_id,
        {dossiers.AGENCIES.format(case="r.case_id")}, {dossiers.PART}, v.version as notice_version,
        c.state as notice_state, c.reason, c.settled_at, c.note_sealed
    from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (event, number, place)
    join event e on e.id = asked.event and e.type = $3
    join referral r on r.id = cast(e.data ->> 'referralId' as uuid)
    join data_key k on k.id = r.key_id and k.wrapped is not null
    join ({dossiers.KEPT_PART}) on p.id = asked.number and p.referral_id = r.id
    cross join lateral (
        select max(cast(one ->> 'version' as integer)) as version
        from event a cross join jsonb_array_elements(a.data -> 'notices') as one
        where a.stream = r.case_id and a.type = $3 and cast(one ->> 'number' as uuid) = asked.number
    ) v
    left join child_notice c on c.number = p.id and c.version = v.version
    where v.version is not null
"""  # noqa: S608 - constants
_LEAVE = """
    insert into child_notice (number, version, state, settled_at, settled_by)
    select number, version, 'left', $3, $4 from unnest($1::uuid[], $2::integer[]) as told (number, version)
    order by number, version on conflict do nothing
"""
_STOP = text("""
    insert into child_notice (number, version, state, settled_at, settled_by, reason, note_sealed)
    values (:number, :version, 'stopped', :at, :by, :reason, :note) on conflict do nothing
""")
_LEFT = """
    select number, version from child_notice
    join unnest($1::uuid[], $2::integer[]) as told (number, version) using (number, version)
    where state = 'left'
"""
_DECIDE = """
    insert into child_decision (number, place, decision, decided_on, recorded_at, recorded_by)
    select $1, 1 + coalesce((select max(place) from child_decision where number = $1), 0), $2, $3, $4, $5
"""
_DECIDED = "select distinct number from child_decision where number = any ($1)"
_LOCATE = text(
    "update participation set municipality = :municipality where id = :number and municipality is null"
)


@dataclass(frozen=True, slots=True, repr=False)
class Announced:
    """A notice with the child's part, which is sealed, and what the referral says without a key."""

    notice: ChildNotice
    part: KeptPart
    case: CaseId
    reference: str
    referred_on: date
    occurred_at: datetime


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
            decision=None if row.decision is None else NoticeDecision(row.decision, row.decided_on),
        )
        for row in rows
    ]


async def announced(work: Work, referral: ReferralId, case: CaseId) -> frozenset[tuple[PersonId, str | None]]:
    """Of whom, living where, notices were announced; with none for the municipality as well."""
    values = {"referral": referral, "case": case, "type": EventType.CHILD_NOTICE.value}
    rows = (await work.conn.execute(_TOLD, values)).all()
    return frozenset((PersonId(row.person_id), place) for row in rows for place in (row.municipality, None))


async def announced_by(work: Work, asked: Sequence[tuple[UUID, UUID]]) -> Sequence[Announced | None]:
    """The notices of these numbers that these events have announced; None for what none did or is erased."""
    names = [[event for event, _ in asked], [number for _, number in asked]]
    rows = await work.fetch(_ANNOUNCED, *names, EventType.CHILD_NOTICE.value)
    found = {row["place"]: _announced(row) for row in rows}
    return [found.get(place) for place, _ in enumerate(asked, 1)]


async def leave(work: Work, notices: Sequence[ChildNotice]) -> frozenset[tuple[UUID, int]]:
    """The notices leave, perhaps once more; number and version of those that no person was faster to stop."""
    names = [[one.number for one in notices], [one.version for one in notices]]
    await work.fetch(_LEAVE, *names, work.now, work.permit.caller.subject)
    return frozenset((row["number"], row["version"]) for row in await work.fetch(_LEFT, *names))


async def stop(work: Work, number: UUID, version: int, reason: str, note: bytes | None) -> bool:
    """The notice does not leave; False when it has left, or was stopped already."""
    told = {"number": number, "version": version, "reason": reason, "note": note}
    return (await work.conn.execute(_STOP, {**told, **_settled(work)})).rowcount == 1


async def decide(work: Work, number: UUID, decision: NoticeDecision) -> None:
    """Keeps what the municipality decided; what was recorded before stays behind it."""
    told = (decision.code, decision.decided_on, work.now, work.permit.caller.subject)
    await work.fetch(_DECIDE, number, *told)


async def decided(work: Work, numbers: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the children about whom the municipality has decided."""
    return frozenset(row["number"] for row in await work.fetch(_DECIDED, list(numbers)))


async def locate(work: Work, number: UUID, municipality: str) -> bool:
    """Writes the municipality of a child's residence; False when there is one."""
    told = {"number": number, "municipality": municipality}
    return (await work.conn.execute(_LOCATE, told)).rowcount == 1


def _settled(work: Work) -> dict[str, object]:
    return {"at": work.now, "by": work.permit.caller.subject}


def _announced(row: Row) -> Announced:
    reach = dossiers.reach_of(row)
    part = dossiers.part_of(row, reach)
    notice = ChildNotice(
        number=part.id,
        version=row["notice_version"],
        role=part.role,
        municipality=part.municipality,
        state=ChildNoticeState(row["notice_state"] or ChildNoticeState.DUE),
        reason=row["reason"],
        settled_at=row["settled_at"],
        note=row["note_sealed"],
    )
    return Announced(
        notice, part, CaseId(row["case_id"]), row["reference"], row["referred_on"], row["occurred_at"]
    )
