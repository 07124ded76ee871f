"""The Data Tracker: to whom data about somebody went, and whether the person may be shown it."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0008"
down_revision = "0007"

_USAGE = """
create table data_usage (
    id uuid primary key,
    subject bytea not null check (length(subject) = 32),
    occurred_at timestamptz not null,
    action text not null check (length(action) between 1 and 100),
    receiver_code text not null check (receiver_code <> ''),
    receiver_system text not null check (receiver_system <> ''),
    receiver_name text check (receiver_name <> ''),
    case_handle text check (case_handle ~ '^[0-9a-f]{32}$'),
    state text not null check (state in ('withheld', 'released', 'never')),
    recorded_at timestamptz not null
);
comment on table data_usage is 'Disclosures as the Data Tracker knows them: that data went, never which.';
comment on column data_usage.id is 'The disclosure''s.';
comment on column data_usage.subject is 'Blind index of a personal code, under a key for this alone.';
comment on column data_usage.case_handle is 'By which the case register knows the case; null without one.';
create index data_usage_shown on data_usage (subject, occurred_at desc, id desc) where state = 'released';
create index on data_usage (case_handle) where case_handle is not null;
"""
# A second layer: whoever answers the Data Tracker sees no row that is not released.
_POLICIES = """
create policy shown on data_usage for select using (
    (select fact('operation')) = 'find_usage' and state = 'released'
);
create policy kept on data_usage for insert with check ((select fact('operation')) = 'apply_disclosure');
"""


def upgrade() -> None:
    execute(_USAGE + schema.grants("data_usage", app="select, insert", auditor=""))
    execute(schema.row_security("data_usage") + _POLICIES)
