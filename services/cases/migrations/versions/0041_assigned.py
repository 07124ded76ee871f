"""A support person's right to the own case: it lasts while the assignment and the contract do."""

from services.kit.migrate import execute

revision = "0041"
down_revision = "0040"

_FUNCTION = """
create function assigned_to(subjects text[]) returns setof uuid language sql stable rows 3 security definer
set search_path = pg_catalog, public, pg_temp as $$
    select a.case_id from public.support_person s
    join public.support_assignment a on a.support_person_id = s.id and a.state = 'active',
        lateral (select (public.moment() at time zone 'Europe/Tallinn')::date) t (today)
    where s.subject = any (subjects) and a.started_on <= t.today
      and s.contract_from <= t.today and (s.contract_to is null or s.contract_to > t.today)
$$;
comment on function assigned_to is 'The cases by whose victims support persons stand today, under contract.';
revoke all on function assigned_to(text[]) from public;
"""
_ASSIGNED = "(select told('assigned'))"
_POLICIES = f"""
create policy assigned on referral for select
    using ({_ASSIGNED} <> '{{}}' and case_id in (select assigned_to({_ASSIGNED})));
create policy assigned on marac_case for select
    using ({_ASSIGNED} <> '{{}}' and id in (select assigned_to({_ASSIGNED})));
"""


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_FUNCTION)
    execute(_for_role("grant execute on function assigned_to(text[]) to %I", "app"))
    execute(_POLICIES)
    execute(
        _for_role("create policy read_by_functions on support_person for select to %I using (true)", "owner")
    )
