"""What goes out: a queue per partner and case, its messages, and every try.

The queue's row says which message is its head; only the head is ever sent. So the order needs no search, a
stuck queue is one row that is not due, and the queue's lease and fence are those of its head.
"""

from services.kit import schema
from services.kit.migrate import execute

revision = "0002"
down_revision = "0001"

_QUEUE = """
create table outbox_queue (
    partner text not null,
    stream uuid not null,
    next_number integer not null default 1 check (next_number > 0),
    head integer not null default 1,
    state text not null default 'idle' check (state in ('idle', 'due', 'blocked')),
    due_at timestamptz,
    tries integer not null default 0 check (tries >= 0),
    unknown_tries integer not null default 0 check (unknown_tries between 0 and tries),
    lease_until timestamptz,
    fence bigint not null default 0 check (fence >= 0),
    primary key (partner, stream),
    check (head between 1 and next_number),
    check ((state = 'idle') = (head = next_number)),
    check ((state = 'due') = (due_at is not null)),
    check (state = 'due' or lease_until is null)
) with (fillfactor = 70);
comment on table outbox_queue is 'One per partner and case; the row lock gives numbers in order.';
comment on column outbox_queue.state is 'Blocked: the head waits for a person.';
comment on column outbox_queue.fence is 'Grows with every claim: only the last may say what came of it.';
create index outbox_queue_due on outbox_queue (partner, due_at) where state = 'due';
"""

_OUTBOX = """
create table outbox (
    id uuid primary key,
    event_id uuid not null,
    partner text not null,
    stream uuid not null,
    number integer not null check (number > 0),
    kind text not null,
    reference text not null check (reference ~ '^TV(-[0-9A-HJKMNP-TV-Z]{4}){4}-[0-9A-HJKMNP-TV-Z]$'),
    state text not null check (state in ('waiting', 'quarantined', 'delivered', 'skipped')),
    reason text,
    code text,
    tries integer not null default 0 check (tries >= 0),
    version integer not null default 1 check (version > 0),
    created_at timestamptz not null,
    settled_at timestamptz,
    protocol text check (protocol in ('soap', 'rest')),
    method text,
    target text,
    content_type text,
    digest bytea check (length(digest) = 32),
    key_id uuid,
    key_wrapped bytea,
    body_sealed bytea,
    unique (event_id, partner, kind),
    unique (partner, stream, number),
    foreign key (partner, stream) references outbox_queue (partner, stream),
    check (num_nonnulls(protocol, method, target, content_type, digest, key_id) in (0, 6)),
    check ((key_wrapped is null) = (body_sealed is null)),
    check (body_sealed is null or digest is not null),
    check ((state in ('delivered', 'skipped')) = (settled_at is not null)),
    check (state not in ('quarantined', 'skipped') or reason is not null),
    check (state <> 'delivered' or digest is not null)
) with (fillfactor = 80);
comment on table outbox is 'The id is the X-Road id: every try repeats it and the bytes.';
comment on column outbox.body_sealed is 'Under its own key; absent until the content was to be had.';
create index outbox_open on outbox (partner, stream, number) where state in ('waiting', 'quarantined');
create index outbox_newest on outbox (created_at desc, id desc);
create index outbox_reference on outbox (reference);
create index outbox_quarantined on outbox (created_at desc, id desc) where state = 'quarantined';
"""

_TRY = """
create table outbox_try (
    message_id uuid not null references outbox (id),
    number integer not null check (number > 0),
    ended_at timestamptz not null,
    duration_ms integer not null check (duration_ms >= 0),
    outcome text not null check (outcome in ('delivered', 'failed', 'quarantined')),
    origin text,
    code text,
    status integer,
    fence bigint not null,
    primary key (message_id, number),
    check ((outcome = 'delivered') = (code is null)),
    check ((code is null) = (origin is null))
);
"""


def _policy(table: str) -> str:
    return schema.row_security(table) + (
        f"create policy everywhere on {table} using ((select told('anywhere')) && array['on']);"
    )


def upgrade() -> None:
    execute(_QUEUE + schema.grants("outbox_queue", app="select, insert, update"))
    execute(_OUTBOX + schema.grants("outbox", app="select, insert, update"))
    execute(_TRY + schema.grants("outbox_try", app="select, insert"))
    for table in ("outbox_queue", "outbox", "outbox_try"):
        execute(_policy(table))
