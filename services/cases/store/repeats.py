"""Referrals that wait to be looked at for repeats, earlier ones of the same people, and what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.cases.model.codes import Ground
from services.cases.model.dossiers import Reach
from services.cases.model.ids import PersonId, ReferralId
from services.cases.model.repeats import (
    Earlier,
    Finding,
    Incident,
    People,
    Repeats,
    RepeatState,
    ShownFinding,
    Verdict,
)
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row

#: One worker at a time looks: what one finds depends on what was accepted, and so on what another has seen.
_TURN: Final = text("select pg_try_advisory_xact_lock(hashtextextended('referral-repeats', 0))")
_CLAIM: Final = text("""
    select id from referral where repeats_state = 'waiting' and repeats_due_at <= now()
    order by repeats_due_at limit :most for update skip locked
""")
_PAIRS = """
    select r.id, r.occurred_at, v.person_id as victim, t.person_id as threatening
    from referral r
    join participation v on v.referral_id = r.id and v.role = 'victim' and v.replaced_in is null
    join participation t on t.referral_id = r.id and t.role = 'threatening-person' and t.replaced_in is null
"""
#: By which ids the people of those pairs go.
_SAME = """
    same as materialized (
        select of, id from ids_of(array(select victim from mine union select threatening from mine))
    )
"""
_MINE: Final = text(f"{_PAIRS} where r.id = any (cast(:ids as uuid[]))")
#: What is sealed or erased is nobody's earlier referral: nobody outside is told that it is there.
_EARLIER: Final = text(f"""
    with mine as materialized ({_PAIRS} where r.id = any (cast(:ids as uuid[]))), {_SAME}
    select m.id as of, m.victim, m.threatening, m.occurred_at as further_at,
        e.id, e.referred_on, e.occurred_at,
        array(select a.meets_on from agenda_item a
              where a.case_id = e.case_id and a.live and a.state = 'discussed') as discussed
    from mine m
    join same her on her.of = m.victim
    join participation ev on ev.person_id = her.id and ev.role = 'victim'
        and ev.replaced_in is null and ev.referral_id <> m.id
    join participation et on et.referral_id = ev.referral_id and et.role = 'threatening-person'
        and et.replaced_in is null
    join same him on him.of = m.threatening and him.id = et.person_id
    join referral e on e.id = ev.referral_id and e.state = 'accepted'
    join stream c on c.id = e.case_id and not c.sealed
    join data_key k on k.id = e.key_id and k.wrapped is not null
    where not exists (select from person s where s.sealed and s.id in (ev.person_id, et.person_id))
    order by e.referred_on, e.id
""")  # noqa: S608 - constants
_SETTLE: Final = text("""
    update referral r set repeats_state = 'known', repeats_due_at = null, repeats_at = :at,
        grounds_found = case
            when found.is_ground and not :ground = any (r.grounds_found)
                then array_append(r.grounds_found, :ground)
            when found.is_ground then r.grounds_found
            else array_remove(r.grounds_found, :ground) end,
        version = case
            when found.is_ground = (:ground = any (r.grounds_found)) then r.version else r.version + 1 end,
        changed_at = case
            when found.is_ground = (:ground = any (r.grounds_found)) then r.changed_at else :at end
    from unnest(cast(:ids as uuid[]), cast(:grounds as boolean[])) as found (id, is_ground)
    where r.id = found.id
""")
_FORGET: Final = text("delete from referral_repeat where referral_id = any (cast(:ids as uuid[]))")
_KEEP: Final = text("""
    insert into referral_repeat (
        referral_id, definition, definition_version, verdict, earlier_id, counted_from, until, position,
        found_at
    )
    select f.*, cast(:at as timestamptz) from unnest(
        cast(:referral as uuid[]), cast(:definition as text[]), cast(:version as text[]),
        cast(:verdict as text[]), cast(:earlier as uuid[]), cast(:counted_from as date[]),
        cast(:until as date[])
    ) with ordinality as f
""")
#: A referral that was accepted is from now on the earlier one of those that tell of later incidents.
_AGAIN: Final = text(f"""
    with mine as materialized (
        {_PAIRS} where r.state = 'accepted' and r.id = any (cast(:ids as uuid[]))
    ), {_SAME}
    update referral set repeats_state = 'waiting', repeats_due_at = now()
    where repeats_state = 'known' and id in (
        select l.id from mine m
        join same her on her.of = m.victim
        join participation lv on lv.person_id = her.id and lv.role = 'victim'
            and lv.replaced_in is null and lv.referral_id <> m.id
        join participation lt on lt.referral_id = lv.referral_id and lt.role = 'threatening-person'
            and lt.replaced_in is null
        join same him on him.of = m.threatening and him.id = lt.person_id
        join referral l on l.id = lv.referral_id and l.occurred_at > m.occurred_at
    )
""")  # noqa: S608 - constants
_OF = """
    select f.definition, f.definition_version, f.verdict, f.earlier_id, f.counted_from, f.until,
        e.reference, e.region, e.state,
        array(select a.agency || '@' || a.region from case_agency a where a.case_id = e.case_id) as agencies
    from referral_repeat f left join referral e on e.id = f.earlier_id
    where f.referral_id = $1 order by f.position
"""
_KEPT: Final = ("definition", "version", "verdict", "earlier", "counted_from", "until")
#: Of a referral, for :func:`shown_of`.
COLUMNS: Final = "r.repeats_state, r.repeats_at"


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding with the earlier referral's reference, and what decides who may see that."""

    finding: Finding
    reference: str | None
    reach: Reach | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A referral that is looked at: the incident that it tells, once for each pair, and what came before."""

    referral: ReferralId
    incidents: Sequence[Incident]
    earlier: Sequence[Earlier]


async def claim(work: Work, most: int) -> Sequence[ReferralId]:
    """Locks up to ``most`` referrals that wait; none while another worker looks."""
    if not (await work.conn.execute(_TURN)).scalar_one():
        return []
    return [ReferralId(row.id) for row in await work.conn.execute(_CLAIM, {"most": most})]


async def asked(work: Work, referrals: Sequence[ReferralId]) -> Sequence[Asked]:
    """The incidents of some referrals, and the accepted referrals about the same pairs, by two statements."""
    ids = {"ids": list(referrals)}
    incidents: dict[ReferralId, list[Incident]] = {each: [] for each in referrals}
    earlier: dict[ReferralId, list[Earlier]] = {each: [] for each in referrals}
    for row in await work.conn.execute(_MINE, ids):
        people = People(PersonId(row.victim), PersonId(row.threatening))
        incidents[ReferralId(row.id)].append(Incident(people, local_date(row.occurred_at), None))
    for row in await work.conn.execute(_EARLIER, ids):
        people = People(PersonId(row.victim), PersonId(row.threatening))
        before = [day for day in row.discussed if day <= local_date(row.further_at)]
        one = Earlier(
            ReferralId(row.id),
            people,
            row.referred_on,
            local_date(row.occurred_at),
            max(before, default=None),
        )
        earlier[ReferralId(row.of)].append(one)
    return [Asked(each, incidents[each], earlier[each]) for each in referrals]


async def settle(
    work: Work,
    found: Mapping[ReferralId, Sequence[Finding]],
    grounds: Mapping[ReferralId, bool],
    ground: Ground,
) -> None:
    """Writes what was found in the place of what was found before, and whether it is a ground."""
    ids = list(found)
    settled = {"ids": ids, "grounds": [grounds[each] for each in ids], "ground": ground.value, "at": work.now}
    await work.conn.execute(_SETTLE, settled)
    await work.conn.execute(_FORGET, {"ids": ids})
    rows = [(each, one) for each in ids for one in found[each]]
    columns: dict[str, object] = {name: [getattr(one, name) for _, one in rows] for name in _KEPT}
    columns["verdict"] = [one.verdict.value for _, one in rows]
    await work.conn.execute(_KEEP, columns | {"referral": [each for each, _ in rows], "at": work.now})


async def again(work: Work, referrals: Sequence[ReferralId]) -> None:
    """Those that tell of later incidents between the people of these accepted ones are looked at anew."""
    await work.conn.execute(_AGAIN, {"ids": list(referrals)})


async def of(work: Work, referral: UUID) -> Sequence[KeptFinding]:
    """What was found about a referral, in the order of the definitions."""
    return [_kept(row) for row in await work.fetch(_OF, referral)]


def _kept(row: Row) -> KeptFinding:
    finding = Finding(
        definition=row["definition"],
        version=row["definition_version"],
        verdict=Verdict(row["verdict"]),
        earlier=None if row["earlier_id"] is None else ReferralId(row["earlier_id"]),
        counted_from=row["counted_from"],
        until=row["until"],
    )
    if row["reference"] is None:
        return KeptFinding(finding, None, None)
    return KeptFinding(
        finding, row["reference"], Reach(row["region"], frozenset(row["agencies"]), row["state"])
    )


def shown_of(row: Row, findings: Sequence[ShownFinding]) -> Repeats:
    """What is known of a referral, from its row."""
    return Repeats(RepeatState(row["repeats_state"]), row["repeats_at"], findings)
