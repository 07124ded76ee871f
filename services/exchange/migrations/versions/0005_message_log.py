"""The message log: every message in and out, and what became of it; it has a tree, as the audit log has."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0005"
down_revision = "0004"

_LOG = """
create table message_log (
    id uuid primary key,
    recorded_at timestamptz not null,
    what text not null check (what in ('received', 'answered', 'refused', 'sent')),
    partner text not null,
    message_id text,
    result text not null,
    salt bytea check (length(salt) = 32),
    canonical bytea,
    leaf bytea not null check (length(leaf) = 32),
    check ((salt is null) = (canonical is null)),
    check (canonical is null or leaf = sha256('\\x00'::bytea || salt || canonical))
);
comment on table message_log is 'Every message over X-Road, in and out. Only added to by the service.';
comment on column message_log.canonical is
    'The record, without names and codes. Erased with its salt it leaves the leaf, and the proofs hold.';
"""


def upgrade() -> None:
    execute(_LOG + schema.grants("message_log", app="select, insert"))
    execute(schema.sequenced_log("message_log") + schema.log_tree("message_log"))
    execute(schema.log_receipts("message_log") + schema.log_receipts("audit"))
