"""Support persons: the pool of a region, their training, their cases, and their supervision."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0028"
down_revision = "0027"

_POOL = """
create table support_person (
    id uuid primary key,
    region text not null,
    subject text unique,
    code bytea check (length(code) = 32),
    languages text[] not null,
    places integer not null check (places between 0 and 50),
    contract_from date,
    contract_to date,
    key_id uuid not null references data_key (id),
    sealed bytea not null,
    version integer not null default 1 check (version > 0),
    added_by text not null,
    added_at timestamptz not null,
    check (contract_to is null or contract_to > contract_from)
);
comment on column support_person.code is 'Blind, in the index of people: it shows a conflict.';
comment on column support_person.contract_to is 'The first day on which it no longer holds.';
create index on support_person (region, id);

create table support_training (
    support_person_id uuid not null references support_person (id),
    module text not null,
    completed_on date not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    primary key (support_person_id, module)
);

create table support_assignment (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    support_person_id uuid not null references support_person (id),
    state text not null default 'active' check (state in ('active', 'ended')),
    started_on date not null,
    ended_on date check (ended_on >= started_on),
    reason text,
    version integer not null default 1 check (version > 0),
    check ((state = 'ended') = (ended_on is not null)),
    check ((ended_on is null) = (reason is null))
);
create unique index support_assignment_one on support_assignment (case_id) where state = 'active';
create index on support_assignment (case_id, started_on desc);
create index on support_assignment (support_person_id) where state = 'active';

create table support_supervision (
    id uuid primary key,
    region text not null,
    kind text not null,
    held_on date not null,
    minutes integer not null check (minutes between 1 and 1440),
    participants uuid[] not null check (cardinality(participants) between 1 and 200),
    recorded_by text not null,
    recorded_at timestamptz not null
);
create index on support_supervision (region, held_on desc, id desc);
"""
_FUNCTIONS = """
create function support_load(people uuid[])
returns table (person uuid, active bigint, last_on date) language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select a.support_person_id, count(*) filter (where a.state = 'active'), max(a.started_on)
    from public.support_assignment a where a.support_person_id = any (people) group by 1
$$;
comment on function support_load is 'How many cases each stands by, also those that the asker may not see.';

create function party_codes(of_case uuid) returns setof bytea language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select i.value from public.referral r
    join public.participation p on p.referral_id = r.id and p.replaced_in is null
    join public.person_index i on i.person_id = p.person_id and i.kind = 'personal-code'
    where r.case_id = of_case
$$;
comment on function party_codes is 'Blind codes of who is in a case: none of them stands by its victim.';
"""
_HERE = "(select told('same_region')) && array[region]"
_POLICIES = f"""
create policy seen on support_person for select using ({_HERE});
create policy made on support_person for insert with check ({_HERE});
create policy changed on support_person for update using ({_HERE}) with check ({_HERE});

create policy seen on support_training for select using (
    exists (select from support_person s where s.id = support_person_id)
);
create policy made on support_training for insert with check (
    exists (select from support_person s where s.id = support_person_id)
);

create policy seen on support_assignment for select using (
    exists (select from marac_case c where c.id = case_id)
);
create policy made on support_assignment for insert with check (
    exists (select from marac_case c where c.id = case_id)
);
create policy changed on support_assignment for update using (
    exists (select from marac_case c where c.id = case_id)
) with check (true);

create policy seen on support_supervision for select using ({_HERE});
create policy made on support_supervision for insert with check ({_HERE});
"""
_CHANGING = "subject, languages, places, contract_from, contract_to, sealed, version"


def upgrade() -> None:
    execute(_POOL + _FUNCTIONS)
    execute(schema.grants("support_person", app=f"select, insert, update ({_CHANGING})"))
    execute(schema.grants("support_training", app="select, insert"))
    execute(
        schema.grants("support_assignment", app="select, insert, update (state, ended_on, reason, version)")
    )
    execute(schema.grants("support_supervision", app="select, insert"))
    for table in ("support_person", "support_training", "support_assignment", "support_supervision"):
        execute(schema.row_security(table))
    execute(_POLICIES)
    for function in ("support_load(uuid[])", "party_codes(uuid)"):
        execute(f"revoke all on function {function} from public;")
        execute(_for_role(f"grant execute on function {function} to %I", "app"))
    policy = "create policy read_by_functions on support_assignment for select to %I using (true)"
    execute(_for_role(policy, "owner"))


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"
