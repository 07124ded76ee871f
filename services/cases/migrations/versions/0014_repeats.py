"""Whether a referral is a repeat: what waits to be looked at, and what each definition says."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0014"
down_revision = "0013"

# Referrals that are here already are looked at, too: figures of repeats reach back to them.
_COLUMNS = """
alter table referral
    add column repeats_state text not null default 'waiting' check (repeats_state in ('waiting', 'known')),
    add column repeats_due_at timestamptz default now(),
    add column repeats_at timestamptz,
    add constraint referral_repeats_due check ((repeats_state = 'waiting') = (repeats_due_at is not null));
create index on referral (repeats_due_at) where repeats_state = 'waiting';
"""
_REPEAT = """
create table referral_repeat (
    referral_id uuid not null references referral (id),
    definition text not null,
    definition_version text not null,
    verdict text not null check (verdict in ('yes', 'no', 'unknown')),
    earlier_id uuid references referral (id),
    counted_from date,
    until date,
    position bigint not null check (position > 0),
    found_at timestamptz not null,
    primary key (referral_id, definition),
    check (num_nonnulls(earlier_id, counted_from, until) in (0, 3)),
    check (verdict = 'no' or earlier_id is not null),
    check (earlier_id <> referral_id),
    check (until > counted_from)
);
comment on table referral_repeat is 'What each published definition of a repeat says of a referral.';
create index on referral_repeat (earlier_id) where earlier_id is not null;
"""
_POLICIES = """
create policy seen on referral_repeat for select using (
    exists (select from referral r where r.id = referral_id)
);
create policy made on referral_repeat for insert with check ((select fact('operation')) = 'find_repeats');
create policy renewed on referral_repeat for delete using ((select fact('operation')) = 'find_repeats');
"""


def upgrade() -> None:
    changing = "repeats_state, repeats_due_at, repeats_at"
    execute(_COLUMNS + schema.grants("referral", app=f"update ({changing})", auditor=""))
    execute(_REPEAT + schema.grants("referral_repeat", app="select, insert, delete"))
    execute(schema.row_security("referral_repeat") + _POLICIES)
