"""What members are told by e-mail."""

from services.cases.catalog.files import read
from services.cases.model.notifications import NotificationRules


def notifications() -> NotificationRules:
    """Hours, waits and texts."""
    file = read("notifications")
    return NotificationRules(
        hours=tuple(sorted(file["hours"])),
        retry_minutes=tuple(file["retry_minutes"]),
        subject=file["texts"]["subject"],
        body=file["texts"]["body"],
    )
