"""Holds, erasures, and the one way in which rows about people leave the database.

What hangs on a case or referral goes with it: every reference to one of them, direct or through other tables,
deletes in cascade. The service has no right to delete either; `erase` has, as the owner, and deletes what two
persons have approved and nobody holds.
"""

from services.kit import schema
from services.kit.migrate import execute

revision = "0044"
down_revision = "0043"

_TABLES = """
create table retention_hold (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    ground text not null check (ground ~ '^[a-z][a-z0-9-]{0,39}$'),
    state text not null check (state in ('in-force', 'lifted')),
    reason_sealed bytea not null,
    set_by text not null,
    set_at timestamptz not null,
    review_on date not null,
    lifted_by text,
    lifted_at timestamptz,
    lifted_reason text,
    version integer not null default 1 check (version > 0),
    check (num_nonnulls(lifted_by, lifted_at, lifted_reason) in (0, 3)),
    check ((state = 'lifted') = (lifted_by is not null))
);
comment on table retention_hold is 'Why a case is not erased, whatever its term says.';
create index on retention_hold (case_id, set_at desc);
create index on retention_hold (case_id) where state = 'in-force';

create table erasure (
    id uuid primary key,
    kind text not null check (kind in ('case', 'referral')),
    case_id uuid not null references stream (id),
    region text not null,
    rules text not null,
    counted_from date not null,
    because text not null check (because in ('last-entry', 'majority')),
    due_on date not null,
    state text not null check (state in
        ('proposed', 'agreed', 'approved', 'refused', 'erased', 'certified')),
    proposed_at timestamptz not null,
    proposed_on date not null,
    agreed_by text,
    agreed_at timestamptz,
    approved_by text,
    approved_at timestamptz,
    refused_by text,
    refused_at timestamptz,
    reason text,
    erased_at timestamptz,
    counts jsonb,
    certificate text,
    version integer not null default 1 check (version > 0),
    check (agreed_by <> approved_by),
    check (num_nonnulls(agreed_by, agreed_at) in (0, 2)),
    check (num_nonnulls(approved_by, approved_at) in (0, 2)),
    check (num_nonnulls(refused_by, refused_at, reason) in (0, 3)),
    check (num_nonnulls(erased_at, counts) in (0, 2)),
    check (state <> 'proposed' or agreed_by is null),
    check (state = 'refused' or refused_by is null),
    check (state <> 'refused' or refused_by is not null),
    check (state not in ('agreed', 'approved', 'erased', 'certified') or agreed_by is not null),
    check (state not in ('approved', 'erased', 'certified') or approved_by is not null),
    check ((state in ('erased', 'certified')) = (erased_at is not null)),
    check ((state = 'certified') = (certificate is not null))
);
comment on table erasure is 'That a term is over, who agreed and approved, and what was erased; no content.';
comment on column erasure.case_id is 'Of the case, or the one that the referral would have become.';
create unique index erasure_once on erasure (case_id) where state <> 'refused';
create index on erasure (region, proposed_on desc, id desc);
create index on erasure (id) where state in ('approved', 'erased');

create table retention_look (
    case_id uuid primary key references stream (id),
    not_before date not null
);
comment on table retention_look is 'When it is worth while to compute the end of a term again.';
create index on marac_case (opened_on) where state = 'ended';
create index on referral (received_at) where state in ('declined', 'redirected', 'withdrawn');
"""
_CASCADE = """
do $$
declare
    each record;
begin
    for each in
        with recursive below (one) as (
            select 'public.marac_case'::regclass::oid
            union select 'public.referral'::regclass::oid
            union select c.conrelid from pg_constraint c join below on c.confrelid = below.one
            where c.contype = 'f'
        )
        select c.conname as name, c.conrelid::regclass as child, pg_get_constraintdef(c.oid) as definition
        from pg_constraint c where c.contype = 'f' and c.confdeltype = 'a'
            and c.confrelid in (select one from below)
    loop
        execute format('alter table %s drop constraint %I', each.child, each.name);
        execute format('alter table %s add constraint %I %s on delete cascade',
            each.child, each.name, each.definition);
    end loop;
end $$;
"""
_ERASE = """
create function erase(wanted uuid) returns jsonb language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    due public.erasure;
    secrets uuid[];
    people uuid[];
    tally jsonb;
    many integer;
begin
    if public.fact('operation') <> 'carry_out_erasures' then
        raise insufficient_privilege using message = 'an erasure is carried out by the worker alone';
    end if;
    select * into due from public.erasure where id = wanted and state = 'approved' for update;
    if not found or exists (
        select from public.retention_hold h where h.case_id = due.case_id and h.state = 'in-force'
    ) then
        return null;
    end if;
    select coalesce(array_agg(distinct key), '{}') into secrets from (
        select c.key_id as key from public.marac_case c where c.id = due.case_id
        union all select r.key_id from public.referral r where r.case_id = due.case_id
        union all select p.key_id from public.participation p
            join public.referral r on r.id = p.referral_id where r.case_id = due.case_id
        union all select g.key_id from public.broken_glass g where g.case_id = due.case_id
        union all select a.key_id from public.access_report a where a.case_id = due.case_id
    ) as keys where key is not null;
    select coalesce(array_agg(distinct person_id), '{}') into people from (
        select p.person_id from public.participation p
            join public.referral r on r.id = p.referral_id where r.case_id = due.case_id
        union all select p.person_id from public.case_person p where p.case_id = due.case_id
    ) as parts;
    update public.data_key set kek = null, wrapped = null, destroyed_at = public.moment()
        where id = any (secrets) and wrapped is not null;
    get diagnostics many = row_count;
    tally := jsonb_build_object('keys', many);
    delete from public.marac_case where id = due.case_id;
    delete from public.referral where case_id = due.case_id;
    get diagnostics many = row_count;
    tally := tally || jsonb_build_object('referrals', many);
    delete from public.broken_glass where case_id = due.case_id;
    delete from public.retention_look where case_id = due.case_id;
    -- Who takes part in nothing else is nobody any more: no token finds her again.
    select coalesce(array_agg(one), '{}') into people from unnest(people) as one
        where not exists (select from public.participation p where p.person_id = one)
        and not exists (select from public.case_person p where p.person_id = one);
    delete from public.person_index where person_id = any (people);
    get diagnostics many = row_count;
    tally := tally || jsonb_build_object('tokens', many);
    delete from public.person_merge where one = any (people) or other = any (people);
    delete from public.person where id = any (people);
    get diagnostics many = row_count;
    tally := tally || jsonb_build_object('people', many);
    -- The feed still counts the case; its people are others than those of any other case.
    update public.event e set data = jsonb_set(e.data, '{persons}', (
        select jsonb_agg(each.person || jsonb_build_object('pseudonym', fresh.name) order by each.place)
        from jsonb_array_elements(e.data -> 'persons') with ordinality as each (person, place)
        join (
            select old.name as known,
                translate(replace(gen_random_uuid()::text, '-', ''), '0189', 'ghij') as name
            from (
                select distinct p ->> 'pseudonym' as name
                from public.event o, jsonb_array_elements(o.data -> 'persons') as p
                where o.stream = due.case_id and jsonb_typeof(o.data -> 'persons') = 'array'
            ) as old
        ) as fresh on fresh.known = each.person ->> 'pseudonym'
    )) where e.stream = due.case_id and jsonb_typeof(e.data -> 'persons') = 'array'
        and jsonb_array_length(e.data -> 'persons') > 0;
    get diagnostics many = row_count;
    tally := tally || jsonb_build_object('events', many);
    update public.erasure set state = 'erased', erased_at = public.moment(), counts = tally,
        version = version + 1 where id = wanted;
    return tally;
end $$;
comment on function erase is 'Destroys the keys of what two persons approved, and deletes what they sealed.';
revoke all on function erase(uuid) from public;
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_OURS = "(select fact('operation')) in ('propose_erasures', 'carry_out_erasures')"
_REACHED = """
    (select told('anywhere')) && array['on'] or (select told('same_region')) && array[region]
"""
_POLICIES = f"""
create policy seen on retention_hold for select using ({_SEEN});
create policy made on retention_hold for insert with check ({_SEEN});
create policy changed on retention_hold for update using ({_SEEN}) with check (true);

create policy seen on erasure for select using ({_REACHED});
create policy made on erasure for insert with check ((select fact('operation')) = 'propose_erasures');
create policy changed on erasure for update using ({_REACHED}) with check (true);

create policy looked on retention_look using ({_OURS}) with check ({_OURS});
"""
#: As on access_report: who is excluded is told of no erasure of the case, and a sealed case has none.
_NOT_EXCLUDED = """
    (select told('not_excluded')) = '{}'
    or erasure.case_id not in (select excluded_from((select told('not_excluded'))))
"""
_NOT_SEALED = """
    (select told('not_sealed')) = '{}'
    or not exists (select from stream s where s.id = erasure.case_id and s.sealed)
    or erasure.case_id in (select named_in((select told('not_sealed'))))
"""
#: What `erase` reads and deletes as the owner, whom row-level security binds as well.
_BY_FUNCTION = (
    "erasure",
    "retention_hold",
    "retention_look",
    "marac_case",
    "referral",
    "case_person",
    "broken_glass",
    "access_report",
    "person",
    "person_index",
    "person_merge",
)


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_TABLES)
    execute(_CASCADE)
    execute(_ERASE)
    execute(_for_role("grant execute on function erase(uuid) to %I", "app"))
    lifting = "state, lifted_by, lifted_at, lifted_reason, version"
    execute(schema.grants("retention_hold", app=f"select, insert, update ({lifting})"))
    deciding = (
        "state, agreed_by, agreed_at, approved_by, approved_at, refused_by, refused_at, reason, certificate,"
        " version"
    )
    execute(schema.grants("erasure", app=f"select, insert, update ({deciding})"))
    execute(schema.grants("retention_look", app="select, insert, update", auditor=""))
    for table in ("retention_hold", "erasure", "retention_look"):
        execute(schema.row_security(table))
    execute(_POLICIES)
    for table in _BY_FUNCTION:
        execute(_for_role(f"create policy erased_by_function on {table} to %I using (true)", "owner"))
    closed = "on erasure as restrictive for all to %I using"
    execute(_for_role(f"create policy not_excluded {closed} ({_NOT_EXCLUDED})", "app"))
    execute(_for_role(f"create policy not_sealed {closed} ({_NOT_SEALED})", "app"))
