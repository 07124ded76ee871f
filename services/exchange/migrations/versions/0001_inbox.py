"""What every service has, and the inbox of X-Road messages with its incidents."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0001"
down_revision = None

_INBOX = """
create table inbox (
    id uuid primary key,
    client text not null,
    message_id text not null check (length(message_id) between 1 and 255),
    protocol text not null check (protocol in ('soap', 'rest')),
    operation text not null,
    digest bytea not null check (length(digest) = 32),
    reference text not null unique check (reference ~ '^TV(-[0-9A-HJKMNP-TV-Z]{4}){4}-[0-9A-HJKMNP-TV-Z]$'),
    sender_reference text not null,
    sender_version integer not null check (sender_version > 0),
    request_id uuid not null,
    xroad_request_id text,
    received_at timestamptz not null,
    state text not null check (state in ('received', 'handed-over', 'refused', 'quarantined')),
    acknowledged_at timestamptz,
    key_id uuid not null,
    key_wrapped bytea,
    message_sealed bytea,
    referral_sealed bytea,
    same_as text,
    status text check (status in ('RECEIVED', 'AWAITING_SCREENING', 'ACCEPTED', 'DECLINED', 'REDIRECTED')),
    status_at timestamptz,
    reason text,
    errors jsonb,
    attempts integer not null default 0 check (attempts >= 0),
    next_attempt_at timestamptz,
    lease_until timestamptz,
    fence bigint not null default 0,
    settled_at timestamptz,
    check ((state = 'received') = (next_attempt_at is not null)),
    check ((state = 'received') = (settled_at is null)),
    check ((state = 'handed-over') = (status is not null)),
    check ((status is null) = (status_at is null)),
    check ((state in ('refused', 'quarantined')) = (reason is not null)),
    check ((state = 'refused') = (key_wrapped is null)),
    check ((key_wrapped is null) = (message_sealed is null)),
    check ((state in ('received', 'quarantined')) = (referral_sealed is not null)),
    check (state <> 'quarantined' or acknowledged_at is not null),
    check (state <> 'refused' or acknowledged_at is null),
    check (same_as is null or state = 'handed-over')
) with (fillfactor = 80);
comment on table inbox is 'Every referral that fits schema and rules, as it came, sealed under its own key.';
comment on column inbox.acknowledged_at is 'Success was answered before the hand-over: it must not be lost.';
comment on column inbox.same_as is 'The earlier reference, when the sender''s version was already known.';
comment on column inbox.referral_sealed is 'What is to be handed over; gone when it has been.';
comment on column inbox.fence is 'Grows with every claim: only the last claim may settle the row.';
create unique index inbox_message on inbox (client, message_id) where state <> 'refused';
create index inbox_sender_reference on inbox (client, sender_reference, sender_version desc, received_at desc)
    where state <> 'refused';
create index inbox_same_as on inbox (same_as) where same_as is not null;
create index inbox_due on inbox (next_attempt_at) where state = 'received';
create index inbox_received on inbox (received_at desc, id);
"""

_INBOX_POLICY = """
create policy own_messages on inbox using (
    (select told('anywhere')) && array['on'] or client = any ((select told('own_message'))::text[])
);
"""

_INCIDENT = """
create table incident (
    id uuid primary key,
    at timestamptz not null,
    kind text not null check (kind in ('message-id-reused')),
    client text not null,
    message_id text not null,
    inbox_id uuid not null references inbox (id),
    digest bytea not null check (length(digest) = 32),
    request_id uuid not null
);
comment on table incident is 'What a person must look at: a sender does what no sender should.';
create index on incident (at desc, id);
"""

_INCIDENT_POLICY = """
create policy own_incidents on incident using (
    (select told('anywhere')) && array['on'] or client = any ((select told('own_message'))::text[])
);
"""


def upgrade() -> None:
    execute(schema.session_facts())
    execute(schema.audit_tables())
    execute(schema.idempotency_table())
    execute(schema.feed_tables())
    execute(_INBOX + schema.grants("inbox", app="select, insert, update"))
    execute(schema.row_security("inbox") + _INBOX_POLICY)
    execute(_INCIDENT + schema.grants("incident", app="select, insert"))
    execute(schema.row_security("incident") + _INCIDENT_POLICY)
