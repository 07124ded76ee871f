"""Whether persons may see in the Data Tracker what left a case about them."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0052"
down_revision = "0051"

_TABLE = """
create table usage_decision (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    place integer not null check (place > 0),
    person_id uuid not null,
    state text not null check (state in ('withheld', 'released')),
    reason text not null,
    decided_at timestamptz not null,
    decided_by text not null,
    subject bytea not null check (length(subject) = 32),
    handle text not null check (handle ~ '^[0-9a-f]{32}$'),
    unique (case_id, place)
);
comment on table usage_decision is 'A decision about a person in a case; the last holds, the others stay.';
comment on column usage_decision.subject is 'As in the log of disclosures: blind, under a key of its own.';
create index on usage_decision (case_id, person_id, place desc);
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on usage_decision for select using ({_SEEN});
create policy made on usage_decision for insert with check ({_SEEN});
"""


def upgrade() -> None:
    execute(_TABLE + schema.grants("usage_decision", app="select, insert"))
    execute(schema.row_security("usage_decision") + _POLICIES)
