"""Receipts of shares of data, by which agencies take part in cases."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0026"
down_revision = "0025"

_SHARE = """
create table share (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    number bigint generated always as identity,
    kind text not null check (kind in ('taking-part', 'handover')),
    state text not null default 'in-force' check (state in ('in-force', 'ended', 'expired')),
    basis text not null,
    purpose text not null,
    sharer text,
    recipients text[] not null,
    outside_code text check (outside_code ~ '^[0-9]{8}$'),
    outside_system text,
    persons uuid[] not null,
    classes text[] not null check (classes <@ array['identity', 'contact', 'risk', 'narrative']),
    fields_hash bytea not null check (length(fields_hash) = 32),
    content_digest bytea check (length(content_digest) = 32),
    digest bytea not null check (length(digest) = 32),
    shared_at timestamptz not null,
    shared_by text not null,
    expires_on date,
    sealed bytea,
    ended_at timestamptz,
    ended_by text,
    end_reason text,
    version integer not null default 1 check (version > 0),
    check ((outside_code is null) = (outside_system is null)),
    check (outside_code is not null or recipients <> '{}'),
    check (kind <> 'taking-part' or cardinality(recipients) = 1),
    check ((state = 'in-force') = (ended_at is null)),
    check ((ended_at is null) = (ended_by is null)),
    check ((state = 'ended') = (end_reason is not null)),
    check (kind <> 'handover' or expires_on is not null)
);
comment on table share is 'That data went to somebody, on which basis and until when; never the data.';
create index on share (case_id, number);
create index on share (expires_on) where state = 'in-force' and expires_on is not null;
"""
# A receipt is read by its parties and by who answers for the region; agencies are agency@region.
_SEEN = """
    exists (select from marac_case c where c.id = case_id and (
        (select told('anywhere')) && array['on', 'on#' || c.state]
        or (select told('same_region')) && array[c.region, c.region || '#' || c.state]
        or (select told('own_agency')) && (recipients || sharer)
    ))
"""
_CASE = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on share for select using ({_SEEN});
create policy made on share for insert with check ({_CASE});
create policy changed on share for update using ({_SEEN}) with check (true);
create policy shared on disclosure for insert with check ((select fact('operation')) = 'share_data');
"""


def upgrade() -> None:
    ending = "state, ended_at, ended_by, end_reason, version"
    execute(_SHARE + schema.grants("share", app=f"select, insert, update ({ending})"))
    execute(schema.row_security("share") + _POLICIES)
