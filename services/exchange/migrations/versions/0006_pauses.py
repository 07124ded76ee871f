"""Partners to whom nothing is sent for a while; a way to find a message by any of its ids."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0006"
down_revision = "0005"

_PAUSE = """
create table partner_pause (
    id uuid primary key,
    partner text not null,
    reason text not null,
    paused_at timestamptz not null,
    paused_by text not null,
    resumed_at timestamptz,
    resumed_by text,
    check ((resumed_at is null) = (resumed_by is null)),
    check (resumed_at >= paused_at)
);
comment on table partner_pause is 'While one is open, no try to deliver to the partner begins.';
create unique index partner_pause_open on partner_pause (partner) where resumed_at is null;
create index partner_pause_newest on partner_pause (paused_at desc, id desc);
"""
_ASKED = """
alter table outbox_queue add column asked boolean not null default false;
comment on column outbox_queue.asked is 'The partner said when to come again: it is not asked earlier.';
"""
_FOUND = """
create index inbox_message_id on inbox (message_id);
create index inbox_xroad_request on inbox (xroad_request_id) where xroad_request_id is not null;
create index outbox_try_ended on outbox_try using brin (ended_at);
create index outbox_settled on outbox using brin (settled_at);
"""


def upgrade() -> None:
    execute(_PAUSE + schema.grants("partner_pause", app="select, insert, update"))
    execute(
        schema.row_security("partner_pause")
        + "create policy everywhere on partner_pause using ((select told('anywhere')) && array['on']);"
    )
    execute(_ASKED)
    execute(_FOUND)
