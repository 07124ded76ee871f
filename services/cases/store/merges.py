"""Who is the same person: merges as they are kept, and the blind values by which doubles are found."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.cases.model.dossiers import Reach
from services.cases.model.ids import PersonId
from services.cases.model.matching import Merge, MergeState
from services.cases.rules.matching import CODE
from services.cases.store.dossiers import AGENCIES, reach_of
from services.cases.store.people import CODE_TOLD
from services.kit.db import Work
from services.kit.driver import Row

_GROUP: Final = "select same_people($1) as id"
#: From where somebody is seen: parts in referrals, and cases to which they were added; not what is erased.
_REACHES: Final = f"""
    select p.person_id, r.region, r.state, {AGENCIES.format(case="r.case_id")}
    from participation p join referral r on r.id = p.referral_id
    join data_key k on k.id = r.key_id and k.wrapped is not null
    where p.person_id = any ($1) and p.replaced_in is null
    union all
    select p.person_id, c.region, c.state, {AGENCIES.format(case="c.id")}
    from case_person p join marac_case c on c.id = p.case_id
    join data_key k on k.id = c.key_id and k.wrapped is not null
    where p.person_id = any ($1) and p.state = 'taking-part'
"""  # noqa: S608 - constants
_FOUND: Final = """
    with mine as materialized (select kind, value from person_index where person_id = any ($1)),
    found as (
        select i.person_id from person_index i
        where i.kind in ('code-told', 'names', 'birth-date', 'birth-swapped')
        and i.value = any (array(select value from mine))
        union
        select i.person_id from person_index i
        where i.kind = 'personal-code'
        and i.value = any (array(select value from mine where kind in ('personal-code', 'code-told')))
    )
    select i.person_id, i.kind, i.value from person_index i
    where i.person_id in (select person_id from found order by person_id limit $2)
    or i.person_id = any ($1)
"""
_COLUMNS: Final = """
    m.id, m.one, m.other, m.state, m.reason, m.proposed_at, m.proposed_by, m.decided_at, m.decided_by,
    m.decision_reason, m.undone_at, m.undone_by, m.undone_reason, m.version
"""
_OF: Final = f"""
    select {_COLUMNS} from person_merge m where m.one = any ($1) or m.other = any ($1)
    order by m.proposed_at desc, m.id desc
"""  # noqa: S608 - constants
_LOCKED: Final = f"select {_COLUMNS} from person_merge m where m.id = $1 for update"  # noqa: S608 - constants
_WRITE: Final = text("""
    insert into person_merge (id, one, other, state, reason, proposed_at, proposed_by)
    values (:id, :one, :other, :state, :reason, :at, :by)
""")
_DECIDE: Final = text("""
    update person_merge set state = :state, decided_at = :at, decided_by = :by, decision_reason = :reason,
        version = version + 1
    where id = :id
""")
_UNDO: Final = text("""
    update person_merge set state = :state, undone_at = :at, undone_by = :by, undone_reason = :reason,
        version = version + 1
    where id = :id
""")
#: Whether somebody of one group threatens, in the same case, somebody of the other.
_OPPOSED: Final = """
    with part as (
        select r.case_id, p.person_id, p.role from participation p join referral r on r.id = p.referral_id
        where p.person_id = any ($1::uuid[] || $2::uuid[]) and p.replaced_in is null
        union all
        select p.case_id, p.person_id, p.role from case_person p
        where p.person_id = any ($1::uuid[] || $2::uuid[]) and p.state = 'taking-part'
    )
    select 1 as found from part a join part b on b.case_id = a.case_id
    where a.person_id = any ($1::uuid[]) and b.person_id = any ($2::uuid[])
    and array[a.role, b.role] in (
        array['victim', 'threatening-person'], array['threatening-person', 'victim'],
        array['child', 'threatening-person'], array['threatening-person', 'child'],
        array['victim', 'child'], array['child', 'victim']
    ) limit 1
"""
#: Referrals in which these people are are looked at again: what is a repeat depends on who is who.
_AGAIN: Final = text("""
    update referral set repeats_state = 'waiting', repeats_due_at = now()
    where id in (
        select p.referral_id from participation p
        where p.person_id = any (cast(:people as uuid[])) and p.replaced_in is null
    )
""")

Traits = Mapping[str, set[bytes]]


async def group(work: Work, person: UUID) -> Sequence[PersonId]:
    """The ids of one person, as far as the caller may see the merges."""
    return sorted(PersonId(row["id"]) for row in await work.fetch(_GROUP, person))


async def reaches(work: Work, people: Iterable[UUID]) -> Mapping[PersonId, Sequence[Reach]]:
    """From where each of these people is seen, of what the caller may see."""
    found: dict[PersonId, list[Reach]] = {}
    for row in await work.fetch(_REACHES, list(people)):
        found.setdefault(PersonId(row["person_id"]), []).append(reach_of(row))
    return found


async def traits(work: Work, people: Sequence[UUID], most: int) -> Mapping[PersonId, Traits]:
    """The blind values of these people, and of those with whom they share a code, birth date or names."""
    found: dict[PersonId, dict[str, set[bytes]]] = {}
    for row in await work.fetch(_FOUND, list(people), most):
        kind = CODE if row["kind"] == CODE_TOLD else row["kind"]
        found.setdefault(PersonId(row["person_id"]), {}).setdefault(kind, set()).add(bytes(row["value"]))
    return found


async def merges_of(work: Work, people: Iterable[UUID]) -> Sequence[Merge]:
    """The merges of these people, whatever became of them, the newest first."""
    return [_merge(row) for row in await work.fetch(_OF, list(people))]


async def locked(work: Work, merge_id: UUID) -> Merge | None:
    """One merge, which nobody else writes to until this transaction ends."""
    rows = await work.fetch(_LOCKED, merge_id)
    return _merge(rows[0]) if rows else None


async def opposed(work: Work, one: Sequence[UUID], other: Sequence[UUID]) -> bool:
    """Whether the two stand against each other in a case: then they are two."""
    return bool(await work.fetch(_OPPOSED, list(one), list(other)))


async def write(work: Work, merge: Merge) -> None:
    """Writes a proposal."""
    await work.conn.execute(
        _WRITE,
        {
            "id": merge.id,
            "one": merge.one,
            "other": merge.other,
            "state": merge.state.value,
            "reason": merge.reason,
            "at": merge.proposed_at,
            "by": merge.proposed_by,
        },
    )


async def decide(work: Work, merge_id: UUID, state: str, reason: str | None) -> None:
    """Writes what became of a proposal."""
    await work.conn.execute(_DECIDE, _change(work, merge_id, state, reason))


async def undo(work: Work, merge_id: UUID, state: str, reason: str) -> None:
    """Writes that two people are two again."""
    await work.conn.execute(_UNDO, _change(work, merge_id, state, reason))


async def look_again(work: Work, people: Iterable[UUID]) -> None:
    """What depends on who is who is worked out anew."""
    await work.conn.execute(_AGAIN, {"people": list(people)})


def _change(work: Work, merge_id: UUID, state: str, reason: str | None) -> dict[str, object]:
    who = work.permit.caller.subject
    return {"id": merge_id, "state": state, "reason": reason, "at": work.now, "by": who}


def _merge(row: Row) -> Merge:
    return Merge(
        id=row["id"],
        one=PersonId(row["one"]),
        other=PersonId(row["other"]),
        state=MergeState(row["state"]),
        reason=row["reason"],
        proposed_at=row["proposed_at"],
        proposed_by=row["proposed_by"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        decision_reason=row["decision_reason"],
        undone_at=row["undone_at"],
        undone_by=row["undone_by"],
        undone_reason=row["undone_reason"],
        version=row["version"],
    )
