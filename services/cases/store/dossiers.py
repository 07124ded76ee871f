"""Single referrals, cases and people, as they are kept: readable columns, sealed values, and their key.

What is erased (its key was destroyed) is not found, by the same statements as what never was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.cases.model.codes import AgeBand, Relation, Role, Sex
from services.cases.model.dossiers import ListedCase, ListedReferral, Reach
from services.cases.model.ids import AssessmentId, CaseId, KeyId, ParticipationId, PersonId, ReferralId
from services.cases.store import bars, callouts, repeats
from services.cases.store.listing import listed, listed_case
from services.kit.db import Work
from services.kit.driver import Row

_TAKING_PART = (
    "array(select a.agency || '@' || a.region from case_agency a where a.case_id = {case}) as agencies"
)
#: What decides who sees a case, beside region and state: who takes part in it, and whom it is closed to.
AGENCIES = f"{_TAKING_PART}, {bars.COLUMNS}"
_LISTED = f"""
    r.id, r.reference, r.region, r.referred_on, r.received_at, r.grounds, r.grounds_found, r.state,
    r.state_reason, r.decided_at, r.decided_by, r.case_id, r.version, r.withdrawn_at, r.withdrawal_reason,
    r.redirected_to,
    (select max(d.due_on) from duty d
     where d.referral_id = r.id and d.clock = 'screening' and d.state = 'open') as screen_by,
    {AGENCIES.format(case="r.case_id")},
    s.instrument, s.version as instrument_version, s.content_hash, s.engine, s.score, s.band,
    s.grounds as score_grounds, s.scored_at
"""  # noqa: S608 - constants
_KEPT = (
    "r.sender, r.sender_reference, coalesce(r.last_version, r.sender_version) as last_version, "
    "r.corrected_at, r.occurred_at, r.changed_at, r.content_version, r.sealed, r.note_sealed, "
    f"{callouts.COLUMNS}, {repeats.COLUMNS}"
)
_FROM_REFERRAL = """
    from referral r join data_key k on k.id = r.key_id and k.wrapped is not null
    left join assessment s on s.referral_id = r.id and s.replaced_in is null
"""
PART = """
    p.id as part_id, p.person_id, p.referral_id, p.case_id as part_case, p.role, p.relation, p.sex,
    p.age_band, p.municipality, p.version as part_version, p.sealed as part_sealed, p.key_id as part_key,
    o.wrapped as part_wrapped
"""
KEPT_PART = "participation p join data_key o on o.id = p.key_id and o.wrapped is not null"
_VICTIM_FIRST = "order by p.role <> 'victim', p.role, p.id"
_REFERRAL = f"""
    select {_LISTED}, {_KEPT}, s.id as assessment_id, s.result_sealed, r.key_id, k.wrapped, {PART}
    {_FROM_REFERRAL} left join ({KEPT_PART}) on p.referral_id = r.id and p.replaced_in is null
    where r.id = $1 {_VICTIM_FIRST}
"""
_EARLIER = f"""
    select r.id, r.reference, r.region, c.referred_on, r.received_at, c.grounds,
        cast('{{}}' as text[]) as grounds_found, c.state, c.state_reason, c.decided_at, c.decided_by,
        r.case_id, r.version, cast(null as timestamptz) as withdrawn_at,
        cast(null as text) as withdrawal_reason, r.state as state_now, cast(null as text) as redirected_to,
        cast(null as date) as screen_by,
        {AGENCIES.format(case="r.case_id")},
        s.instrument, s.version as instrument_version, s.content_hash, s.engine, s.score, s.band,
        s.grounds as score_grounds, s.scored_at,
        c.received_at as replaced_at, c.occurred_at, c.content_version, c.sealed, c.note_sealed,
        s.id as assessment_id, s.result_sealed, r.key_id, k.wrapped, {PART}
    from referral r join data_key k on k.id = r.key_id and k.wrapped is not null
    join referral_correction c on c.referral_id = r.id
    left join assessment s on s.referral_id = r.id and s.replaced_in = c.version
    left join ({KEPT_PART}) on p.referral_id = r.id and p.replaced_in = c.version
    where r.id = $1 and c.version = $2 {_VICTIM_FIRST}
"""  # noqa: S608 - constants
_OF_CASE = f"select {_LISTED} {_FROM_REFERRAL} where r.case_id = $1 order by r.referred_on, r.id"
_CASE = f"""
    select c.id, c.region, c.state, c.opened_on, c.version, c.case_type, {AGENCIES.format(case="c.id")}
    from marac_case c join data_key k on k.id = c.key_id and k.wrapped is not null where c.id = $1
"""  # noqa: S608 - constants
_PARTS = f"""
    select {PART}, r.region, r.state, {AGENCIES.format(case="r.case_id")}
    from {KEPT_PART} join referral r on r.id = p.referral_id
"""  # noqa: S608 - constants
_IN_CASE = f"{_PARTS} where p.case_id = $1 and p.replaced_in is null {_VICTIM_FIRST}"
_IN_MEETING = f"""
    {_PARTS} where p.replaced_in is null and p.case_id in (
        select i.case_id from agenda_item i where i.meeting_id = $1 and i.state <> 'taken-off'
    ) {_VICTIM_FIRST}
"""  # noqa: S608 - constants
_ONE_PART = f"{_PARTS} where p.id = $1"
#: Whoever is the same person has these parts as well, each with the id under which it was told.
_OF_PERSON = f"""
    {_PARTS} where p.person_id in (select same_people($1)) and p.replaced_in is null
    order by r.referred_on desc, p.id
"""


@dataclass(frozen=True, slots=True)
class Lock:
    """The key of a sealed value, as it is kept."""

    key: KeyId
    wrapped: bytes


@dataclass(frozen=True, slots=True, repr=False)
class KeptPart:
    """Somebody's part in a referral, with what is sealed of it; ``reach`` is the referral's."""

    id: ParticipationId
    person: PersonId
    referral: ReferralId
    case: CaseId | None
    role: Role
    relation: Relation | None
    sex: Sex
    age_band: AgeBand
    municipality: str | None
    reach: Reach
    lock: Lock
    version: int
    sealed: bytes


@dataclass(frozen=True, slots=True, repr=False)
class KeptContent:
    """What a version of a referral says, sealed, and people's parts in it, the victim first."""

    referral: ListedReferral
    occurred_at: datetime
    lock: Lock
    content_version: int
    sealed: bytes
    note: bytes | None
    assessment: AssessmentId | None
    result: bytes | None
    parts: Sequence[KeptPart]


@dataclass(frozen=True, slots=True, repr=False)
class KeptReferral(KeptContent):
    """A referral as it is now."""

    sender: str | None
    sender_reference: str | None
    sender_version: int | None
    corrected_at: datetime | None
    changed_at: datetime
    call_outs: Row
    repeats: Row


@dataclass(frozen=True, slots=True, repr=False)
class KeptVersion(KeptContent):
    """A referral until a correction replaced it; ``reach`` is that of the referral as it is now."""

    reach: Reach
    replaced_at: datetime


async def earlier(work: Work, referral_id: UUID, version: int) -> KeptVersion | None:
    """A version of the sender's that another has replaced, by one statement; versions follow each other."""
    rows = await work.fetch(_EARLIER, referral_id, version + 1)
    if not rows:
        return None
    row = rows[0]
    reach = Reach(row["region"], frozenset(row["agencies"]), row["state_now"], bars.of(row))
    return KeptVersion(**_content(rows, reach), reach=reach, replaced_at=row["replaced_at"])


async def referral(work: Work, referral_id: UUID) -> KeptReferral | None:
    """One referral with the parts in it, by one statement; row-level security has its say."""
    rows = await work.fetch(_REFERRAL, referral_id)
    if not rows:
        return None
    row = rows[0]
    return KeptReferral(
        **_content(rows, listed(row).reach),
        sender=row["sender"],
        sender_reference=row["sender_reference"],
        sender_version=row["last_version"],
        corrected_at=row["corrected_at"],
        changed_at=row["changed_at"],
        call_outs=row,
        repeats=row,
    )


def _content(rows: Sequence[Row], reach: Reach) -> dict[str, Any]:
    """The fields of :class:`KeptContent`, from rows of which each has one part."""
    row = rows[0]
    return {
        "referral": listed(row),
        "occurred_at": row["occurred_at"],
        "lock": Lock(KeyId(row["key_id"]), row["wrapped"]),
        "content_version": row["content_version"],
        "sealed": row["sealed"],
        "note": row["note_sealed"],
        "assessment": AssessmentId(row["assessment_id"]) if row["assessment_id"] else None,
        "result": row["result_sealed"],
        "parts": [part_of(each, reach) for each in rows if each["part_id"] is not None],
    }


async def case(work: Work, case_id: UUID) -> ListedCase | None:
    """One case with its agencies."""
    rows = await work.fetch(_CASE, case_id)
    return listed_case(rows[0]) if rows else None


async def referrals_of(work: Work, case_id: UUID) -> Sequence[ListedReferral]:
    """The referrals that belong to a case, the oldest first."""
    return [listed(row) for row in await work.fetch(_OF_CASE, case_id)]


async def in_case(work: Work, case_id: UUID) -> Sequence[KeptPart]:
    """People's parts in a case, the victims first."""
    return [part_of(row, reach_of(row)) for row in await work.fetch(_IN_CASE, case_id)]


async def in_meeting(work: Work, meeting_id: UUID) -> Sequence[KeptPart]:
    """People's parts in the cases on an agenda, the victims first."""
    return [part_of(row, reach_of(row)) for row in await work.fetch(_IN_MEETING, meeting_id)]


async def part(work: Work, participation: UUID) -> KeptPart | None:
    """One part, also one that a correction has replaced: what was announced about it still holds."""
    rows = await work.fetch(_ONE_PART, participation)
    return part_of(rows[0], reach_of(rows[0])) if rows else None


async def of_person(work: Work, person_id: UUID) -> Sequence[KeptPart]:
    """One person's parts, the newest referral first."""
    return [part_of(row, reach_of(row)) for row in await work.fetch(_OF_PERSON, person_id)]


def reach_of(row: Row) -> Reach:
    """What decides who may see a row of a referral."""
    return Reach(row["region"], frozenset(row["agencies"]), row["state"], bars.of(row))


def part_of(row: Row, reach: Reach) -> KeptPart:
    """The part that a row with the columns of ``PART`` holds."""
    return KeptPart(
        id=ParticipationId(row["part_id"]),
        person=PersonId(row["person_id"]),
        referral=ReferralId(row["referral_id"]),
        case=CaseId(row["part_case"]) if row["part_case"] else None,
        role=Role(row["role"]),
        relation=Relation(row["relation"]) if row["relation"] else None,
        sex=Sex(row["sex"]),
        age_band=AgeBand(row["age_band"]),
        municipality=row["municipality"],
        reach=reach,
        lock=Lock(KeyId(row["part_key"]), row["part_wrapped"]),
        version=row["part_version"],
        sealed=row["part_sealed"],
    )
