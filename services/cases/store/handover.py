"""A case that is held goes to another region: the case with all that hangs on it, and what ends by it."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.cases.model.dossiers import ListedCase
from services.cases.model.ids import CaseId
from services.cases.model.transfers import Ending, Outline
from services.kit.calendar import local_date
from services.kit.db import Work

_OUTLINE: Final = """
    select
        (select b.band from (
            select a.band, a.completed_on, a.scored_at from assessment a
            join referral r on r.id = a.referral_id
            where r.case_id = $1 and a.replaced_in is null and a.band is not null
            union all
            select n.band, n.completed_on, n.scored_at from reassessment n
            where n.case_id = $1 and n.state = 'recorded'
         ) b order by b.completed_on desc, b.scored_at desc limit 1) as band,
        array(select distinct unnest(r.grounds || r.grounds_found) from referral r where r.case_id = $1
              order by 1) as grounds,
        (select count(distinct p.person_id) from participation p
         where p.case_id = $1 and p.replaced_in is null and p.role = 'child') as children,
        (select count(*) from plan_action a
         where a.case_id = $1 and a.state in ('proposed', 'volunteered', 'assigned')) as open_actions,
        (select count(*) from agenda_item i where i.case_id = $1 and i.state = 'discussed') as discussions
"""
_LEAVE: Final = "delete from case_agency where case_id = $1"
_MOVE: Final = "update marac_case set region = $2, version = version + 1 where id = $1"
_MOVE_REFERRAL: Final = """
    update referral set referred_in = coalesce(referred_in, region), region = $2 where case_id = $1
"""
_DROP: Final = """
    update duty set state = 'dropped', settled_on = $2, settled_by = $3
    where state = 'open' and clock = any ($4::text[])
    and (case_id = $1 or referral_id in (select id from referral where case_id = $1))
"""
_FOLLOW: Final = """
    update duty set region = $2
    where state = 'open' and (case_id = $1 or referral_id in (select id from referral where case_id = $1))
"""
_JOIN: Final = """
    insert into case_agency (case_id, agency, region) select $1, a, $2 from unnest($3::text[]) as a
"""
#: What ends, by machine: each takes the case, the states, the new state, the reason, the moment and by whom,
#: and says what it ended and in which state that was.
_WAS: Final = "with was as (select id, state from {table} where case_id = $1 and state = any ($2::text[]))"
_ENDS: Final[Mapping[str, str]] = {
    "agenda-item": _WAS.format(table="agenda_item")  # noqa: S608 - constants
    + """
        update agenda_item i set state = $3, reason = $4, version = version + 1 from was
        where i.id = was.id and $5::timestamptz is not null and $6::text is not null
        returning i.id, was.state
    """,
    "action": _WAS.format(table="plan_action")  # noqa: S608 - constants
    + """
        , kept as (
            insert into plan_action_version
                (id, action_id, case_id, version, state, agency, member_id, due_on, content_version,
                 outcome_version, sealed, outcome_sealed, replaced_at, replaced_by)
            select gen_random_uuid(), a.id, a.case_id, a.version, a.state, a.agency, a.member_id, a.due_on,
                a.content_version, a.outcome_version, a.sealed, a.outcome_sealed, $5::timestamptz, $6::text
            from plan_action a join was on was.id = a.id
        )
        update plan_action a set state = $3, agency = null, member_id = null, meeting_id = null,
            declined = '{}', version = version + 1, changed_at = $5::timestamptz
        from was where a.id = was.id and $4::text is not null returning a.id, was.state
    """,
    "support-assignment": _WAS.format(table="support_assignment")  # noqa: S608 - constants
    + """
        update support_assignment s set state = $3, reason = $4, version = version + 1,
            ended_on = greatest(s.started_on, ($5::timestamptz at time zone 'Europe/Tallinn')::date)
        from was where s.id = was.id and $6::text is not null returning s.id, was.state
    """,
    "share": """
        with was as (
            select id, state from share
            where case_id = $1 and state = any ($2::text[]) and kind = 'taking-part'
        )
        update share s set state = $3, end_reason = $4, ended_at = $5::timestamptz, ended_by = $6::text,
            version = version + 1
        from was where s.id = was.id returning s.id, was.state
    """,
}


async def outline(work: Work, case: ListedCase) -> Outline:
    """The case in numbers and codes, as who is asked to take it sees it."""
    [row] = await work.fetch(_OUTLINE, case.id)
    return Outline(
        opened_on=case.opened_on,
        case_state=case.state,
        band=row["band"],
        grounds=list(row["grounds"]),
        children=row["children"],
        open_actions=row["open_actions"],
        discussions=row["discussions"],
        agencies=sorted(name.partition("@")[0] for name in case.taking_part),
    )


async def move(work: Work, case: CaseId, region: str) -> None:
    """The case is another region's from now on; no agency takes part in it any more."""
    await work.fetch(_LEAVE, case)
    await work.fetch(_MOVE, case, region)
    await work.fetch(_MOVE_REFERRAL, case, region)


async def duties(work: Work, case: CaseId, region: str, drops: frozenset[str]) -> None:
    """What waits: some falls away, the rest waits for the new region by the same day."""
    today = local_date(work.now)
    await work.fetch(_DROP, case, today, work.permit.caller.subject, sorted(drops))
    await work.fetch(_FOLLOW, case, region)


async def end(work: Work, case: CaseId, ending: Ending, target: str) -> Sequence[tuple[UUID, str]]:
    """Ends what there is of a machine; what that was, and in which state."""
    rows = await work.fetch(
        _ENDS[ending.machine],
        case,
        list(ending.sources),
        target,
        ending.reason,
        work.now,
        work.permit.caller.subject,
    )
    return sorted((row["id"], row["state"]) for row in rows)


async def join(work: Work, case: CaseId, region: str, agencies: Sequence[str]) -> None:
    """Agencies of the new region take part."""
    await work.fetch(_JOIN, case, region, list(agencies))
