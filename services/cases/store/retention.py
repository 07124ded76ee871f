"""What decides when a term ends, and the holds on cases."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.retention import Due, Hold, TermFacts
from services.cases.store import contents
from services.kit.calendar import local_date, parse_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.sealed import Aad, DataKey, KeyRing

#: What is done about the term itself is no entry in the case: else a hold that is lifted would prolong it.
_LAST_ENTRY: Final = """
    (select max(e.recorded_at) from event e where e.stream = {case}
     and not (e.type = 'case.step' and e.data ->> 'machine' = 'retention-hold')) as last_entry
"""
_FACTS: Final = f"""
    select c.state as case_state, r.state, {_LAST_ENTRY.format(case="r.case_id")}
    from referral r left join marac_case c on c.id = r.case_id where r.case_id = $1
"""  # noqa: S608 - constants
_BIRTHS: Final = """
    select p.id, p.version, p.sealed, p.key_id, k.wrapped
    from participation p join referral r on r.id = p.referral_id
    join data_key k on k.id = p.key_id and k.wrapped is not null
    where r.case_id = $1 and p.replaced_in is null
"""
_HOLDS: Final = """
    select id, case_id, ground, state, reason_sealed, set_by, set_at, review_on, lifted_by, lifted_at,
        lifted_reason, version
    from retention_hold where {where} order by set_at desc, id desc
"""
_OF_CASE: Final = _HOLDS.format(where="case_id = $1")
_ONE: Final = _HOLDS.format(where="id = $1")
_IN_FORCE: Final = "select id from retention_hold where case_id = $1 and state = 'in-force' limit 1"
_SET: Final = """
    insert into retention_hold (id, case_id, ground, state, reason_sealed, set_by, set_at, review_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LIFT: Final = """
    update retention_hold set state = $2, lifted_by = $3, lifted_at = $4, lifted_reason = $5,
        version = version + 1 where id = $1
"""
_NOT_PROPOSED: Final = """
    not exists (select from erasure e where e.case_id = {case}
        and (e.state <> 'refused' or e.refused_at > $2))
    and not exists (select from retention_look l where l.case_id = {case} and l.not_before > $3)
"""
_CANDIDATES: Final = f"""
    (select c.id, 'case' as kind, c.region from marac_case c
     where c.state = 'ended' and c.opened_on <= $4
     and not exists (select from retention_hold h where h.case_id = c.id and h.state = 'in-force')
     and {_NOT_PROPOSED.format(case="c.id")} order by c.opened_on, c.id limit $1)
    union all
    (select r.case_id, 'referral', r.region from referral r
     where r.state in ('declined', 'redirected', 'withdrawn') and r.received_at <= $5
     and not exists (select from marac_case c where c.id = r.case_id)
     and {_NOT_PROPOSED.format(case="r.case_id")} order by r.received_at, r.case_id limit $1)
    limit $1
"""  # noqa: S608 - constants
_LOOK_LATER: Final = """
    insert into retention_look (case_id, not_before) values ($1, $2)
    on conflict (case_id) do update set not_before = excluded.not_before
"""
_SETTLED: Final = ("declined", "redirected", "withdrawn")


def reason_place(row: UUID) -> Aad:
    """Why a case is held."""
    return Aad("retention_hold", "reason_sealed", row, contents.ONCE)


async def facts(work: Work, ring: KeyRing, case: UUID) -> TermFacts | None:
    """What decides when the term of a case, or of a referral that became none, ends; two queries."""
    rows = await work.fetch(_FACTS, case)
    births = await work.fetch(_BIRTHS, case)
    if not rows:
        return None
    row = rows[0]
    is_case = row["case_state"] is not None
    return TermFacts(
        kind="case" if is_case else "referral",
        is_over=row["case_state"] == "ended" if is_case else row["state"] in _SETTLED,
        last_entry=local_date(row["last_entry"]),
        births=[_birth(each, ring) for each in births],
    )


async def holds(work: Work, case: CaseId, key: DataKey) -> Sequence[Hold]:
    """The holds on a case, also those that were lifted, the newest first."""
    return [_hold(row, key) for row in await work.fetch(_OF_CASE, case)]


async def case_of(work: Work, hold: UUID) -> CaseId | None:
    """The case that a hold is on, or was."""
    rows = await work.fetch(_ONE, hold)
    return CaseId(rows[0]["case_id"]) if rows else None


async def is_held(work: Work, case: CaseId) -> bool:
    """Whether anything holds a case."""
    return bool(await work.fetch(_IN_FORCE, case))


async def hold(work: Work, hold_id: UUID, key: DataKey) -> Hold | None:
    """One hold."""
    rows = await work.fetch(_ONE, hold_id)
    return _hold(rows[0], key) if rows else None


async def set_hold(work: Work, made: Hold, key: DataKey) -> None:
    """From now on the case is not erased."""
    sealed = contents.sealed(key, {"reason": made.reason}, reason_place(made.id))
    await work.fetch(
        _SET, made.id, made.case, made.ground, made.state, sealed, made.set_by, made.set_at, made.review_on
    )


async def lift(work: Work, hold_id: UUID, state: str, reason: str) -> None:
    """The hold does not hold any more."""
    await work.fetch(_LIFT, hold_id, state, work.permit.caller.subject, work.now, reason)


async def candidates(  # noqa: PLR0913 - what narrows them
    work: Work, most: int, *, refused_since: date, today: date, cases_before: date, referrals_before: date
) -> Sequence[Due]:
    """Cases and referrals whose term may be over: proposed, held and looked at in vain are not among them."""
    since = _midnight(work, refused_since)
    rows = await work.fetch(_CANDIDATES, most, since, today, cases_before, _midnight(work, referrals_before))
    return [Due(CaseId(row["id"]), row["kind"], row["region"]) for row in rows]


async def look_later(work: Work, case: UUID, not_before: date) -> None:
    """The term ends later: until then it need not be computed again."""
    await work.fetch(_LOOK_LATER, case, not_before)


def _midnight(work: Work, day: date) -> object:
    return work.now.replace(
        year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0
    )


def _birth(row: Row, ring: KeyRing) -> date:
    key = ring.unwrap(row["key_id"], row["wrapped"])
    place = contents.participation_place(row["id"], row["version"])
    return parse_date(contents.opened(key, row["sealed"], place)["birthDate"])


def _hold(row: Row, key: DataKey) -> Hold:
    reason = contents.opened(key, row["reason_sealed"], reason_place(row["id"]))["reason"]
    return Hold(
        id=row["id"],
        case=CaseId(row["case_id"]),
        ground=row["ground"],
        state=row["state"],
        reason=reason,
        set_by=row["set_by"],
        set_at=row["set_at"],
        review_on=row["review_on"],
        lifted_by=row["lifted_by"],
        lifted_at=row["lifted_at"],
        lifted_reason=row["lifted_reason"],
        version=row["version"],
    )
