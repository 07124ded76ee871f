"""Tries and failures by partner since ever, for figures that only grow."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0010"
down_revision = "0009"

# A try is noted within its own transaction, as a row of its own: no two tries wait for each other.
_NOTED = """
create table outbox_try_uncounted (
    message_id uuid not null,
    number integer not null,
    primary key (message_id, number)
);
comment on table outbox_try_uncounted is 'Tries that are not in delivery_total yet.';

create function outbox_try_noted() returns trigger language plpgsql as $$
begin
    insert into outbox_try_uncounted select message_id, number from fresh;
    return null;
end $$;
create trigger outbox_try_noted after insert on outbox_try
    referencing new table as fresh for each statement execute function outbox_try_noted();
"""
_TOTAL = """
create table delivery_total (
    partner text not null,
    origin text not null,
    code text not null,
    tries bigint not null check (tries > 0),
    primary key (partner, origin, code)
);
comment on table delivery_total is 'How many tries ended so, ever; those without a code succeeded.';
comment on column delivery_total.code is 'One of few: what a partner calls its errors is not told apart.';
"""


def upgrade() -> None:
    execute(_NOTED + schema.grants("outbox_try_uncounted", app="select, insert, update, delete"))
    execute(_TOTAL + schema.grants("delivery_total", app="select, insert, update"))
    execute("insert into outbox_try_uncounted select message_id, number from outbox_try;")
