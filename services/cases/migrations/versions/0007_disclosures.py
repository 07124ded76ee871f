"""Disclosures of people's data, without the data, and their order."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0007"
down_revision = "0006"

_DISCLOSURE = """
create table disclosure (
    id uuid primary key,
    subject bytea not null check (length(subject) = 32),
    receiver_code text not null check (receiver_code <> ''),
    receiver_system text not null check (receiver_system <> ''),
    receiver_name text check (receiver_name <> ''),
    action text not null check (length(action) between 1 and 100),
    case_handle text not null check (case_handle ~ '^[0-9a-f]{32}$'),
    occurred_at timestamptz not null,
    source text not null unique
);
comment on table disclosure is 'That data about somebody left, to whom and why; never the data.';
comment on column disclosure.subject is 'Blind index of a personal code, under a key for this alone.';
comment on column disclosure.source is 'What was disclosed: told again, it is the same disclosure.';
"""
# Whoever discloses writes and reads nothing; the feed reads.
_POLICIES = """
create policy told on disclosure for select using ((select fact('operation')) = 'list_disclosures');
create policy made on disclosure for insert with check ((select fact('operation')) = 'get_child_notice');
"""


def upgrade() -> None:
    execute(_DISCLOSURE + schema.grants("disclosure", app="select, insert", auditor=""))
    execute(schema.sequenced_log("disclosure"))
    execute(schema.row_security("disclosure") + _POLICIES)
