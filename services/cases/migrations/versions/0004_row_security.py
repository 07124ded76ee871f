"""Row-level security: the second layer, which repeats ``data/access.yaml`` from the facts of the session.

Which rows may be seen follows the relations of the table: anywhere, same-region, own-agency, own-message.
Rows that hang on a referral or case are seen where that is seen. People are found across regions by the
operations that match them, and by nothing else.
"""

from services.kit.migrate import execute
from services.kit.schema import row_security

revision = "0004"
down_revision = "0003"

# Operations that take referrals: they alone look for people in all regions (ids come back, nothing else), and
# they alone write who takes part in what.
_TAKING = "(select fact('operation')) in ('take_referral', 'enter_referral')"


def _reached(value: str, state: str) -> str:
    """The relation's value, for rules of every state or of this one."""
    return f"array[{value}, {value} || '#' || {state}]"


def _reach(table: str, case: str) -> str:
    agencies = _reached("a.agency || '@' || a.region", f"{table}.state")
    return f"""
    (select told('anywhere')) && {_reached("'on'", f"{table}.state")}
    or (select told('same_region')) && {_reached(f"{table}.region", f"{table}.state")}
    or exists (select from case_agency a where a.case_id = {table}.{case}
               and (select told('own_agency')) && {agencies})
    """


_REFERRAL = f"""
    {_reach("referral", "case_id")}
    or (sender is not null and (select told('own_message')) && {_reached("sender", "state")})
"""
_CASE = _reach("marac_case", "id")
_BY_REFERRAL = "exists (select from referral r where r.id = referral_id)"

# An update reaches what is seen before it. What it may change is a matter of rights on columns: region,
# sender and whose part it is never change.
_POLICIES = f"""
create policy seen on referral for select using ({_REFERRAL});
create policy made on referral for insert with check ({_REFERRAL});
create policy changed on referral for update using ({_REFERRAL}) with check (true);

create policy seen on marac_case for select using ({_CASE});
create policy made on marac_case for insert with check (
    exists (select from referral r where r.case_id = marac_case.id and r.region = marac_case.region)
);
create policy changed on marac_case for update using ({_CASE}) with check (true);

create policy seen on assessment for select using ({_BY_REFERRAL});
create policy made on assessment for insert with check ({_TAKING});
create policy changed on assessment for update using ({_BY_REFERRAL}) with check (true);

create policy seen on participation for select using ({_BY_REFERRAL});
create policy made on participation for insert with check ({_TAKING});
create policy changed on participation for update using ({_BY_REFERRAL}) with check (true);

create policy seen on person for select using (
    {_TAKING} or exists (select from participation p where p.person_id = person.id)
);
create policy made on person for insert with check ({_TAKING});
create policy matching on person_index using ({_TAKING}) with check ({_TAKING});
"""


def upgrade() -> None:
    for table in ("referral", "marac_case", "assessment", "participation", "person", "person_index"):
        execute(row_security(table))
    execute(_POLICIES)
