"""Incidents in a case that would be repeats, and what became of them."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0034"
down_revision = "0033"

_PROPOSAL = """
create table repeat_proposal (
    id uuid primary key references incident (id),
    case_id uuid not null references marac_case (id),
    definition text not null,
    definition_version text not null,
    earlier_id uuid not null references referral (id),
    counted_from date not null,
    until date not null,
    proposed_on date not null,
    state text not null default 'proposed'
        check (state in ('proposed', 'referred', 'declined', 'dropped')),
    referral_id uuid references referral (id),
    reason text,
    decided_at timestamptz,
    decided_by text,
    version integer not null default 1 check (version > 0),
    check (until > counted_from),
    check ((state = 'referred') = (referral_id is not null)),
    check ((state = 'declined') = (reason is not null)),
    check ((state = 'proposed') = (decided_at is null)),
    check ((decided_at is null) = (decided_by is null)),
    check (referral_id <> earlier_id)
);
comment on table repeat_proposal is 'A further incident is to be referred again, or it is said why not.';
create index on repeat_proposal (case_id, proposed_on desc, id desc);
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on repeat_proposal for select using ({_SEEN});
create policy made on repeat_proposal for insert with check ({_SEEN});
create policy changed on repeat_proposal for update using ({_SEEN}) with check (true);
"""


def upgrade() -> None:
    deciding = "state, referral_id, reason, decided_at, decided_by, version"
    execute(_PROPOSAL + schema.grants("repeat_proposal", app=f"select, insert, update ({deciding})"))
    execute(schema.row_security("repeat_proposal") + _POLICIES)
