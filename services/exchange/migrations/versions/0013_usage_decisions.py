"""What the case register decided that persons may see, for the rows that are here and those to come."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0013"
down_revision = "0012"

_TABLE = """
create table usage_decision (
    id uuid primary key,
    subject bytea not null check (length(subject) = 32),
    case_handle text not null check (case_handle ~ '^[0-9a-f]{32}$'),
    state text not null check (state in ('withheld', 'released')),
    decided_at timestamptz not null
);
comment on table usage_decision is 'Holds for what had left the case about the person when it was decided.';
create index on usage_decision (subject, case_handle, decided_at desc);
create index on data_usage (subject, case_handle) where case_handle is not null;
"""
_FOLLOWING = "(select fact('operation')) = 'apply_event'"
_POLICIES = f"""
create policy told on usage_decision for select using (
    (select fact('operation')) in ('apply_event', 'apply_disclosure')
);
create policy noted on usage_decision for insert with check ({_FOLLOWING});
create policy looked_at on data_usage for select using ({_FOLLOWING});
create policy decided on data_usage for update using ({_FOLLOWING}) with check (true);
"""


def upgrade() -> None:
    execute(_TABLE + schema.grants("usage_decision", app="select, insert", auditor=""))
    execute(schema.grants("data_usage", app="update (state)", auditor=""))
    execute(schema.row_security("usage_decision") + _POLICIES)
