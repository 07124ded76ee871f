"""Cases that are closed to somebody: exclusions and conflicts of interest, and sealed cases.

Both hold for everything that hangs on a referral or case, as that is seen where its referral or case is. The
functions answer for whoever asks, from tables that the asker may not see; they run as the owner, to whom
these tables, and for this alone, are open.
"""

from services.kit import schema
from services.kit.migrate import execute

revision = "0015"
down_revision = "0014"

_TABLES = """
create table member_identity (
    subject text primary key,
    code bytea not null check (length(code) = 32),
    noted_at timestamptz not null
);
comment on table member_identity is 'Blind: whom a member is, in the index by which people are found.';

create table case_exclusion (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    subject text not null,
    kind text not null check (kind in ('party', 'relative', 'same-household', 'declared')),
    state text not null check (state in ('in-force', 'ended')),
    reason_sealed bytea not null,
    until date,
    recorded_by text not null,
    recorded_at timestamptz not null,
    recorded_on date not null,
    ended_by text,
    ended_at timestamptz,
    version integer not null default 1 check (version > 0),
    check ((state = 'ended') = (ended_at is not null)),
    check ((ended_at is null) = (ended_by is null))
);
comment on table case_exclusion is 'A member from whom a case is kept, whatever rights the member has.';
comment on column case_exclusion.until is 'The first day on which it no longer holds.';
create unique index case_exclusion_one on case_exclusion (case_id, subject) where state = 'in-force';
create index on case_exclusion (subject, case_id) where state = 'in-force';
create index on case_exclusion (case_id, recorded_on desc, id desc);

create table case_seal (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    state text not null check (state in ('sealed', 'unsealing', 'unsealed')),
    reason_sealed bytea not null,
    sealed_by text not null,
    sealed_at timestamptz not null,
    proposed_by text,
    proposed_agency text,
    proposed_at timestamptz,
    unsealed_by text,
    unsealed_agency text,
    unsealed_at timestamptz,
    version integer not null default 1 check (version > 0),
    check (num_nonnulls(proposed_by, proposed_agency, proposed_at) in (0, 3)),
    check (num_nonnulls(unsealed_by, unsealed_agency, unsealed_at) in (0, 3)),
    check ((state = 'sealed') = (proposed_by is null)),
    check ((state = 'unsealed') = (unsealed_by is not null)),
    check (unsealed_by <> proposed_by),
    check (unsealed_agency <> proposed_agency)
);
comment on table case_seal is 'Taken off by two persons of two agencies, and no otherwise.';
create unique index case_seal_one on case_seal (case_id) where state <> 'unsealed';

create table case_named (
    seal_id uuid not null references case_seal (id),
    case_id uuid not null references marac_case (id),
    subject text not null,
    named_by text not null,
    named_at timestamptz not null,
    primary key (seal_id, subject)
);
comment on table case_named is 'Who may still see a sealed case.';
create index on case_named (subject, case_id);

alter table stream add column sealed boolean not null default false;
comment on column stream.sealed is 'Nobody but who is named sees anything of the case, nor is told of it.';
create index on stream (id) where sealed;
update stream set sealed = true where id in (select id from marac_case where sealed);
alter table marac_case drop column sealed;
"""
_FUNCTIONS = """
create function moment() returns timestamptz language sql stable parallel safe
return coalesce(nullif(current_setting('turvavork.at', true), '')::timestamptz, now());

create function excluded_from(subjects text[]) returns setof uuid language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select e.case_id from public.case_exclusion e
    where e.subject = any (subjects) and e.state = 'in-force'
      and (e.until is null or e.until > (public.moment() at time zone 'Europe/Tallinn')::date)
    union all
    select r.case_id from public.member_identity m
    join public.person_index i on i.kind = 'personal-code' and i.value = m.code
    join public.participation p on p.person_id = i.person_id and p.replaced_in is null
    join public.referral r on r.id = p.referral_id
    where m.subject = any (subjects)
$$;
comment on function excluded_from is 'The cases from which members are excluded, their own among them.';

create function named_in(subjects text[]) returns setof uuid language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select n.case_id from public.case_named n join public.case_seal s on s.id = n.seal_id
    where n.subject = any (subjects) and s.state <> 'unsealed'
$$;
comment on function named_in is 'The sealed cases in which members are named.';
"""
_READ_BY_FUNCTIONS = (
    "member_identity",
    "person_index",
    "participation",
    "referral",
    "case_exclusion",
    "case_named",
    "case_seal",
)
_UNSEALING = (
    "state, proposed_by, proposed_agency, proposed_at, unsealed_by, unsealed_agency, unsealed_at, version"
)
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_LOGIN = "(select fact('operation')) = 'create_session'"
_POLICIES = f"""
create policy seen on case_exclusion for select using ({_SEEN});
create policy made on case_exclusion for insert with check ({_SEEN});
create policy changed on case_exclusion for update using ({_SEEN}) with check (true);

create policy seen on case_seal for select using ({_SEEN});
create policy made on case_seal for insert with check ({_SEEN});
create policy changed on case_seal for update using ({_SEEN}) with check (true);

create policy seen on case_named for select using ({_SEEN});
create policy made on case_named for insert with check ({_SEEN});
create policy unmade on case_named for delete using ({_SEEN});

alter policy seen on flag_alarm using ((select told('same_region')) && array[region] and {_SEEN});

create policy known on member_identity for select using ({_LOGIN});
create policy noted on member_identity for insert with check ({_LOGIN});
"""


def _closed(table: str, case: str) -> str:
    """Rules that no other policy of the table opens; they bind the service, not the functions they ask."""
    excluded = f"""
        (select told('not_excluded')) = '{{}}'
        or {case} not in (select excluded_from((select told('not_excluded'))))
    """
    sealed = f"""
        (select told('not_sealed')) = '{{}}'
        or not exists (select from stream s where s.id = {case} and s.sealed)
        or {case} in (select named_in((select told('not_sealed'))))
    """
    rule = f"on {table} as restrictive to %I using"
    return _for_role(f"create policy not_excluded {rule} ({excluded})", "app") + _for_role(
        f"create policy not_sealed {rule} ({sealed})", "app"
    )


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_TABLES)
    execute(schema.grants("member_identity", app="select, insert", auditor=""))
    ending = "state, ended_by, ended_at, version"
    execute(schema.grants("case_exclusion", app=f"select, insert, update ({ending})"))
    execute(schema.grants("case_seal", app=f"select, insert, update ({_UNSEALING})"))
    execute(schema.grants("case_named", app="select, insert, delete"))
    execute(schema.grants("stream", app="update (sealed)", auditor=""))
    execute(_FUNCTIONS)
    for function in ("excluded_from(text[])", "named_in(text[])"):
        execute(f"revoke all on function {function} from public;")
        execute(_for_role(f"grant execute on function {function} to %I", "app"))
    for table in ("member_identity", "case_exclusion", "case_seal", "case_named"):
        execute(schema.row_security(table))
    execute(_POLICIES)
    for table in _READ_BY_FUNCTIONS:
        policy = f"create policy read_by_functions on {table} for select to %I using (true)"
        execute(_for_role(policy, "owner"))
    execute(_closed("referral", "referral.case_id") + _closed("marac_case", "marac_case.id"))
