from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.exchange.model.inbox import HandedOver, Message, Progress, Quarantined, Status, Waiting

RECEIVED = datetime(2017, 3, 2, 10, tzinfo=UTC)
CHANGED = datetime(2017, 3, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("progress", "status", "at"),
    [
        (Waiting(), Status.RECEIVED, RECEIVED),
        (Quarantined("referral-invalid"), Status.RECEIVED, RECEIVED),
        (HandedOver(Status.ACCEPTED, CHANGED), Status.ACCEPTED, CHANGED),
    ],
)
def test_what_waits_here_is_received(progress: Progress, status: Status, at: datetime) -> None:
    message = Message(uuid4(), b"", "TV-0000-0000-0000-0000-0", RECEIVED, progress)
    assert (message.status, message.status_at) == (status, at)
