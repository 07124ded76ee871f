"""Duties: what waits for whom, by when."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0016"
down_revision = "0015"

_DUTY = """
create table duty (
    id uuid primary key,
    clock text not null check (clock ~ '^[a-z][a-z0-9-]{0,40}$'),
    thing text not null check (thing ~ '^[a-z][a-z-]{0,30}$'),
    thing_id uuid not null,
    referral_id uuid references referral (id),
    case_id uuid references marac_case (id),
    region text not null,
    role text not null,
    agency text,
    member_id uuid references member (id),
    recorded_on date not null,
    due_on date not null,
    warn_on date,
    escalate_on date,
    state text not null default 'open' check (state in ('open', 'done', 'dropped')),
    settled_on date,
    settled_by text,
    check ((referral_id is null) <> (case_id is null)),
    check ((state = 'open') = (settled_on is null)),
    check ((settled_on is null) = (settled_by is null)),
    check (warn_on <= due_on),
    check (escalate_on > due_on)
);
comment on table duty is 'What waits for whom, by when: no content, the thing itself has its own rights.';
comment on column duty.due_on is 'The last day on which it is in time, in Estonia.';
comment on column duty.escalate_on is 'The day from which the coordinator sees it as well.';
create unique index on duty (thing_id, clock, agency, member_id) nulls not distinct where state = 'open';
create index on duty (region, due_on, id) where state = 'open';
create index on duty (region, due_on, id) where state = 'done';
create index on duty (referral_id) where referral_id is not null;
create index on duty (case_id) where case_id is not null;
"""
_SEEN = """
    exists (select from referral r where r.id = referral_id)
    or exists (select from marac_case c where c.id = case_id)
"""
_POLICIES = f"""
create policy seen on duty for select using ({_SEEN});
create policy made on duty for insert with check ({_SEEN});
create policy changed on duty for update using ({_SEEN}) with check (true);
"""


def upgrade() -> None:
    rights = (
        "select, insert, update (state, settled_on, settled_by, due_on, warn_on, escalate_on, "
        "role, agency, member_id)"
    )
    execute(_DUTY + schema.grants("duty", app=rights))
    execute(schema.row_security("duty") + _POLICIES)
