"""What meetings said of cases: a record for each case and meeting, in every version."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0033"
down_revision = "0032"

_TABLES = """
create table discussion (
    agenda_item_id uuid primary key,
    case_id uuid not null references marac_case (id),
    meeting_id uuid not null references meeting (id),
    state text not null check (state in ('draft', 'closed')),
    version integer not null check (version > 0),
    closed_at timestamptz,
    closed_by text,
    foreign key (agenda_item_id, case_id) references agenda_item (id, case_id),
    unique (agenda_item_id, case_id),
    check ((state = 'closed') = (closed_at is not null)),
    check ((closed_at is null) = (closed_by is null))
);
create index on discussion (case_id);
create index on discussion (meeting_id);

create table discussion_version (
    agenda_item_id uuid not null,
    case_id uuid not null,
    version integer not null check (version > 0),
    sealed bytea not null,
    written_at timestamptz not null,
    written_by text not null,
    primary key (agenda_item_id, version),
    foreign key (agenda_item_id, case_id) references discussion (agenda_item_id, case_id)
);
comment on table discussion_version is 'Written once: a later version stands beside the earlier ones.';
"""
_CASE = "exists (select from marac_case c where c.id = case_id)"
# Who has not signed for the meeting is shown nothing of what it said, whatever the right.
_SIGNED = """
    exists (select from meeting_signature s
            where s.meeting_id = discussion.meeting_id and s.subject = (select fact('actor')))
"""
_OF_DISCUSSION = (
    "exists (select from discussion d where d.agenda_item_id = discussion_version.agenda_item_id)"
)
_POLICIES = f"""
create policy seen on discussion for select using ({_CASE});
create policy made on discussion for insert with check ({_CASE});
create policy changed on discussion for update using ({_CASE}) with check (true);
create policy signed on discussion as restrictive using ({_SIGNED}) with check ({_SIGNED});
create policy seen on discussion_version for select using ({_OF_DISCUSSION});
create policy made on discussion_version for insert with check ({_OF_DISCUSSION});
"""


def upgrade() -> None:
    execute(_TABLES)
    moving = "state, version, closed_at, closed_by"
    execute(schema.grants("discussion", app=f"select, insert, update ({moving})"))
    execute(schema.grants("discussion_version", app="select, insert"))
    for table in ("discussion", "discussion_version"):
        execute(schema.row_security(table))
    execute(_POLICIES)
