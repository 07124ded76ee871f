"""Assessments made anew in a case, and what an evaluation finds of changed risk."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0050"
down_revision = "0049"

_TABLE = """
create table reassessment (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    instrument text not null,
    completed_on date not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    state text not null default 'recorded' check (state in ('recorded', 'retracted')),
    reason text,
    version text not null,
    content_hash text not null,
    engine text not null,
    score integer not null check (score >= 0),
    band text not null check (band in ('standard', 'medium', 'high')),
    grounds text[] not null check (
        grounds <@ array['visible-high-risk', 'professional-judgement', 'potential-escalation', 'repeat']
    ),
    scored_at timestamptz not null,
    answers_sealed bytea not null,
    result_sealed bytea not null,
    note_sealed bytea,
    row_version integer not null default 1 check (row_version > 0),
    check ((state = 'retracted') = (reason is not null))
);
comment on column reassessment.version is 'Of the instrument, as in assessment; row_version is the row''s.';
create index on reassessment (case_id, completed_on);

alter table evaluation add column risk jsonb;
comment on column evaluation.risk is 'First and last assessment: ids, days, scores, bands; null without two.';
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on reassessment for select using ({_SEEN});
create policy made on reassessment for insert with check ({_SEEN});
create policy changed on reassessment for update using ({_SEEN}) with check (true);
"""


def upgrade() -> None:
    rights = "select, insert, update (state, reason, row_version)"
    execute(_TABLE + schema.grants("reassessment", app=rights))
    execute(schema.row_security("reassessment") + _POLICIES)
