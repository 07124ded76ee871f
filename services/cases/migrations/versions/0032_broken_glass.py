"""Broken glass: a case for one member and an hour, with an alarm; and reports of unusual accesses."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0032"
down_revision = "0031"

_TABLES = """
create table broken_glass (
    id uuid primary key,
    case_id uuid not null,
    subject text not null,
    key_id uuid not null references data_key (id),
    reason_sealed bytea not null,
    opened_at timestamptz not null,
    until timestamptz not null,
    check (until > opened_at)
);
comment on table broken_glass is 'For a case that may not exist or be closed: the answer is the same.';
create index on broken_glass (subject, case_id, until);

create table access_report (
    id uuid primary key,
    case_id uuid not null,
    region text not null,
    rule text not null check (rule ~ '^[a-z][a-z0-9-]{0,39}$'),
    actor text not null,
    second_agency text not null,
    barred boolean not null,
    glass_id uuid references broken_glass (id),
    happened_at timestamptz not null,
    reported_at timestamptz not null,
    reported_on date not null,
    source text not null unique,
    state text not null check (state in ('new', 'acknowledged')),
    acknowledged_by text,
    acknowledged_at timestamptz,
    key_id uuid references data_key (id),
    note_sealed bytea,
    version integer not null default 1 check (version > 0),
    foreign key (case_id, region) references marac_case (id, region),
    check (num_nonnulls(acknowledged_by, acknowledged_at) in (0, 2)),
    check ((state = 'acknowledged') = (acknowledged_by is not null)),
    check ((note_sealed is null) = (state = 'new')),
    check ((note_sealed is null) = (key_id is null))
);
comment on table access_report is 'An unusual access, for the owner of the case and a second agency.';
comment on column access_report.barred is 'The case was closed to the actor: nothing was shown.';
comment on column access_report.source is 'What is reported: once, however often it is looked at.';
create index on access_report (region, reported_on desc, id desc);
create index on access_report (second_agency, region, reported_on desc, id desc);
"""
_FUNCTION = """
create function opened_to(subjects text[]) returns setof uuid language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select g.case_id from public.broken_glass g
    where g.subject = any (subjects) and g.opened_at <= public.moment() and g.until > public.moment()
$$;
comment on function opened_to is 'The cases for which members have broken the glass, while it lasts.';
revoke all on function opened_to(text[]) from public;
"""
_OWNERS = """
    (select told('same_region')) && array[region]
    or (select told('own_agency')) && array[second_agency || '@' || region]
"""
_BROKEN = "(select told('broken_glass'))"
_POLICIES = f"""
create policy made on broken_glass for insert
    with check ((select fact('operation')) = 'break_glass' and subject = (select fact('actor')));
create policy told on broken_glass for select using (
    exists (select from access_report a where a.glass_id = broken_glass.id)
);

create policy made on access_report for insert
    with check ((select fact('operation')) in ('break_glass', 'watch_accesses'));
create policy seen on access_report for select using ({_OWNERS});
create policy changed on access_report for update using ({_OWNERS}) with check (true);

create policy opened on referral for select
    using ({_BROKEN} <> '{{}}' and case_id in (select opened_to({_BROKEN})));
create policy opened on marac_case for select
    using ({_BROKEN} <> '{{}}' and id in (select opened_to({_BROKEN})));
"""
#: As on referral and marac_case: an owner who is excluded is told of no report, and a sealed case of none.
_NOT_EXCLUDED = """
    (select told('not_excluded')) = '{}'
    or access_report.case_id not in (select excluded_from((select told('not_excluded'))))
"""
_NOT_SEALED = """
    (select told('not_sealed')) = '{}'
    or not exists (select from stream s where s.id = access_report.case_id and s.sealed)
    or access_report.case_id in (select named_in((select told('not_sealed'))))
"""


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_TABLES + _FUNCTION)
    execute(_for_role("grant execute on function opened_to(text[]) to %I", "app"))
    execute(schema.grants("broken_glass", app="select, insert"))
    acknowledging = "state, acknowledged_by, acknowledged_at, key_id, note_sealed, version"
    execute(schema.grants("access_report", app=f"select, insert, update ({acknowledging})"))
    for table in ("broken_glass", "access_report"):
        execute(schema.row_security(table))
    execute(_POLICIES)
    execute(
        _for_role("create policy read_by_functions on broken_glass for select to %I using (true)", "owner")
    )
    closed = "on access_report as restrictive for all to %I using"
    execute(_for_role(f"create policy not_excluded {closed} ({_NOT_EXCLUDED})", "app"))
    execute(_for_role(f"create policy not_sealed {closed} ({_NOT_SEALED})", "app"))
