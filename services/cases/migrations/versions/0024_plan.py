"""The action plan: actions of a case, and what they were before each change."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0024"
down_revision = "0023"

_STATE = "state in ('proposed', 'volunteered', 'assigned', 'done', 'not-done', 'closed', 'cancelled')"
_ACTION = f"""
create table plan_action (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    state text not null check ({_STATE}),
    agency text,
    member_id uuid references member (id),
    due_on date not null,
    meeting_id uuid,
    declined text[] not null,
    reason text,
    reviews integer not null check (reviews >= 0),
    version integer not null check (version > 0),
    content_version integer not null check (content_version between 1 and version),
    outcome_version integer check (outcome_version between 2 and version),
    proposed_on date not null,
    proposed_by text not null,
    changed_at timestamptz not null,
    sealed bytea not null,
    outcome_sealed bytea,
    check (agency is not null or state in ('proposed', 'cancelled')),
    check (member_id is null or agency is not null),
    check (reason is not null or state not in ('not-done', 'cancelled')),
    check (reason is null or state in ('not-done', 'cancelled', 'closed')),
    check ((outcome_version is null) = (outcome_sealed is null)),
    check (state <> 'done' or outcome_sealed is not null)
);
comment on table plan_action is 'Who does what by when; the words are sealed under the key of the case.';
comment on column plan_action.declined is 'Agencies that said no; why is in the steps of the case.';
create index on plan_action (case_id, due_on, id);
create index on plan_action (due_on, id) where state in ('volunteered', 'assigned');

create table plan_action_version (
    id uuid primary key,
    action_id uuid not null references plan_action (id),
    case_id uuid not null references marac_case (id),
    version integer not null check (version > 0),
    state text not null check ({_STATE}),
    agency text,
    member_id uuid,
    due_on date not null,
    content_version integer not null,
    outcome_version integer,
    sealed bytea not null,
    outcome_sealed bytea,
    replaced_at timestamptz not null,
    replaced_by text not null,
    unique (action_id, version)
);
comment on table plan_action_version is 'What an action was before a change; sealed as it was there.';
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"


def _of_case(value: str) -> str:
    return f"array[{value}, {value} || '#' || c.state]"


# The coordinator changes every action of the region; an agency its own, and takes one that nobody has.
_CHANGED = f"""
    exists (select from marac_case c where c.id = case_id and (
        (select told('same_region')) && {_of_case("c.region")}
        or agency is null
        or (select told('own_agency')) && {_of_case("agency || '@' || c.region")}
    ))
"""
_POLICIES = f"""
create policy seen on plan_action for select using ({_SEEN});
create policy made on plan_action for insert with check ({_SEEN});
create policy changed on plan_action for update using ({_CHANGED}) with check (true);
create policy seen on plan_action_version for select using ({_SEEN});
create policy made on plan_action_version for insert with check ({_SEEN});
"""


def upgrade() -> None:
    changing = (
        "state, agency, member_id, due_on, meeting_id, declined, reason, reviews, version, content_version, "
        "outcome_version, changed_at, sealed, outcome_sealed"
    )
    execute(_ACTION + schema.grants("plan_action", app=f"select, insert, update ({changing})"))
    execute(schema.grants("plan_action_version", app="select, insert"))
    execute(schema.row_security("plan_action") + schema.row_security("plan_action_version") + _POLICIES)
