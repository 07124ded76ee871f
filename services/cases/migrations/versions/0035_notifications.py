"""Addresses of members, and the queue of messages that tell them that something waits."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0035"
down_revision = "0034"

_TABLES = """
alter table duty add column opened_at timestamptz not null default now();

create table member_address (
    member_id uuid primary key references member (id),
    language text not null check (language in ('et', 'ru', 'en')),
    version integer not null check (version = 1),
    sealed bytea not null,
    key_id uuid not null unique references data_key (id),
    changed_at timestamptz not null
);
comment on table member_address is 'Where a member is written to; each change has a new key.';

create table notification (
    id uuid primary key,
    member_id uuid not null references member (id),
    day date not null,
    hour integer not null check (hour between 0 and 23),
    count integer not null check (count >= 0),
    state text not null check (state in ('waiting', 'sent', 'dropped', 'nothing')),
    tries integer not null default 0 check (tries >= 0),
    due_at timestamptz not null,
    planned_at timestamptz not null default now(),
    sent_at timestamptz,
    unique (member_id, day, hour),
    check ((state = 'nothing') = (count = 0)),
    check ((state = 'sent') = (sent_at is not null))
);
comment on table notification is 'That so many things wait for a member; told once for an hour of a day.';
create index on notification (due_at) where state = 'waiting';
"""
_TELLING = "(select fact('operation')) = 'notify_members'"
_OWN = f"""
    {_TELLING} or ((select fact('operation')) in ('get_my_address', 'set_my_address')
    and exists (select from member m where m.id = member_id and m.subject = (select fact('actor'))))
"""
_POLICIES = f"""
create policy own on member_address using ({_OWN}) with check ({_OWN});
create policy telling on notification using ({_TELLING}) with check ({_TELLING});
"""


def upgrade() -> None:
    execute(_TABLES)
    execute(schema.grants("member_address", app="select, insert, delete", auditor=""))
    execute(schema.grants("notification", app="select, insert, update (state, tries, due_at, sent_at)"))
    execute(schema.row_security("member_address") + schema.row_security("notification") + _POLICIES)
