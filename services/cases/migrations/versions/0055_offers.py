"""Services by need: what somebody in a case was offered, by which agency, and what became of it."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0055"
down_revision = "0054"

_TABLE = """
create table service_offer (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    person_id uuid not null references person (id),
    service text not null check (service ~ '^[a-z][a-z0-9-]{0,40}$'),
    agency text not null,
    entry_id uuid,
    state text not null default 'offered' check (state in
        ('offered', 'accepted', 'refused', 'given', 'ended', 'withdrawn', 'stopped')),
    offered_on date not null,
    answered_on date check (answered_on >= offered_on),
    begun_on date check (begun_on >= answered_on),
    ended_on date check (ended_on >= coalesce(begun_on, answered_on, offered_on)),
    reason text,
    version integer not null default 1 check (version > 0),
    sealed bytea not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    check (state not in ('accepted', 'refused', 'given', 'ended') or answered_on is not null),
    check ((state in ('given', 'ended')) = (begun_on is not null)),
    check ((state in ('ended', 'withdrawn', 'stopped')) = (ended_on is not null)),
    check ((state in ('refused', 'ended', 'withdrawn')) = (reason is not null))
);
comment on table service_offer is 'A service that somebody was offered; words under the key of the case.';
comment on column service_offer.entry_id is 'The record of the need (person_entry).';
create index on service_offer (case_id, offered_on desc, id desc);
create index on service_offer (case_id, person_id) where state in ('offered', 'accepted');
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on service_offer for select using ({_SEEN});
create policy made on service_offer for insert with check ({_SEEN});
create policy changed on service_offer for update using ({_SEEN}) with check (true);
"""


def upgrade() -> None:
    moving = "state, answered_on, begun_on, ended_on, reason, version"
    execute(_TABLE + schema.grants("service_offer", app=f"select, insert, update ({moving})"))
    execute(schema.row_security("service_offer") + _POLICIES)
