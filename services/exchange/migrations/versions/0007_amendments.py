"""What a sender does about a referral is a message of the inbox, behind the one that brought the referral."""

from services.kit.migrate import execute

revision = "0007"
down_revision = "0006"

_INBOX = """
alter table inbox
    add column about text check (about ~ '^TV(-[0-9A-HJKMNP-TV-Z]{4}){4}-[0-9A-HJKMNP-TV-Z]$'),
    drop constraint inbox_status_check,
    add constraint inbox_status_check check (status in
        ('RECEIVED', 'AWAITING_SCREENING', 'ACCEPTED', 'DECLINED', 'REDIRECTED', 'WITHDRAWN')),
    add constraint inbox_about_is_behind check ((operation = 'submit_referral') = (about is null));
comment on column inbox.about is 'The reference of the referral that it is about; none when it brings one.';
"""


def upgrade() -> None:
    execute(_INBOX)
