"""KKS: measures that keep the threatening person away, and the calls to the victim that follow."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0057"
down_revision = "0056"

_TABLES = """
create table removal (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    person_id uuid not null references person (id),
    ordered_at timestamptz not null,
    ends_at timestamptz check (ends_at > ordered_at),
    referral_id uuid references referral (id) on delete cascade,
    state text not null default 'in-force' check (state in ('in-force', 'ended')),
    ended_on date,
    reason text,
    extended integer not null default 0 check (extended >= 0),
    version integer not null default 1 check (version > 0),
    sealed bytea not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    unique (id, case_id),
    check ((state = 'ended') = (ended_on is not null)),
    check ((ended_on is null) = (reason is null))
);
comment on table removal is 'That he is kept away, and until when; which measure it is, is sealed.';
create index on removal (case_id, ordered_at desc, id desc);

create table removal_contact (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    removal_id uuid not null,
    contacted_at timestamptz not null,
    outcome text not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    foreign key (removal_id, case_id) references removal (id, case_id) on delete cascade
);
comment on table removal_contact is 'The victim was called because of a measure, or somebody tried to.';
create index on removal_contact (case_id, contacted_at, id);
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on removal for select using ({_SEEN});
create policy made on removal for insert with check ({_SEEN});
create policy changed on removal for update using ({_SEEN}) with check (true);
create policy seen on removal_contact for select using ({_SEEN});
create policy made on removal_contact for insert with check ({_SEEN});
"""


def upgrade() -> None:
    moving = "ends_at, state, ended_on, reason, extended, version"
    execute(_TABLES + schema.grants("removal", app=f"select, insert, update ({moving})"))
    execute(schema.grants("removal_contact", app="select, insert"))
    execute(schema.row_security("removal") + schema.row_security("removal_contact") + _POLICIES)
