"""Cases, the agencies in them, and people's parts in them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text

from services.cases.model.codes import AgeBand, Relation, Role, Sex
from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId, KeyId, ParticipationId, PersonId, ReferralId
from services.cases.model.states import Participant
from services.cases.store import bars
from services.cases.store.dossiers import AGENCIES
from services.kit.db import Work

_OPEN = text("""
    insert into marac_case (id, region, state, opened_on, key_id, case_type)
    values (:id, :region, 'open', :opened_on, :key_id, :case_type)
""")
_INVOLVE = text("""
    insert into case_agency (case_id, agency, region)
    select cast(:id as uuid), agency, cast(:region as text) from unnest(cast(:agencies as text[])) as agency
""")
_JOIN = text("update participation set case_id = :id where referral_id = :referral and replaced_in is null")
_PARTICIPANTS = text("""
    select id, person_id, role, relation, sex, age_band from participation
    where referral_id = :referral and replaced_in is null order by role <> 'victim', role, id
""")
_REACH = f"select {AGENCIES.format(case='cast($1 as uuid)')}"


async def open_case(  # noqa: PLR0913 - the facts of a new case
    work: Work,
    case: CaseId,
    referral: ReferralId,
    *,
    region: str,
    key: KeyId,
    opened_on: date,
    agencies: Sequence[str],
    case_type: str,
) -> None:
    """Makes the case of an accepted referral; its people and the referral's key pass to it."""
    facts = {"region": region, "opened_on": opened_on, "key_id": key, "case_type": case_type}
    await work.conn.execute(_OPEN, {"id": case, **facts})
    if agencies:
        await work.conn.execute(_INVOLVE, {"id": case, "region": region, "agencies": list(agencies)})
    await join(work, case, referral)


async def join(work: Work, case: CaseId, referral: ReferralId) -> None:
    """The people of a referral take part in its case."""
    await work.conn.execute(_JOIN, {"id": case, "referral": referral})


async def participants(work: Work, referral: ReferralId) -> Sequence[Participant]:
    """The people of a referral, without identity; the victim first."""
    rows = await work.conn.execute(_PARTICIPANTS, {"referral": referral})
    return [
        Participant(
            id=ParticipationId(row.id),
            person=PersonId(row.person_id),
            role=Role(row.role),
            relation=Relation(row.relation) if row.relation else None,
            sex=Sex(row.sex),
            age_band=AgeBand(row.age_band),
        )
        for row in rows
    ]


async def reach(work: Work, case: CaseId, region: str, state: str) -> Reach:
    """What decides who sees a referral or case; no agency takes part before acceptance."""
    row = (await work.fetch(_REACH, case))[0]
    return Reach(region, frozenset(row["agencies"]), state, bars.of(row))
