"""How often each member has looked for somebody; and whom the blind index names to who looks."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0043"
down_revision = "0042"

_COUNT = """
create table search_count (
    subject text not null,
    minute timestamptz not null,
    searches integer not null check (searches > 0),
    primary key (subject, minute)
);
comment on table search_count is 'Searches of each member by the minute, for a day: a budget.';
"""
_OWN = "(select fact('operation')) = 'search_people' and subject = (select fact('actor'))"
_POLICIES = f"""
create policy own on search_count using ({_OWN}) with check ({_OWN});
create policy searched on person_index for select using (
    (select fact('operation')) = 'search_people'
    and exists (select from person w where w.id = person_id)
);
"""


def upgrade() -> None:
    rights = "select, insert, update (searches), delete"
    execute(_COUNT + schema.grants("search_count", app=rights, auditor=""))
    execute(schema.row_security("search_count") + _POLICIES)
