"""Every table that the kit offers, a log of a service's own, and a table under row-level security."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0001"
down_revision = None


def upgrade() -> None:
    execute(schema.session_facts())
    execute(schema.audit_tables())
    execute(schema.log_tree())
    execute("create table event (id uuid primary key, stream text not null, version integer not null)")
    execute(schema.grants("event", app="select, insert"))
    execute(schema.sequenced_log("event"))
    execute("create table letter (id uuid primary key, salt bytea, canonical bytea, leaf bytea not null)")
    execute(schema.grants("letter", app="select, insert"))
    execute(schema.sequenced_log("letter") + schema.log_tree("letter") + schema.log_receipts("letter"))
    execute(schema.idempotency_table())
    execute(schema.feed_tables())
    execute(
        """
        create table note (id uuid primary key, region text not null, words text not null unique);
        create policy told on note
            using (told('anywhere') && array['on'] or told('same_region') && array[region]);
        comment on table note is '100 % of the notes: a colon :here means itself';
        """
        + schema.row_security("note")
        + schema.grants("note", app="select, insert, update, delete")
    )
