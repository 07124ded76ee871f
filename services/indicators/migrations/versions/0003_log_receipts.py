"""An entry of the audit log can be found by its leaf."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    execute(schema.log_receipts("audit"))
