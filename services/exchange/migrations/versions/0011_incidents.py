"""A report of a new incident is a message of the inbox of its own, behind no referral."""

from services.kit.migrate import execute

revision = "0011"
down_revision = "0010"

_INBOX = """
alter table inbox
    drop constraint inbox_about_is_behind,
    add constraint inbox_about_is_behind check (
        (operation in ('submit_referral', 'report_incident')) = (about is null)
    );
comment on table inbox is 'Every message that fits schema and rules, as it came, sealed under its own key.';
"""


def upgrade() -> None:
    execute(_INBOX)
