"""A message that goes out: what it says, its bytes, where it stands in the queue of its partner and case."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.exchange.model.inbox import Protocol, Status
from services.exchange.model.xroad import ClientId


class NoticeUnfit(Exception):  # noqa: N818 - it tells what is wrong with the notice
    """A notice that does not fit the partner's contract; names the places, never the values."""


class OutState(StrEnum):
    """Waits for its turn or a further try; put aside for a person; taken by the partner; skipped."""

    WAITING = "waiting"
    QUARANTINED = "quarantined"
    DELIVERED = "delivered"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a partner is told of a referral: these words and no others."""

    recipient: ClientId
    reference: str
    sender_reference: str
    status: Status
    occurred_at: datetime

    def words(self) -> dict[str, str]:
        """The words as they stand in a message, SOAP or REST."""
        return {
            "reference": self.reference,
            "senderReference": self.sender_reference,
            "status": self.status.value,
            "occurredAt": self.occurred_at.isoformat().replace("+00:00", "Z"),
        }


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bytes of one logical message and how they are sent: made once, repeated by every try."""

    protocol: Protocol
    method: str
    target: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is put into the queue; without bytes it waits for a person, with the reason why."""

    id: UUID
    event_id: UUID
    partner: str
    stream: UUID
    kind: str
    reference: str
    rendered: Rendered | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send the head of one queue, until the lease ends or somebody else gets a higher fence."""

    stream: UUID
    partner: str
    fence: int
    message: UUID
    tries: int
    unknown_tries: int
