"""Cases that went from one network to another: counted once at each side."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0005"
down_revision = "0004"

_FACT = """
create table fact_transfer (
    id uuid primary key,
    stream uuid not null,
    from_region text not null check (from_region ~ '^[a-z][a-z0-9-]{1,40}$'),
    to_region text not null check (to_region ~ '^[a-z][a-z0-9-]{1,40}$'),
    accepted_on date not null,
    recorded_at timestamptz not null,
    check (from_region <> to_region)
);
comment on table fact_transfer is 'A case went to another network; where it was referred it stays counted.';
create index on fact_transfer (accepted_on);
"""
_APPLYING = "(select fact('operation')) = 'apply_events'"
_POLICIES = f"""
create policy seen on fact_transfer for select using (
    (select told('anywhere')) && array['on']
    or (select told('same_region')) && array[from_region, to_region]
);
create policy added on fact_transfer for insert with check ({_APPLYING});
create policy removed on fact_transfer for delete using ({_APPLYING});
"""


def upgrade() -> None:
    execute(_FACT + schema.grants("fact_transfer", app="select, insert, delete", auditor=""))
    execute(schema.row_security("fact_transfer") + _POLICIES)
