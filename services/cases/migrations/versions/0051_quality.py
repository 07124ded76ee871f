"""Observations of meetings, and recommendations to networks, which wait for an office of the region."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0051"
down_revision = "0050"

_TABLES = """
create table observation (
    id uuid primary key,
    region text not null,
    met_on date not null,
    meeting_id uuid,
    observer text not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    key_id uuid not null references data_key (id),
    ratings jsonb not null,
    sealed bytea not null,
    foreign key (meeting_id, region) references meeting (id, region)
);
comment on table observation is 'How a network met; about its work, and about nobody.';
comment on column observation.ratings is 'Codes of principles to ratings, null where not seen.';
create index on observation (region, met_on desc, id desc);
create index on observation (met_on);

create table recommendation (
    id uuid primary key,
    observation_id uuid not null references observation (id),
    region text not null,
    principle text not null,
    owner text not null check (owner in ('coordinator', 'chair')),
    due_on date not null,
    state text not null default 'open' check (state in ('open', 'done', 'declined')),
    reason text,
    answered_on date,
    answered_by text,
    key_id uuid not null references data_key (id),
    sealed bytea not null,
    outcome_sealed bytea,
    version integer not null default 1 check (version > 0),
    unique (observation_id, principle),
    check ((state = 'open') = (outcome_sealed is null)),
    check (num_nonnulls(answered_on, answered_by, outcome_sealed) in (0, 3)),
    check ((state = 'declined') = (reason is not null))
);
create index on recommendation (region, due_on, id);

alter table duty drop constraint duty_check;
alter table duty add constraint duty_check check (
    case when thing = 'recommendation' then referral_id is null and case_id is null
    else (referral_id is null) <> (case_id is null) end
);
"""
# Whoever observes is told of no meetings: the function says whether there is one of that day, and no more.
_FUNCTION = """
create function met_on(of_region text, on_day date) returns uuid language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select m.id from public.meeting m
    where m.region = of_region and m.meets_on = on_day and m.live order by m.starts_at limit 1
$$;
comment on function met_on is 'The meeting of a network on a day.';
revoke all on function met_on(text, date) from public;
"""
_SEEN = "(select told('anywhere')) && array['on'] or (select told('same_region')) && array[region]"
_DUTY = "thing = 'recommendation' and exists (select from recommendation n where n.id = thing_id)"
_POLICIES = f"""
create policy reached on observation using ({_SEEN}) with check ({_SEEN});
create policy reached on recommendation using ({_SEEN}) with check ({_SEEN});
create policy advised on duty for select using ({_DUTY});
create policy advising on duty for insert with check ({_DUTY});
create policy advice_answered on duty for update using ({_DUTY}) with check (true);
"""
_ANSWERING = "state, reason, answered_on, answered_by, outcome_sealed, version"


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_TABLES + _FUNCTION)
    execute(_for_role("grant execute on function met_on(text, date) to %I", "app"))
    execute(_for_role("create policy read_by_functions on meeting for select to %I using (true)", "owner"))
    execute(schema.grants("observation", app="select, insert"))
    execute(schema.grants("recommendation", app=f"select, insert, update ({_ANSWERING})"))
    for table in ("observation", "recommendation"):
        execute(schema.row_security(table))
    execute(_POLICIES)
