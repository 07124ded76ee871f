"""What municipalities decided about notices of children, as the networks heard of it."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0046"
down_revision = "0045"

_TABLE = """
create table child_decision (
    number uuid not null references participation (id) on delete cascade,
    place integer not null check (place > 0),
    decision text not null,
    decided_on date not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    primary key (number, place)
);
comment on table child_decision is 'What the municipality decided; the last one holds, the others stay.';
comment on column child_decision.number is 'The child, by its part in the referral, as in its notice.';
"""
_BY_PART = "exists (select from participation p where p.id = number)"
_POLICIES = f"""
create policy seen on child_decision for select using ({_BY_PART});
create policy made on child_decision for insert with check ({_BY_PART});
"""


def upgrade() -> None:
    execute(_TABLE + schema.grants("child_decision", app="select, insert"))
    execute(schema.row_security("child_decision") + _POLICIES)
