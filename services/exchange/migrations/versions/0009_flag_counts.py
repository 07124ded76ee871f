"""How many flags each client has asked for on a day."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0009"
down_revision = "0008"

_COUNT = """
create table flag_count (
    client text not null check (client <> ''),
    day date not null,
    asked integer not null check (asked >= 0),
    primary key (client, day)
);
comment on table flag_count is 'Questions for a flag that were counted against the quota of their client.';
comment on column flag_count.day is 'In Europe/Tallinn.';
"""
# Whoever asks sees and moves its own counter alone.
_POLICY = "create policy own on flag_count using (client = (select fact('actor')));"


def upgrade() -> None:
    execute(_COUNT + schema.grants("flag_count", app="select, insert, update"))
    execute(schema.row_security("flag_count") + _POLICY)
