"""Notices about children: which have left, and which a person has stopped."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0006"
down_revision = "0005"

_CHILD_NOTICE = """
create table child_notice (
    number uuid not null references participation (id),
    version integer not null check (version > 0),
    state text not null check (state in ('left', 'stopped')),
    settled_at timestamptz not null,
    settled_by text not null,
    reason text,
    note_sealed bytea,
    primary key (number, version),
    check ((state = 'stopped') = (reason is not null)),
    check (note_sealed is null or state = 'stopped')
);
comment on table child_notice is
    'What became of a notice that an event has announced; the key decides between leaving and being stopped.';
comment on column child_notice.number is 'The child''s part in its referral.';
"""
_BY_PART = "exists (select from participation p where p.id = number)"
_POLICIES = f"""
create policy seen on child_notice for select using ({_BY_PART});
create policy made on child_notice for insert with check ({_BY_PART});
"""


def upgrade() -> None:
    execute(_CHILD_NOTICE + schema.grants("child_notice", app="select, insert"))
    execute(schema.row_security("child_notice") + _POLICIES)
    execute(schema.grants("participation", app="update (municipality)", auditor=""))
