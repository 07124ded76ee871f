"""What agencies know for a meeting: one question to each about a case, and every answer."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0031"
down_revision = "0030"

_TABLES = """
create table research_request (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    agenda_item_id uuid not null,
    meeting_id uuid not null,
    region text not null,
    agency text not null,
    state text not null check (state in ('asked', 'relevant', 'nothing-known')),
    asked_at timestamptz not null,
    asked_by text not null,
    due_on date not null,
    people_sealed bytea not null,
    answered_at timestamptz,
    version integer not null default 1 check (version > 0),
    foreign key (agenda_item_id, case_id) references agenda_item (id, case_id),
    foreign key (meeting_id, region) references meeting (id, region),
    unique (agenda_item_id, agency),
    unique (id, case_id),
    check ((state = 'asked') = (answered_at is null))
);
comment on column research_request.people_sealed is 'Names and birth dates, nothing of the story.';
create index on research_request (region, due_on, id);
create index on research_request (agency, region, due_on, id);
create index on research_request (case_id);

create table research_answer (
    request_id uuid not null,
    case_id uuid not null,
    version integer not null check (version > 1),
    known text not null check (known in ('relevant', 'nothing-known')),
    text_sealed bytea,
    answered_at timestamptz not null,
    answered_by text not null,
    primary key (request_id, version),
    foreign key (request_id, case_id) references research_request (id, case_id),
    check ((known = 'relevant') = (text_sealed is not null))
);
comment on table research_answer is 'What was told stays; a later answer stands beside it.';
"""
# Who is asked about a case reads the question, of a case that is otherwise not the agency's to see: the
# function says which these are, past the policies that would ask for the case again.
_FUNCTION = """
create function asked_of(held text[]) returns setof uuid language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select q.case_id from public.research_request q where q.agency || '@' || q.region = any (held)
$$;
comment on function asked_of is 'The cases about which agencies were asked.';
revoke all on function asked_of(text[]) from public;
"""
_OWN = """
    ((select told('same_region')) && array[region]
     or (select told('own_agency')) && array[agency || '@' || region])
"""
_CASE = "exists (select from marac_case c where c.id = case_id)"
_ANSWERING = "('list_research_requests', 'get_research_request', 'answer_research_request')"
_TO_OWNER = "on research_request for select to %I using (true)"
_POLICIES = f"""
create policy seen on research_request for select using ({_OWN} and {_CASE});
create policy made on research_request for insert with check ({_OWN} and {_CASE});
create policy changed on research_request for update using ({_OWN} and {_CASE}) with check (true);
create policy seen on research_answer for select using (
    exists (select from research_request q where q.id = request_id)
);
create policy made on research_answer for insert with check (
    exists (select from research_request q where q.id = request_id)
);
create policy asked on marac_case for select using (
    (select fact('operation')) in {_ANSWERING} and id in (select asked_of((select told('own_agency'))))
);
"""


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_TABLES + _FUNCTION)
    execute(_for_role("grant execute on function asked_of(text[]) to %I", "app"))
    execute(schema.grants("research_request", app="select, insert, update (state, answered_at, version)"))
    execute(schema.grants("research_answer", app="select, insert"))
    for table in ("research_request", "research_answer"):
        execute(schema.row_security(table))
    execute(_POLICIES)
    execute(
        _for_role(
            "create policy read_by_functions on research_request for select to %I using (true)", "owner"
        )
    )
