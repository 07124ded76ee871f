"""Where a referral was redirected to."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0030"
down_revision = "0029"

_REFERRAL = """
alter table referral
    add column redirected_to text check (redirected_to ~ '^[a-z][a-z0-9-]{0,40}$'),
    add constraint referral_redirected check (redirected_to is null or state = 'redirected');
comment on column referral.redirected_to is 'A region or a service, as the reason asks for.';
"""


def upgrade() -> None:
    execute(_REFERRAL + schema.grants("referral", app="update (redirected_to)", auditor=""))
