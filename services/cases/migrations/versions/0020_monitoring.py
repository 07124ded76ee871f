"""Monitoring of closed cases, incidents in a case, and evaluations."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0020"
down_revision = "0019"

_MONITORING = """
create table monitoring (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    closed_on date not null,
    until date not null check (until > closed_on),
    reason text not null,
    note_sealed bytea,
    recorded_at timestamptz not null,
    recorded_by text not null,
    ended_on date,
    ended_by text check (ended_by in ('end', 'reopen')),
    end_reason text,
    end_note_sealed bytea,
    unique (id, case_id),
    check ((ended_on is null) = (ended_by is null)),
    check (end_reason is null or ended_on is not null),
    check (end_note_sealed is null or ended_on is not null)
);
comment on table monitoring is 'A year of monitoring: begins with closing, ends by itself or by reopening.';
create unique index monitoring_one on monitoring (case_id) where ended_on is null;
create index on monitoring (case_id, closed_on desc);

create table checkpoint (
    id uuid primary key,
    case_id uuid not null,
    monitoring_id uuid not null,
    code text not null,
    due_on date not null,
    state text not null default 'due' check (state in ('due', 'held', 'skipped', 'cancelled')),
    held_on date,
    situation text,
    new_violence boolean,
    reason text,
    note_sealed bytea,
    version integer not null default 1 check (version > 0),
    unique (monitoring_id, code),
    foreign key (monitoring_id, case_id) references monitoring (id, case_id),
    check ((state = 'held') = (held_on is not null)),
    check ((state = 'held') = (situation is not null)),
    check ((state = 'held') = (new_violence is not null)),
    check ((state = 'skipped') = (reason is not null))
);
create index on checkpoint (case_id, due_on);
create index on checkpoint (due_on) where state = 'due';
"""
_INCIDENT = """
create table incident (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    kind text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    state text not null default 'recorded' check (state in ('recorded', 'retracted')),
    reason text,
    sealed bytea not null,
    version integer not null default 1 check (version > 0),
    check ((state = 'retracted') = (reason is not null))
);
create index on incident (case_id, occurred_at desc, id desc);

create table evaluation (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    evaluated_on date not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    state text not null default 'current' check (state in ('current', 'superseded')),
    goals jsonb not null,
    victims_view text not null,
    sealed bytea not null
);
comment on column evaluation.goals is 'Codes of goals to codes of outcomes, nothing else.';
create unique index evaluation_one on evaluation (case_id) where state = 'current';
create index on evaluation (case_id, recorded_at desc);
"""
_TABLES = {
    "monitoring": "ended_on, ended_by, end_reason, end_note_sealed",
    "checkpoint": "state, held_on, situation, new_violence, reason, note_sealed, version",
    "incident": "state, reason, version",
    "evaluation": "state",
}


def upgrade() -> None:
    execute(_MONITORING + _INCIDENT)
    for table, changing in _TABLES.items():
        seen = f"exists (select from marac_case c where c.id = {table}.case_id)"
        execute(schema.grants(table, app=f"select, insert, update ({changing})"))
        execute(schema.row_security(table))
        execute(
            f"create policy seen on {table} for select using ({seen});"
            f"create policy made on {table} for insert with check ({seen});"
            f"create policy changed on {table} for update using ({seen}) with check (true);"
        )
