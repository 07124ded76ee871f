"""A sender may withdraw a referral: a state of its own before a decision, a note beside it after one."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0009"
down_revision = "0008"

_REFERRAL = """
alter table referral
    add column withdrawn_at timestamptz,
    add column withdrawal_reason text,
    drop constraint referral_state_check,
    add constraint referral_state_check check (state in
        ('received', 'awaiting-screening', 'accepted', 'declined', 'redirected', 'withdrawn')),
    add constraint referral_withdrawal check ((withdrawn_at is null) = (withdrawal_reason is null)),
    add constraint referral_withdrawn check (state <> 'withdrawn' or withdrawn_at is not null),
    add constraint referral_withdrawn_by_sender check (withdrawn_at is null or sender is not null);
comment on column referral.withdrawn_at is 'When its sender withdrew it; a decision before that stands.';
"""


def upgrade() -> None:
    execute(_REFERRAL)
    execute(schema.grants("referral", app="update (withdrawn_at, withdrawal_reason)", auditor=""))
