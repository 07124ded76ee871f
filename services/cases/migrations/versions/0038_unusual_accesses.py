"""How far the audit log was looked through for unusual accesses, and the handles by which it names cases."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0038"
down_revision = "0037"

_TABLES = """
alter table marac_case add column handle text unique;
comment on column marac_case.handle is 'What the audit log calls the case; written by the worker.';
create index on marac_case (id) where handle is null;

create table watch_place (
    log text primary key,
    position bigint not null
);
comment on table watch_place is 'The last position that was looked at.';
insert into watch_place (log, position)
select 'audit', coalesce(max(position), -1) from audit_position;

create table watch_seen (
    actor text not null,
    hour timestamptz not null,
    case_id uuid not null references marac_case (id),
    primary key (actor, hour, case_id)
);
comment on table watch_seen is 'Which cases a member looked at within an hour; kept for two days.';
create index on watch_seen (hour);
"""
_WATCHING = "(select fact('operation')) = 'watch_accesses'"
_POLICIES = f"""
create policy watched on watch_seen using ({_WATCHING}) with check ({_WATCHING});
"""


def upgrade() -> None:
    execute(_TABLES)
    execute(schema.grants("marac_case", app="update (handle)", auditor=""))
    execute(schema.grants("watch_place", app="select, insert, update (position)", auditor=""))
    execute(schema.grants("watch_seen", app="select, insert, delete", auditor=""))
    execute(schema.row_security("watch_seen") + _POLICIES)
