"""The tree of the audit log, and its signed checkpoints."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    execute(schema.log_tree())
