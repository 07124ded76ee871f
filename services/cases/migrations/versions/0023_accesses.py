"""The audit log can be asked who came to a thing."""

from services.kit.migrate import execute

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    execute("create index audit_objects on audit using gin (objects);")
