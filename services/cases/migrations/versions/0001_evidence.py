"""What every service has: session facts, audit log, idempotency keys; and the keys of sealed values."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0001"
down_revision = None

_KEYS = """
create table data_key (
    id uuid primary key,
    kek text,
    wrapped bytea,
    made_at timestamptz not null,
    destroyed_at timestamptz,
    check ((kek is null) = (wrapped is null)),
    check ((destroyed_at is null) = (wrapped is not null))
);
comment on table data_key is 'One per referral, and then its case; destroying it erases what it seals.';
create index on data_key (kek, id) where wrapped is not null;
"""


def upgrade() -> None:
    execute(schema.session_facts())
    execute(schema.audit_tables())
    execute(schema.idempotency_table())
    execute(_KEYS + schema.grants("data_key", app="select, insert, update (kek, wrapped, destroyed_at)"))
