"""Members of the networks and their appointments."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0003"
down_revision = "0002"

_MEMBERS = """
create table member (
    id uuid primary key,
    subject text not null unique,
    created_at timestamptz not null
);
comment on column member.subject is 'What tokens call the member; opaque.';

create table appointment (
    id uuid primary key,
    member_id uuid not null references member (id),
    role text not null check (role in ('coordinator', 'agency-member', 'chair', 'support-person',
        'programme-officer', 'auditor', 'operator')),
    region text,
    agency text,
    valid_from date not null,
    valid_to date,
    author text not null,
    created_at timestamptz not null,
    check (valid_to is null or valid_to > valid_from),
    check ((role in ('coordinator', 'chair', 'agency-member', 'support-person')) = (region is not null)),
    check ((role = 'agency-member') = (agency is not null))
);
comment on column appointment.valid_to is 'The first day on which it no longer holds.';
create index on appointment (member_id);
"""


def upgrade() -> None:
    execute(_MEMBERS + schema.grants("member", app="select, insert"))
    execute(schema.grants("appointment", app="select, insert, update (valid_to)"))
