"""Transfers of cases between networks: proposed by one, effective when the other takes it."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0049"
down_revision = "0048"

_TRANSFER = """
create table transfer (
    id uuid primary key,
    case_id uuid not null references marac_case (id) on delete cascade,
    from_region text not null,
    to_region text not null check (to_region <> from_region),
    state text not null default 'proposed' check (state in ('proposed', 'accepted', 'refused', 'withdrawn')),
    kind text not null,
    reason text not null,
    moves_on date,
    proposed_on date not null,
    proposed_at timestamptz not null,
    proposed_by text not null,
    decided_on date,
    decided_at timestamptz,
    decided_by text,
    decision_reason text,
    key_id uuid not null references data_key (id),
    sealed bytea not null,
    package_sealed bytea,
    version integer not null default 1 check (version > 0),
    check ((state = 'proposed') = (decided_at is null)),
    check (num_nonnulls(decided_on, decided_at, decided_by) in (0, 3)),
    check ((state in ('refused', 'withdrawn')) = (decision_reason is not null)),
    check ((state = 'accepted') = (package_sealed is not null))
);
comment on table transfer is 'A case goes from one network to another when the other takes it.';
comment on column transfer.key_id is 'The case''s: who is asked to take it reads this before the case.';
create unique index transfer_one on transfer (case_id) where state = 'proposed';
create index on transfer (case_id, proposed_on desc, id desc);
create index on transfer (from_region, proposed_on desc, id desc);
create index on transfer (to_region, proposed_on desc, id desc);

alter table referral add column referred_in text;
comment on column referral.referred_in is 'Where it was referred, when its case has gone to another region.';

alter table flag_alarm drop constraint flag_alarm_case_id_region_fkey;
alter table flag_alarm add foreign key (case_id, region)
    references marac_case (id, region) on delete cascade on update cascade;
alter table access_report drop constraint access_report_case_id_region_fkey;
alter table access_report add foreign key (case_id) references marac_case (id) on delete cascade;
comment on column access_report.region is 'Whose case it was then: a report stays with whom it was made to.';
"""
# Who is asked to take a case decides before it is theirs: the function says which these are, past the
# policies that would ask for the case again.
_FUNCTIONS = """
create function coming_to(regions text[]) returns setof uuid language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select t.case_id from public.transfer t where t.state = 'proposed' and t.to_region = any (regions)
$$;
comment on function coming_to is 'The cases that regions are asked to take.';
revoke all on function coming_to(text[]) from public;

create or replace function asked_of(held text[]) returns setof uuid language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select q.case_id from public.research_request q
    join public.referral r on r.case_id = q.case_id and r.region = q.region
    where q.agency || '@' || q.region = any (held)
$$;
comment on function asked_of is 'The cases about which agencies were asked, while these are of that region.';
"""
_BOTH = "(select told('same_region')) && array[from_region, to_region]"
_CASE = "exists (select from marac_case c where c.id = case_id)"
_DECIDING = "(select fact('operation')) in ('accept_transfer', 'refuse_transfer')"
_COMING = "(select coming_to((select told('same_region'))))"
_SIGNED = """
    exists (select from meeting_signature s
            where s.meeting_id = discussion.meeting_id and s.subject = (select fact('actor')))
"""
_TAKING = "(select fact('operation')) = 'accept_transfer'"
_ASKED_TO_TAKE = "thing = 'transfer' and exists (select from transfer t where t.id = thing_id)"
_POLICIES = f"""
create policy seen on transfer for select using ({_BOTH});
create policy made on transfer for insert
    with check ((select told('same_region')) && array[from_region] and {_CASE});
create policy changed on transfer for update using ({_BOTH}) with check (true);

create policy coming on marac_case for select using ({_DECIDING} and id in {_COMING});
create policy taken on marac_case for update using ({_TAKING} and id in {_COMING}) with check (true);
create policy coming on referral for select using ({_DECIDING} and case_id in {_COMING});
create policy taken on referral for update using ({_TAKING} and case_id in {_COMING}) with check (true);

create policy coming on duty for select using ({_ASKED_TO_TAKE});
create policy answered on duty for update using ({_ASKED_TO_TAKE}) with check (true);

-- What the old network has said and was told goes into the package that the new one takes.
alter policy signed on discussion using ({_TAKING} or {_SIGNED});
create policy followed on research_request for select using (
    {_TAKING} and exists (
        select from marac_case c where c.id = case_id and (select told('same_region')) && array[c.region]
    )
);
"""
_NOT_EXCLUDED = """
    (select told('not_excluded')) = '{}'
    or transfer.case_id not in (select excluded_from((select told('not_excluded'))))
"""
_NOT_SEALED = """
    (select told('not_sealed')) = '{}'
    or not exists (select from stream s where s.id = transfer.case_id and s.sealed)
    or transfer.case_id in (select named_in((select told('not_sealed'))))
"""
_CHANGING = "state, decided_on, decided_at, decided_by, decision_reason, package_sealed, version"


def _for_role(statement: str, role: str) -> str:
    named = f"current_database() || '_{role}'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute(_TRANSFER + _FUNCTIONS)
    execute(_for_role("grant execute on function coming_to(text[]) to %I", "app"))
    execute(schema.grants("transfer", app=f"select, insert, update ({_CHANGING})"))
    execute(schema.grants("marac_case", app="update (region)", auditor=""))
    execute(schema.grants("referral", app="update (region, referred_in)", auditor=""))
    execute(schema.grants("duty", app="update (region)", auditor=""))
    execute(schema.row_security("transfer") + _POLICIES)
    execute(_for_role("create policy read_by_functions on transfer for select to %I using (true)", "owner"))
    closed = "on transfer as restrictive for all to %I using"
    execute(_for_role(f"create policy not_excluded {closed} ({_NOT_EXCLUDED})", "app"))
    execute(_for_role(f"create policy not_sealed {closed} ({_NOT_SEALED})", "app"))
