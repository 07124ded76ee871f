"""Looking for people: how often a member has, whom the blind index knows, and where the member may see them.

The index is asked for everybody; row-level security leaves those whom the member sees somewhere. What a case
that is not shown tells of them is no answer: whoever asks compares with what is shown alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.codes import Role, State
from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.searches import Sought, Spent
from services.cases.rules.matching import BIRTH, DOMAINS, NAMES
from services.cases.store.dossiers import AGENCIES, KEPT_PART, PART, KeptPart, part_of, reach_of
from services.cases.store.people import CODE
from services.kit.db import Work
from services.kit.sealed import BlindIndex

#: One search of a member at a time: the next one sees what the one before has spent.
_ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtextextended('search/' || $1, 0))"
_SPEND: Final = """
    with gone as (
        delete from search_count where subject = $1 and minute <= now() - interval '1 day'
    ), one as (
        insert into search_count (subject, minute, searches) values ($1, date_trunc('minute', now()), 1)
        on conflict (subject, minute) do update set searches = search_count.searches + 1
    ), spent as (
        select minute, searches, minute > now() - interval '1 hour' as lately from search_count
        where subject = $1 and minute > now() - interval '1 day'
    )
    select coalesce(sum(searches) filter (where lately), 0)::integer as hour,
        coalesce(sum(searches), 0)::integer as day,
        coalesce(ceil(extract(epoch from min(minute) filter (where lately) + interval '1 hour' - now())), 0)
            ::integer as hour_frees,
        coalesce(ceil(extract(epoch from min(minute) + interval '1 day' - now())), 0)::integer as day_frees
    from spent
"""
#: One look at the index, as each row is checked against all that the member may see; and who is one person.
_PEOPLE: Final = """
    with found as materialized (
        select i.person_id, i.kind, i.value from person_index i
        where i.kind in ('code-told', 'names', 'birth-date') and i.value = any ($1)
        or i.kind = 'personal-code' and i.value = any ($1)
    ), known as (
        select person_id from found group by person_id
        having bool_or(kind in ('personal-code', 'code-told'))
            or (bool_or(kind = 'names') or $2) and (bool_or(kind = 'birth-date') or $3)
        order by person_id limit $4
    )
    select k.person_id, same.id from known k cross join lateral same_people(k.person_id) as same (id)
"""
_PARTS: Final = f"""
    select {PART}, r.region, r.state, r.reference, r.referred_on, {AGENCIES.format(case="r.case_id")}
    from (
        select p.id from participation p where p.person_id = any ($1)
        union
        select p.id from participation p join referral r on r.id = p.referral_id where r.reference = $2
    ) found join ({KEPT_PART}) on p.id = found.id join referral r on r.id = p.referral_id
    where p.replaced_in is null
"""  # noqa: S608 - constants
_ADDED: Final = f"""
    select p.id, p.person_id, p.role, c.id as case_id, c.region, c.state, c.opened_on,
        {AGENCIES.format(case="c.id")}
    from case_person p join marac_case c on c.id = p.case_id
    join data_key k on k.id = c.key_id and k.wrapped is not null
    where p.person_id = any ($1) and p.state = 'taking-part'
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part in a referral, with what of the referral is shown beside it."""

    kept: KeptPart
    reference: str
    referred_on: date
    state: State


@dataclass(frozen=True, slots=True)
class FoundAdded:
    """Somebody whom a person added to a case that no referral names them in."""

    id: UUID
    person: PersonId
    role: Role
    case: CaseId
    opened_on: date
    reach: Reach


async def spend(work: Work) -> Spent:
    """Counts this search, and says how many there were before; what is rolled back was none."""
    who = work.permit.caller.subject
    await work.fetch(_ONE_AT_A_TIME, who)
    [row] = await work.fetch(_SPEND, who)
    return Spent(row["hour"], row["day"], row["hour_frees"], row["day_frees"])


async def people(work: Work, asked: Sought, index: BlindIndex, most: int) -> Mapping[PersonId, PersonId]:
    """Who might be meant, of those seen somewhere: each id with the one that stands for the person."""
    codes = [] if asked.code is None else [index.of(CODE, asked.code)]
    names = [index.of(DOMAINS[NAMES], each) for each in sorted(asked.names)]
    births = [index.of(DOMAINS[BIRTH], each.isoformat()) for each in asked.births]
    rows = await work.fetch(_PEOPLE, [*codes, *names, *births], not names, not births, most)
    same: dict[PersonId, set[PersonId]] = defaultdict(set)
    for row in rows:
        same[PersonId(row["person_id"])].add(PersonId(row["id"]))
    return {each: min(group) for group in same.values() for each in group}


async def parts(work: Work, persons: Sequence[PersonId], reference: str | None) -> Sequence[FoundPart]:
    """The parts of people in referrals, and those in the referral with a reference."""
    return [
        FoundPart(part_of(row, reach_of(row)), row["reference"], row["referred_on"], State(row["state"]))
        for row in await work.fetch(_PARTS, list(persons), reference)
    ]


async def added(work: Work, persons: Sequence[PersonId]) -> Sequence[FoundAdded]:
    """The cases to which people were added by hand."""
    return [
        FoundAdded(
            row["id"],
            PersonId(row["person_id"]),
            Role(row["role"]),
            CaseId(row["case_id"]),
            row["opened_on"],
            reach_of(row),
        )
        for row in await work.fetch(_ADDED, list(persons))
    ]
