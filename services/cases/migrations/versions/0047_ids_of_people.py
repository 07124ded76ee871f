"""The ids of several people at once, for what looks for people in all regions and hears nothing but ids."""

from services.kit.migrate import execute

revision = "0047"
down_revision = "0046"

# As the owner, who reads the merges without asking for each whether both people are seen.
_IDS_OF = """
create function ids_of(people uuid[]) returns table (of uuid, id uuid, has_code boolean)
language sql stable rows 10 security definer set search_path = pg_catalog, public, pg_temp as $$
    with recursive same (of, id) as (
        select asked, asked from unnest(people) as asked
        union
        select s.of, case when m.one = s.id then m.other else m.one end
        from same s join public.person_merge m on m.state = 'merged' and (m.one = s.id or m.other = s.id)
        where public.fact('operation') in (
            'take_referral', 'enter_referral', 'correct_referral', 'add_case_person',
            'take_incident', 'find_repeats', 'ask_flag'
        )
    )
    select same.of, same.id, exists (
        select from public.person_index i where i.kind = 'personal-code' and i.person_id = same.id
    ) from same
$$;
comment on function ids_of is 'The ids of each person for what looks in all regions, else the same ids.';
revoke all on function ids_of(uuid[]) from public;
do $do$ begin
    execute format('grant execute on function ids_of(uuid[]) to %I', current_database() || '_app');
end $do$;
drop function all_ids(uuid);
"""
_SEEN_IDS_OF = """
create function seen_ids_of(people uuid[]) returns table (of uuid, id uuid)
language sql stable rows 10 as $$
    with recursive same (of, id) as (
        select asked, asked from unnest(people) as asked
        union
        select s.of, case when m.one = s.id then m.other else m.one end
        from same s join person_merge m on m.state = 'merged' and (m.one = s.id or m.other = s.id)
    )
    select of, id from same
$$;
comment on function seen_ids_of is 'The ids of each person, as far as whoever asks may see the merges.';
"""


def upgrade() -> None:
    execute(_IDS_OF + _SEEN_IDS_OF)
