"""Safety plans, and what they were before each change."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0029"
down_revision = "0028"

_COLUMNS = """
    part_id uuid references participation (id),
    state text not null check (state in ('draft', 'agreed', 'ended')),
    agreed_on date,
    agreed_version integer,
    review_on date,
    reason text,
    version integer not null check (version > 0),
    content_version integer not null check (content_version between 1 and version),
    changed_at timestamptz not null,
    changed_by text not null,
    sealed bytea not null,
    check ((agreed_on is null) = (agreed_version is null)),
    check (agreed_version between 1 and content_version),
    check (state <> 'agreed' or agreed_version = content_version),
    check (state <> 'agreed' or review_on > agreed_on),
    check ((state = 'ended') = (reason is not null))
"""
_TABLES = f"""
create table safety_plan (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    {_COLUMNS}
);
comment on table safety_plan is 'What to do when it becomes dangerous; words under the key of the case.';
comment on column safety_plan.part_id is 'For whom in the case; null: the whole family.';
create unique index safety_plan_one on safety_plan (case_id, part_id) nulls not distinct
    where state <> 'ended';
create index on safety_plan (case_id);

create table safety_plan_version (
    version_id uuid primary key,
    id uuid not null references safety_plan (id),
    case_id uuid not null references marac_case (id),
    {_COLUMNS},
    replaced_at timestamptz not null,
    replaced_by text not null,
    unique (id, version)
);
comment on table safety_plan_version is 'What a plan was before a change; sealed as it was there.';
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on safety_plan for select using ({_SEEN});
create policy made on safety_plan for insert with check ({_SEEN});
create policy changed on safety_plan for update using ({_SEEN}) with check (true);
create policy seen on safety_plan_version for select using ({_SEEN});
create policy made on safety_plan_version for insert with check ({_SEEN});
"""


def upgrade() -> None:
    changing = (
        "state, agreed_on, agreed_version, review_on, reason, version, content_version, changed_at, "
        "changed_by, sealed"
    )
    execute(_TABLES + schema.grants("safety_plan", app=f"select, insert, update ({changing})"))
    execute(schema.grants("safety_plan_version", app="select, insert"))
    execute(schema.row_security("safety_plan") + schema.row_security("safety_plan_version") + _POLICIES)
