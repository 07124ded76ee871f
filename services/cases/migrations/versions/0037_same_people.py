"""How people in a case stand to each other, and who is the same person under two ids."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0037"
down_revision = "0036"

_RELATION = """
create table person_relation (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    from_person uuid not null references person (id),
    from_role text not null check (from_role in ('victim', 'threatening-person', 'child', 'other')),
    to_person uuid not null references person (id),
    to_role text not null check (to_role in ('victim', 'threatening-person', 'child', 'other')),
    type text not null check (type in (
        'threatens', 'counter-allegation', 'partner', 'former-partner', 'parent', 'guardian', 'sibling',
        'relative', 'same-household'
    )),
    source text not null,
    valid_from date,
    valid_to date,
    state text not null check (state in ('told', 'confirmed', 'refuted', 'removed')),
    reason text,
    note_sealed bytea,
    recorded_at timestamptz not null,
    recorded_by text not null,
    version integer not null default 1 check (version > 0),
    check (from_person <> to_person),
    check (valid_to > valid_from),
    check ((state in ('refuted', 'removed')) = (reason is not null)),
    constraint person_relation_threat check (
        type <> 'threatens' or (from_role = 'threatening-person' and to_role <> 'threatening-person')
    ),
    constraint person_relation_counter check (
        type <> 'counter-allegation' or (from_role = 'victim' and to_role = 'threatening-person')
    )
);
comment on table person_relation is 'Who to whom: each direction is a row, with a state of its own.';
create unique index person_relation_once on person_relation (case_id, type, from_person, to_person)
    where state in ('told', 'confirmed');
"""
_MERGE = """
create table person_merge (
    id uuid primary key,
    one uuid not null references person (id),
    other uuid not null references person (id),
    state text not null check (state in ('proposed', 'merged', 'refused', 'undone')),
    reason text not null,
    proposed_at timestamptz not null,
    proposed_by text not null,
    decided_at timestamptz,
    decided_by text,
    decision_reason text,
    undone_at timestamptz,
    undone_by text,
    undone_reason text,
    version integer not null default 1 check (version > 0),
    check (one < other),
    check (num_nonnulls(decided_at, decided_by) in (0, 2)),
    check ((state = 'proposed') = (decided_at is null)),
    check ((state = 'refused') = (decision_reason is not null)),
    check (num_nonnulls(undone_at, undone_by, undone_reason) = case state when 'undone' then 3 else 0 end)
);
comment on table person_merge is 'Two ids are one person while it says merged; nothing else changes.';
create unique index person_merge_once on person_merge (one, other) where state in ('proposed', 'merged');
create index person_merge_one on person_merge (one) where state = 'merged';
create index person_merge_other on person_merge (other) where state = 'merged';
create index on person_merge (one);
create index on person_merge (other);

create function same_people(person uuid) returns setof uuid language sql stable rows 1 as $$
    with recursive same (id) as (
        select person
        union
        select case when m.one = s.id then m.other else m.one end
        from same s join person_merge m on m.state = 'merged' and (m.one = s.id or m.other = s.id)
    )
    select id from same
$$;
comment on function same_people is 'The ids of one person, as far as whoever asks may see the merges.';
"""
# Who takes referrals looks for people in all regions, and hears nothing but ids: it need not see each merge.
_ALL = """
create function all_ids(person uuid) returns setof uuid
language sql stable rows 1 security definer set search_path = pg_catalog, public, pg_temp as $$
    select person
    union
    select public.same_people(person)
    where public.fact('operation')
        in ('take_referral', 'enter_referral', 'correct_referral', 'add_case_person')
$$;
comment on function all_ids is 'The ids of one person for what takes referrals, else the id itself.';
revoke all on function all_ids(uuid) from public;
do $do$ begin
    execute format('grant execute on function all_ids(uuid) to %I', current_database() || '_app');
end $do$;
"""
# A member's own case is also one to which somebody added them by hand, or where they go by another id.
_OWN = """
create or replace function excluded_from(subjects text[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    with mine as (
        select p.id from public.member_identity m
        join public.person_index i on i.kind = 'personal-code' and i.value = m.code
        cross join lateral public.same_people(i.person_id) as p (id)
        where m.subject = any (subjects)
    )
    select e.case_id from public.case_exclusion e
    where e.subject = any (subjects) and e.state = 'in-force'
      and (e.until is null or e.until > (public.moment() at time zone 'Europe/Tallinn')::date)
    union all
    select r.case_id from mine join public.participation p on p.person_id = mine.id and p.replaced_in is null
    join public.referral r on r.id = p.referral_id
    union all
    select p.case_id from mine join public.case_person p on p.person_id = mine.id and p.state = 'taking-part'
$$;
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"


def _part(end: str) -> str:
    """Whoever stands at an end of a dyad takes part in the case in that role."""
    tables = (
        f"exists (select from {table} p where p.case_id = person_relation.case_id"
        f" and p.person_id = person_relation.{end}_person and p.role = person_relation.{end}_role)"
        for table in ("participation", "case_person")
    )
    return f"({' or '.join(tables)})"


_BOTH = "exists (select from person a where a.id = one) and exists (select from person b where b.id = other)"
_POLICIES = f"""
create policy seen on person_relation for select using ({_SEEN});
create policy made on person_relation for insert with check ({_SEEN} and {_part("from")} and {_part("to")});
create policy changed on person_relation for update using ({_SEEN}) with check (true);

create policy seen on person_merge for select using ({_BOTH});
create policy made on person_merge for insert with check ({_BOTH});
create policy changed on person_merge for update using ({_BOTH}) with check (true);

create policy compared on person_index for select using (
    (select fact('operation')) in ('list_candidates', 'propose_merge', 'decide_merge')
    and exists (select from person w where w.id = person_id)
);
"""


def _read_by_functions(table: str) -> str:
    """What runs as the owner reads the table whole, whoever asks; see the functions of closed cases."""
    return f"""
do $do$ begin
    execute format(
        'create policy read_by_functions on {table} for select to %I using (true)',
        current_database() || '_owner'
    );
end $do$;
"""


def upgrade() -> None:
    execute(
        _RELATION + schema.grants("person_relation", app="select, insert, update (state, reason, version)")
    )
    moved = "state, decided_at, decided_by, decision_reason, undone_at, undone_by, undone_reason, version"
    execute(_MERGE + schema.grants("person_merge", app=f"select, insert, update ({moved})"))
    execute(schema.row_security("person_relation") + schema.row_security("person_merge") + _POLICIES)
    execute(_read_by_functions("case_person") + _read_by_functions("person_merge") + _OWN + _ALL)
