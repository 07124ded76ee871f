"""What support persons do: the log of contacts, written once a version, and reports by period."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0056"
down_revision = "0055"

_TABLES = """
create table support_contact (
    id uuid not null,
    version integer not null check (version > 0),
    case_id uuid not null references marac_case (id) on delete cascade,
    assignment_id uuid not null references support_assignment (id) on delete cascade,
    happened_on date not null,
    channel text not null,
    kind text not null,
    outcome text not null,
    minutes integer not null check (minutes between 0 and 1440),
    retracted text,
    sealed bytea,
    recorded_by text not null,
    recorded_at timestamptz not null,
    primary key (id, version),
    check ((sealed is null) = (retracted is not null)),
    check (retracted is null or version > 1)
);
comment on table support_contact is 'Never changed, only followed by the next version; the last one holds.';
create index on support_contact (case_id, happened_on desc, id desc);

create table support_report (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    assignment_id uuid not null references support_assignment (id) on delete cascade,
    since date not null,
    until date not null check (until >= since),
    state text not null check (state in ('submitted', 'returned', 'accepted')),
    contacts integer not null check (contacts >= 0),
    minutes integer not null check (minutes >= 0),
    reason text,
    version integer not null check (version > 0),
    content_version integer not null check (content_version between 1 and version),
    submitted_by text not null,
    submitted_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    sealed bytea not null,
    unique (assignment_id, since),
    check ((state = 'submitted') = (decided_by is null)),
    check ((decided_by is null) = (decided_at is null)),
    check ((state = 'returned') = (reason is not null))
);
comment on table support_report is 'What a support person told of a period; words under the key of the case.';
create unique index support_report_one on support_report (assignment_id) where state <> 'accepted';
create index on support_report (case_id, until desc, id desc);
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on support_contact for select using ({_SEEN});
create policy made on support_contact for insert with check ({_SEEN});
create policy seen on support_report for select using ({_SEEN});
create policy made on support_report for insert with check ({_SEEN});
create policy changed on support_report for update using ({_SEEN}) with check (true);
"""


def upgrade() -> None:
    changing = (
        "state, contacts, minutes, reason, version, content_version, submitted_by, submitted_at, decided_by, "
        "decided_at, sealed"
    )
    execute(_TABLES + schema.grants("support_contact", app="select, insert"))
    execute(schema.grants("support_report", app=f"select, insert, update ({changing})"))
    execute(schema.row_security("support_contact") + schema.row_security("support_report") + _POLICIES)
