"""What must not get out is found by the key that seals it, whoever asks, for the disclosure guard."""

from services.kit.migrate import execute

revision = "0045"
down_revision = "0044"

# Who reads an answer may see less of a case than what must be kept from them: the function says which sealed
# values these are, past the policies. It gives nothing that can be read without the case's key, which only
# who has seen a row of the case in the same transaction has opened.
_FUNCTION = """
create function kept_from_others(keys uuid[], whose text[])
returns table (
    key_id uuid, region text, agencies text[], marked boolean, id uuid, version integer, sealed bytea
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    with held as (
        select r.id, r.key_id, r.case_id, coalesce(c.region, r.region) as region, array(
            select a.agency || '@' || a.region from public.case_agency a where a.case_id = r.case_id
        ) as agencies
        from public.referral r left join public.marac_case c on c.id = r.case_id where r.key_id = any (keys)
    )
    select h.key_id, h.region, h.agencies, true, e.id, e.version, e.sealed
    from held h join public.person_entry e on e.case_id = h.case_id
    where e.protected and e.sealed is not null
    and not exists (select from public.person_entry f where f.id = e.id and f.retracted is not null)
    union all
    select h.key_id, h.region, h.agencies, false, p.id, p.version, p.sealed
    from held h join public.participation p on p.referral_id = h.id
    where p.role = any (whose)
$$;
comment on function kept_from_others is 'Sealed values that must not reach everybody, by key.';
revoke all on function kept_from_others(uuid[], text[]) from public;
create index on referral (key_id);
create index on person_entry (case_id) where protected;
"""


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_FUNCTION)
    execute(_for_role("grant execute on function kept_from_others(uuid[], text[]) to %I", "app"))
    for table in ("marac_case", "person_entry"):
        policy = f"create policy read_by_functions on {table} for select to %I using (true)"
        execute(_for_role(policy, "owner"))
