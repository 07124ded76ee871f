"""The steps of cases, and states of a case beyond open."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0013"
down_revision = "0012"

_STATES = """
alter table marac_case drop constraint marac_case_state_check;
alter table marac_case add constraint marac_case_state_check check (state in ('open', 'monitoring', 'ended'));
"""
_STEP = """
create table case_step (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    number integer not null check (number > 0),
    machine text not null check (machine ~ '^[a-z][a-z0-9-]{0,39}$'),
    object_id uuid not null,
    action text not null check (action ~ '^[a-z][a-z0-9-]{0,39}$'),
    from_state text check (from_state ~ '^[a-z][a-z0-9-]{0,39}$'),
    to_state text not null check (to_state ~ '^[a-z][a-z0-9-]{0,39}$'),
    reason text,
    taken_by text not null,
    taken_at timestamptz not null,
    unique (case_id, number)
);
comment on table case_step is 'What happened in a case: codes and ids; written once, never changed.';
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on case_step for select using ({_SEEN});
create policy made on case_step for insert with check ({_SEEN});
"""


def upgrade() -> None:
    execute(_STATES + _STEP + schema.grants("case_step", app="select, insert"))
    execute(schema.row_security("case_step") + _POLICIES)
