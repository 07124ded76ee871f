"""Corrections count: the feed is read once more from its beginning, since what was passed over is in it."""

from services.kit.migrate import execute

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # What is known stays: an event that was applied is not applied again. Until the end of the feed is
    # reached no figures are told.
    execute("update reading set cursor = null, complete = false;")
