"""The audit log, how far the feed was read, and facts without identities under row-level security."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0001"
down_revision = None

_READING = """
create table reading (
    feed text primary key,
    cursor text check (cursor ~ '^[0-9a-f]{12}\\.(0|[1-9][0-9]{0,17})$'),
    complete boolean not null,
    read_at timestamptz not null
);
comment on table reading is 'How far a feed was read; complete: its end was reached since it was begun anew.';
"""

_FACTS = """
create table fact_case (
    stream uuid primary key,
    version integer not null check (version > 0),
    region text not null check (region ~ '^[a-z][a-z0-9-]{1,40}$'),
    referred_on date not null,
    accepted boolean not null,
    happened_at timestamptz not null,
    recorded_at timestamptz not null
);
create index on fact_case (referred_on) where accepted;
comment on table fact_case is 'Cases as the feed told them; version is that of the last event applied.';
comment on column fact_case.happened_at is 'When the event happened; recorded_at: when it was applied here.';

create table fact_person (
    stream uuid not null references fact_case (stream) on delete cascade,
    pseudonym text not null check (length(pseudonym) between 1 and 128),
    role text not null check (role in ('victim', 'threatening-person', 'child', 'other')),
    relation text check (relation in
        ('partner', 'former-partner', 'child', 'parent', 'sibling', 'other-relative', 'other')),
    sex text not null check (sex in ('female', 'male', 'other', 'unknown')),
    age_band text not null check (age_band in
        ('0-6', '7-13', '14-17', '18-24', '25-34', '35-49', '50-64', '65+', 'unknown')),
    region text not null,
    referred_on date not null,
    primary key (stream, pseudonym, role),
    check ((role = 'victim') = (relation is null))
);
comment on table fact_person is 'People of accepted cases by pseudonym: no names, no codes, no addresses.';
"""

_SEEN = """
create policy seen on {table} for select using (
    (select told('anywhere')) && array['on'] or (select told('same_region')) && array[region]);
create policy added on {table} for insert with check ((select fact('operation')) = 'apply_events');
create policy changed on {table} for update using ((select fact('operation')) = 'apply_events');
create policy removed on {table} for delete using ((select fact('operation')) = 'apply_events');
"""


def upgrade() -> None:
    execute(schema.session_facts())
    execute(schema.audit_tables())
    execute(_READING + schema.grants("reading", app="select, insert, update", auditor=""))
    execute(_FACTS)
    for table in ("fact_case", "fact_person"):
        execute(schema.row_security(table) + _SEEN.replace("{table}", table))
        execute(schema.grants(table, app="select, insert, update, delete", auditor=""))
