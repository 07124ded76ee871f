"""What the police tell of call-outs about the people in a referral, and the grounds that follow."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0011"
down_revision = "0010"

# Referrals that are here already are not asked about: their screening is over or under way. Of those to come
# each waits for the answer from its first moment, without a word of the statement that writes it.
_COLUMNS = """
alter table referral
    add column grounds_found text[] not null default '{}' check (grounds_found <@ array[
        'visible-high-risk', 'professional-judgement', 'potential-escalation', 'repeat'
    ]),
    add column callouts_state text not null default 'not-needed' check (callouts_state in
        ('waiting', 'known', 'refused', 'not-needed', 'not-possible')),
    add column callouts_tries integer not null default 0 check (callouts_tries >= 0),
    add column callouts_due_at timestamptz,
    add column callouts_at timestamptz,
    add column callouts_rule text,
    add column callouts_sealed bytea,
    add check ((callouts_state = 'waiting') = (callouts_due_at is not null)),
    add check ((callouts_state = 'known') = (callouts_sealed is not null)),
    add check ((callouts_sealed is null) = (callouts_rule is null));
alter table referral
    alter column callouts_state set default 'waiting',
    alter column callouts_due_at set default now();
comment on column referral.grounds_found is
    'Grounds that we found ourselves, beside those that the sender told.';
create index on referral (callouts_due_at) where callouts_state = 'waiting';
"""
_CHANGING = (
    "grounds_found, callouts_state, callouts_tries, callouts_due_at, callouts_at, callouts_rule, "
    "callouts_sealed"
)
_POLICY = """
alter policy made on disclosure
    with check ((select fact('operation')) in ('get_child_notice', 'ask_call_outs'));
"""


def upgrade() -> None:
    execute(_COLUMNS + _POLICY)
    execute(schema.grants("referral", app=f"update ({_CHANGING})", auditor=""))
