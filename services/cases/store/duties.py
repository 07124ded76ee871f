"""Duties: opened and settled with the fact that they follow from, read by those for whom they wait."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.cases.model.clocks import Term
from services.cases.model.dossiers import Reach
from services.cases.model.duties import (
    About,
    Duty,
    DutyCount,
    DutyFilters,
    DutyStanding,
    NewDuty,
    Outcome,
    Seats,
    Thing,
    Waits,
)
from services.cases.model.ids import CaseId, ReferralId
from services.cases.rules.duties import escalated, stands
from services.cases.store import bars
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place

#: The columns of a new duty as arrays; ``store.intake`` writes the same in its own statement.
FROM_ARRAYS: Final = """
    insert into duty (
        id, clock, thing, thing_id, referral_id, case_id, region, role, agency, member_id, recorded_on,
        due_on, warn_on, escalate_on
    )
    select * from unnest(
        cast(:duty as uuid[]), cast(:duty_clock as text[]), cast(:duty_thing as text[]),
        cast(:duty_thing_id as uuid[]), cast(:duty_referral as uuid[]), cast(:duty_case as uuid[]),
        cast(:duty_region as text[]), cast(:duty_role as text[]), cast(:duty_agency as text[]),
        cast(:duty_member as uuid[]), cast(:duty_recorded_on as date[]), cast(:duty_due_on as date[]),
        cast(:duty_warn_on as date[]), cast(:duty_escalate_on as date[])
    )
    on conflict do nothing
"""
COLUMNS: Final = (
    *("duty", "duty_clock", "duty_thing", "duty_thing_id", "duty_referral", "duty_case", "duty_region"),
    *("duty_role", "duty_agency", "duty_member", "duty_recorded_on", "duty_due_on", "duty_warn_on"),
    "duty_escalate_on",
)
_OPEN = text(FROM_ARRAYS)
_SETTLE = text("""
    update duty set state = :outcome, settled_on = :on, settled_by = :by
    where thing_id = :thing and clock = any (cast(:clocks as text[]))
    and state = 'open' and (cast(:agency as text) is null or agency = :agency)
""")
FROM: Final = """
    from duty d
    left join referral r on r.id = d.referral_id
    left join marac_case c on c.id = d.case_id
    left join transfer t on d.thing = 'transfer' and t.id = d.thing_id
    left join recommendation n on d.thing = 'recommendation' and n.id = d.thing_id
    join data_key k on k.id = coalesce(r.key_id, c.key_id, t.key_id, n.key_id) and k.wrapped is not null
"""
_RESTART = text("""
    update duty d set state = 'dropped', settled_on = :on, settled_by = :by
    where d.referral_id = :referral and d.state = 'open'
    and d.clock <> 'child-notice-decision'  -- what has left is decided upon, whatever is told of it later
    and not exists (
        select from unnest(cast(:clocks as text[]), cast(:things as uuid[])) as still (clock, thing)
        where still.clock = d.clock and still.thing = d.thing_id
    )
""")
_BARS: Final = bars.COLUMNS.format(case="coalesce(d.case_id, r.case_id)")
#: For whom it waits: a seat of the caller, or the member by name; or it has come to the coordinator.
FOR_WHOM: Final = """
    d.region = any ($2::text[]) and (
        exists (
            select from unnest($1::text[], $2::text[], $3::text[]) as seat (role, region, agency)
            where seat.role = d.role and seat.region = d.region
            and (d.agency is null or d.agency = seat.agency)
            and (d.member_id is null or d.member_id = (select m.id from member m where m.subject = $4))
        )
        or (d.region = any ($5::text[]) and d.escalate_on <= $6 and d.state = 'open')
    )
"""
#: Region by region, so that each is read along its index by the day, as far as the page goes.
_LIST: Final = f"""
    with picked as materialized (
        select each.due_on, each.id
        from (select distinct unnest($2::text[]) as region) place
        cross join lateral (
            select d.due_on, d.id from duty d
            where d.region = place.region and d.state = '{{state}}' and {FOR_WHOM}
            and ($7::text is distinct from 'overdue' or d.due_on < $6)
            and ($7::text is distinct from 'soon' or (d.due_on >= $6 and d.warn_on <= $6))
            and ($7::text is distinct from 'due' or (d.due_on >= $6 and coalesce(d.warn_on > $6, true)))
            and ($8::text is null or d.region = $8) and ($9::text is null or d.clock = $9)
            and ($10::date is null or (d.due_on, d.id) > ($10, $11::uuid))
            order by d.due_on, d.id limit $12
        ) each
        order by each.due_on, each.id limit $12
    )
    select d.*, coalesce(d.case_id, r.case_id) as stream,
        coalesce(c.state, r.state, t.state, n.state) as reach_state,
        array(select a.agency || '@' || a.region from case_agency a
              where a.case_id = coalesce(d.case_id, r.case_id)) as reach_agencies,
        d.member_id is not null as by_name, {_BARS}
    {FROM}
    where d.id = any (array(select id from picked))
    order by d.due_on, d.id
"""  # noqa: S608 - constants
_OPEN_ONES: Final = _LIST.replace("{state}", "open")
_DONE_ONES: Final = _LIST.replace("{state}", "done")
_COUNTS: Final = f"""
    with waiting as (
        select d.region, d.clock, d.due_on, d.warn_on, d.escalate_on, {_BARS}
        {FROM} where d.state = 'open' and d.region = any ($1::text[])
    )
    select region, clock, count(*) as open,
        count(*) filter (where due_on >= $2 and warn_on <= $2) as soon,
        count(*) filter (where due_on < $2) as overdue,
        count(*) filter (where escalate_on <= $2) as escalated
    from waiting where excluded = '{{}}' and sealed_to = '{{}}'
    group by region, clock order by region, clock
"""  # noqa: S608 - constants


def arrays(new: Sequence[NewDuty]) -> dict[str, list[Any]]:
    """The parameters of :data:`FROM_ARRAYS`."""
    rows = [_columns(one) for one in new]
    return {name: [row[name] for row in rows] for name in COLUMNS}


async def open_all(work: Work, new: Sequence[NewDuty]) -> None:
    """Writes duties by one statement; one that is open already stays as it is."""
    if new:
        await work.conn.execute(_OPEN, arrays(new))


async def settle(
    work: Work, thing: UUID, clocks: Collection[str], outcome: Outcome, agency: str | None
) -> None:
    """Ends the open duties of some clocks about a thing; of one agency alone, where it is named."""
    values = {"thing": thing, "clocks": list(clocks), "outcome": outcome.value, "agency": agency}
    await work.conn.execute(_SETTLE, {**values, **_now(work)})


async def restart(work: Work, referral: ReferralId, new: Sequence[NewDuty]) -> None:
    """A referral was told anew: what waits no more is dropped, what still waits keeps its day."""
    waiting = [(one.clock, one.about.id) for one in new]
    values = {"clocks": [clock for clock, _ in waiting], "things": [thing for _, thing in waiting]}
    await work.conn.execute(_RESTART, {**values, "referral": referral, **_now(work)})
    await open_all(work, new)


async def inbox(work: Work, seats: Seats, filters: DutyFilters, after: Place | None, most: int) -> list[Duty]:
    """What waits for who sits there, what is due first first; row-level security has its say."""
    today = local_date(work.now)
    rows = await work.fetch(
        _DONE_ONES if filters.standing is DutyStanding.DONE else _OPEN_ONES,
        list(seats.roles),
        list(seats.places),
        list(seats.agencies),
        seats.subject,
        list(seats.regions),
        today,
        filters.standing.value if filters.standing else None,
        filters.region,
        filters.clock,
        after.day if after else None,
        after.id if after else None,
        most,
    )
    return [_duty(row, today) for row in rows]


async def counts(work: Work, regions: Sequence[str]) -> Sequence[DutyCount]:
    """How many duties are open in some regions, by clock."""
    rows = await work.fetch(_COUNTS, list(regions), local_date(work.now))
    names = ("region", "clock", "open", "soon", "overdue", "escalated")
    return [DutyCount(*(row[name] for name in names)) for row in rows]


def _now(work: Work) -> dict[str, object]:
    return {"on": local_date(work.now), "by": work.permit.caller.subject}


def _columns(new: NewDuty) -> Mapping[str, object]:
    about, waits, term = new.about, new.waits, new.term
    return {
        "duty": new_id(),
        "duty_clock": new.clock,
        "duty_thing": about.thing.value,
        "duty_thing_id": about.id,
        "duty_referral": about.referral,
        "duty_case": about.case,
        "duty_region": about.region,
        "duty_role": waits.role,
        "duty_agency": waits.agency,
        "duty_member": waits.member,
        "duty_recorded_on": new.recorded_on,
        "duty_due_on": term.due_on,
        "duty_warn_on": term.warn_on,
        "duty_escalate_on": term.escalate_on,
    }


def _duty(row: Row, today: date) -> Duty:
    term = Term(row["due_on"], row["warn_on"], row["escalate_on"])
    settled = row["settled_on"]
    standing: DutyStanding = stands(term, today, settled)
    return Duty(
        id=row["id"],
        clock=row["clock"],
        about=About(
            Thing(row["thing"]),
            row["thing_id"],
            row["region"],
            ReferralId(row["referral_id"]) if row["referral_id"] else None,
            CaseId(row["case_id"]) if row["case_id"] else None,
        ),
        waits=Waits(row["role"], row["agency"], row["member_id"]),
        mine=row["by_name"],
        term=term,
        standing=standing,
        escalated=escalated(term, today, settled),
        settled_on=settled,
        reach=Reach(row["region"], frozenset(row["reach_agencies"]), row["reach_state"], bars.of(row)),
    )
