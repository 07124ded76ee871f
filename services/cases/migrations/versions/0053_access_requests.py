"""Requests of people who want to know what is kept of them, and what was decided about each."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0053"
down_revision = "0052"

_TABLE = """
create table access_request (
    id uuid primary key,
    region text not null,
    key_id uuid not null references data_key (id),
    person_sealed bytea not null,
    received_on date not null,
    recorded_on date not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    state text not null check (state in ('received', 'granted', 'partly', 'restricted', 'exported')),
    withheld text[] not null default '{}',
    ground text check (ground ~ '^[a-z][a-z0-9-]{0,39}$'),
    reason_sealed bytea,
    restricted_on date,
    restricted_until date,
    decided_by text,
    decided_at timestamptz,
    exported_by text,
    exported_at timestamptz,
    version integer not null default 1 check (version > 0),
    check (num_nonnulls(decided_by, decided_at) in (0, 2)),
    check ((state = 'received') = (decided_by is null)),
    check (num_nonnulls(ground, reason_sealed, restricted_until) in (0, 3)),
    check (ground is null or restricted_on is not null),
    check (state not in ('partly', 'restricted') or ground is not null),
    check (state not in ('received', 'granted') or ground is null),
    check (state <> 'partly' or withheld <> '{}'),
    check (ground is not null or withheld = '{}'),
    constraint access_request_three_years check (
        restricted_until > restricted_on and restricted_until <= restricted_on + interval '3 years'
    ),
    check (num_nonnulls(exported_by, exported_at) in (0, 2)),
    check ((state = 'exported') = (exported_by is not null))
);
comment on table access_request is 'GDPR Art. 15: whose it is stands sealed; what was decided, in clear.';
comment on column access_request.restricted_on is 'Of the first restriction: three years run from it.';
create index on access_request (region, recorded_on desc, id desc);
create index on access_request (region, restricted_until) where restricted_until is not null;
"""
# What hangs on a case goes with it, when it is erased.
_CASCADE = """
alter table child_decision drop constraint child_decision_number_fkey;
alter table child_decision add constraint child_decision_number_fkey
    foreign key (number) references participation (id) on delete cascade;
"""
_REACHED = "(select told('same_region')) && array[region]"
_EXPORT = "(select fact('operation')) = 'export_access_request'"
_POLICIES = f"""
create policy seen on access_request for select using ({_REACHED});
create policy made on access_request for insert with check ({_REACHED});
create policy changed on access_request for update using ({_REACHED}) with check (true);
create policy requested on person_index for select using ({_EXPORT});
create policy exported on disclosure for insert with check ({_EXPORT});
"""


def upgrade() -> None:
    execute(_CASCADE)
    deciding = (
        "state, withheld, ground, reason_sealed, restricted_on, restricted_until, decided_by, decided_at,"
        " exported_by, exported_at, version"
    )
    execute(_TABLE + schema.grants("access_request", app=f"select, insert, update ({deciding})"))
    execute(schema.row_security("access_request") + _POLICIES)
