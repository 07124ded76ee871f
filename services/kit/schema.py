"""The tables that every stateful service has, as SQL for its migrations.

Each function returns one script for :func:`services.kit.migrate.execute`. Roles are named after the database
that is being migrated: ``<db>_owner`` (migrations only), ``<db>_app``, ``<db>_auditor``.

Row-level security reads the session facts that ``kit.db`` sets at the start of each transaction::

    create policy same_region on incident using (region = any (told('same_region')));
"""

import re
from typing import Final

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")


def session_facts() -> str:
    """``fact(name)`` and ``told(name)``, the same as a list: ``Permit.facts``; empty without a permit."""
    return """
create function fact(name text) returns text language sql stable parallel safe
return coalesce(current_setting('turvavork.' || name, true), '');

create function told(name text) returns text[] language sql stable parallel safe
return string_to_array(coalesce(current_setting('turvavork.' || name, true), ''), ',');
"""


def audit_tables() -> str:
    """Epochs and the audit log: insert and select only, salted leaves (RFC 9162) from the first row on."""
    return _EPOCH + _AUDIT + grants("audit", app="select, insert") + sequenced_log("audit")


def sequenced_log(name: str) -> str:
    """Gives the table ``name`` (its key is ``id uuid``) dense positions, in the order of commits.

    A trigger puts every new row into ``<name>_pending`` within the same transaction. ``sequence_<name>(n)``
    moves up to n of them, in the order of their insertion, to ``<name>_position`` and says how many. It is
    the only way to write there (it runs as the owner, and one call at a time). Each move is notified on the
    channel ``<name>_position``. Comes after :func:`audit_tables`, which makes the epochs.
    """
    return (
        _SEQUENCED.replace("%LOG%", _checked(name))
        + grants(f"{name}_position")
        + (
            f"""
revoke all on function sequence_{name}(integer) from public;
do $$ begin
    execute format('grant execute on function sequence_{name}(integer) to %I', current_database() || '_app');
end $$;
"""
        )
    )


def log_tree(name: str = "audit") -> str:
    """The tree of a log and its signed checkpoints (``kit.logtree``): insert and select only.

    Comes after :func:`sequenced_log` of the same name.
    """
    return (
        _TREE.replace("%LOG%", _checked(name))
        + grants(f"{name}_node", app="select, insert")
        + grants(f"{name}_checkpoint", app="select, insert")
    )


def log_receipts(name: str) -> str:
    """Lets an entry of a log be found by its leaf, without a scan of millions of nodes."""
    return f"\ncreate index {_checked(name)}_node_leaf on {name}_node (hash) where level = 0;\n"


def idempotency_table() -> str:
    """Keys of writes that were done, with what it takes to read the answer again."""
    return _IDEMPOTENCY + grants("idempotency", app="select, insert, update, delete", auditor="")


def feed_tables() -> str:
    """A consumer's own place in a feed, and the events that it has applied."""
    return (
        _FEED
        + grants("feed_cursor", app="select, insert, update")
        + grants("applied_event", app="select, insert")
    )


def row_security(table: str) -> str:
    """Row-level security that holds for the owner as well; without a policy nobody sees a row."""
    table = _checked(table)
    return (
        f"\nalter table {table} enable row level security;\nalter table {table} force row level security;\n"
    )


def grants(table: str, *, app: str = "select", auditor: str = "select") -> str:
    """Rights on a table by role; what is not written down is not granted."""
    lines = [
        f"    execute format('grant {rights} on {_checked(table)} to %I', current_database() || '_{role}');"
        for role, rights in (("app", app), ("auditor", auditor))
        if rights
    ]
    return "\ndo $$ begin\n" + "\n".join(lines) + "\nend $$;\n"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a table's name is lower case letters, digits and _")
    return name


_EPOCH = """
create table log_epoch (
    number integer generated always as identity primary key,
    epoch text not null unique check (epoch ~ '^[0-9a-f]{12}$'),
    started_at timestamptz not null default now(),
    reason text not null
);
comment on table log_epoch is 'The last row is the epoch of every cursor; a restore from backup adds one.';
insert into log_epoch (epoch, reason)
values (substr(replace(gen_random_uuid()::text, '-', ''), 1, 12), 'migration');
""" + grants("log_epoch")

_AUDIT = """
create table audit (
    id uuid primary key,
    recorded_at timestamptz not null,
    actor text not null,
    actor_kind text not null,
    service text,
    role text not null,
    attributes text[] not null,
    purpose text not null,
    basis text,
    operation text not null,
    action text not null,
    objects text[] not null,
    fields text[] not null,
    decision text not null check (decision in ('allow', 'deny')),
    rule_id text,
    problem text,
    request_id text not null,
    client text,
    salt bytea not null check (length(salt) = 32),
    canonical bytea not null,
    leaf bytea not null check (leaf = sha256('\\x00'::bytea || salt || canonical)),
    check ((decision = 'deny') = (problem is not null))
);
comment on column audit.objects is 'Keyed handles (HMAC) of what was touched: no names, no codes.';
comment on column audit.service is 'The service that spoke for the actor.';
comment on column audit.leaf is 'Leaf of the log''s tree: a record can be erased, its proofs still hold.';
"""

_SEQUENCED = """
create table %LOG%_pending (
    id bigint generated always as identity primary key,
    %LOG%_id uuid not null
);

create table %LOG%_position (
    position bigint primary key check (position >= 0),
    %LOG%_id uuid not null unique references %LOG% (id),
    epoch text not null references log_epoch (epoch)
);

create function %LOG%_enlist() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into public.%LOG%_pending (%LOG%_id) select fresh.id from fresh;
    return null;
end $$;

create trigger %LOG%_enlist after insert on %LOG%
referencing new table as fresh for each statement execute function %LOG%_enlist();

create function sequence_%LOG%(batch integer) returns integer language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    last bigint;
    moved integer;
begin
    -- One at a time, whoever calls: a position is never given twice, a commit never falls between two calls.
    perform pg_advisory_xact_lock(hashtext('sequence_%LOG%'), 0);
    select coalesce(max(position), -1) into last from public.%LOG%_position;
    with taken as (
        delete from public.%LOG%_pending
        where id in (select id from public.%LOG%_pending order by id limit batch)
        returning id, %LOG%_id
    )
    insert into public.%LOG%_position (position, %LOG%_id, epoch)
    select last + row_number() over (order by taken.id), taken.%LOG%_id,
           (select epoch from public.log_epoch order by number desc limit 1)
    from taken;
    get diagnostics moved = row_count;
    if moved > 0 then
        perform pg_notify('%LOG%_position', (last + moved)::text);
    end if;
    return moved;
end $$;
"""

_TREE = """
create table %LOG%_node (
    level smallint not null check (level between 0 and 62),
    place bigint not null check (place >= 0),
    hash bytea not null check (length(hash) = 32),
    primary key (level, place)
);
comment on table %LOG%_node is 'Perfect nodes of the tree: (l, i) covers 2^l leaves from i*2^l on.';

create table %LOG%_checkpoint (
    epoch text not null references log_epoch (epoch),
    size bigint not null check (size >= 0),
    root bytea not null check (length(root) = 32),
    note text not null,
    signed_at timestamptz not null default now(),
    primary key (epoch, size)
);
comment on column %LOG%_checkpoint.note is 'The signed note (C2SP tlog-checkpoint).';
"""

_IDEMPOTENCY = """
create table idempotency (
    caller text not null,
    operation text not null,
    key text not null check (key ~ '^[\\x21-\\x7e]{1,128}$'),
    digest bytea not null check (length(digest) = 32),
    status integer not null check (status between 200 and 299),
    reference text not null,
    recorded_at timestamptz not null,
    primary key (caller, operation, key)
);
create index on idempotency (recorded_at);
"""

_FEED = """
create table feed_cursor (
    feed text primary key,
    cursor text not null check (cursor ~ '^[0-9a-f]{12}\\.(0|[1-9][0-9]{0,17})$'),
    updated_at timestamptz not null default now()
);

create table applied_event (
    feed text not null,
    event_id uuid not null,
    applied_at timestamptz not null default now(),
    primary key (feed, event_id)
);
"""
