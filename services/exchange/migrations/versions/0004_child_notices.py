"""Notices about children: several of one event, each known by number and version."""

from services.kit.migrate import execute

revision = "0004"
down_revision = "0003"

_ABOUT = """
alter table outbox add notice uuid, add notice_version integer check (notice_version > 0),
    add check ((notice is null) = (notice_version is null)),
    drop constraint outbox_event_id_partner_kind_key,
    add unique nulls not distinct (event_id, partner, kind, notice);
create unique index outbox_notice on outbox (partner, kind, notice, notice_version) where notice is not null;
comment on column outbox.notice is 'Number of the notice about a child that this message is; its queue, too.';
"""


def upgrade() -> None:
    execute(_ABOUT)
