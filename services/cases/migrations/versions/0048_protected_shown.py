"""What must not get out is found by the ids of the cases that are shown as well.

Words about a case stand also under other keys than the case's, such as why somebody broke the glass.
"""

from services.kit.migrate import execute

revision = "0048"
down_revision = "0047"

_FUNCTION = """
drop function kept_from_others(uuid[], text[]);
create function kept_from_others(keys uuid[], shown uuid[], whose text[])
returns table (
    key_id uuid, wrapped bytea, region text, agencies text[], marked boolean, id uuid, version integer,
    sealed bytea
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    with meant as (
        select r.id from public.referral r where r.key_id = any (keys)
        union
        select r.id from public.referral r where r.case_id = any (shown)
        union
        select r.id from public.referral r where r.id = any (shown)
    ), held as (
        select r.id, r.key_id, k.wrapped, r.case_id, coalesce(c.region, r.region) as region, array(
            select a.agency || '@' || a.region from public.case_agency a where a.case_id = r.case_id
        ) as agencies
        from meant m join public.referral r on r.id = m.id
        join public.data_key k on k.id = r.key_id and k.wrapped is not null
        left join public.marac_case c on c.id = r.case_id
    )
    select h.key_id, h.wrapped, h.region, h.agencies, true, e.id, e.version, e.sealed
    from held h join public.person_entry e on e.case_id = h.case_id
    where e.protected and e.sealed is not null
    and not exists (select from public.person_entry f where f.id = e.id and f.retracted is not null)
    union all
    select h.key_id, h.wrapped, h.region, h.agencies, false, p.id, p.version, p.sealed
    from held h join public.participation p on p.referral_id = h.id
    where p.role = any (whose)
$$;
comment on function kept_from_others is 'Sealed values that must not reach everybody, by key and case.';
revoke all on function kept_from_others(uuid[], uuid[], text[]) from public;
"""


def upgrade() -> None:
    execute(_FUNCTION)
    execute(
        """
        do $do$ begin execute format(
            'grant execute on function kept_from_others(uuid[], uuid[], text[]) to %I',
            current_database() || '_app'
        ); end $do$;
        """
    )
