"""What the case register has erased is erased here as well: messages with their keys, and nothing else is.

The right to delete is the follower's alone, for the time of the event that tells of it.
"""

from services.kit import schema
from services.kit.migrate import execute

revision = "0012"
down_revision = "0011"

_FOLLOWING = "(select fact('operation')) = 'apply_event'"
_TABLES = ("inbox", "incident", "outbox", "outbox_queue", "outbox_try")


def _for_app(statement: str) -> str:
    named = "current_database() || '_app'"
    return f"do $do$ begin execute format($sql${statement}$sql$, {named}); end $do$;\n"


def upgrade() -> None:
    execute("create index inbox_about on inbox (about) where about is not null;")
    execute("create index incident_inbox on incident (inbox_id);")
    for table in _TABLES:
        execute(schema.grants(table, app="delete", auditor=""))
        rule = f"on {table} as restrictive for delete to %I using ({_FOLLOWING})"
        execute(_for_app(f"create policy erased_by_event {rule}"))
