"""A message that goes out: what it says, its bytes, where it stands in the queue of its partner and case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from services.exchange.model.feed import ChildNumber
from services.exchange.model.inbox import Protocol, Status
from services.exchange.model.xroad import ClientId
from services.kit.calendar import format_instant


class NoticeUnfit(Exception):  # noqa: N818 - it tells what is wrong with the notice
    """A notice that does not fit the partner's contract; names the places, never the values."""


class OutState(StrEnum):
    """Waits for its turn or a further try; put aside for a person; taken by the partner; skipped."""

    WAITING = "waiting"
    QUARANTINED = "quarantined"
    DELIVERED = "delivered"
    SKIPPED = "skipped"


class SkipReason(StrEnum):
    """Why an operator decides that a message is never sent."""

    NO_LONGER_NEEDED = "no-longer-needed"
    TOLD_OTHERWISE = "told-otherwise"


#: Why the outbox itself skips a message: a person has stopped the notice in the case register.
STOPPED: Final = "stopped-by-person"


class PauseReason(StrEnum):
    """Why an operator decides that nothing is sent to a partner for a while."""

    PARTNER_ASKED = "partner-asked"
    PARTNER_OUT_OF_ORDER = "partner-out-of-order"
    OUR_MAINTENANCE = "our-maintenance"
    SECURITY_INCIDENT = "security-incident"


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
            "occurredAt": format_instant(self.occurred_at),
        }


@dataclass(frozen=True, slots=True, repr=False)
class ChildNotice:
    """What the municipality of residence is told of a child: these words and no others."""

    number: UUID
    version: int
    reference: str
    municipality: str
    role: str
    referred_on: date
    occurred_at: datetime
    personal_code: str | None
    birth_date: date
    given_name: str
    family_name: str
    sex: str
    address: str | None

    def words(self) -> dict[str, str | int]:
        """The words as they stand in a message; what is not known is left out."""
        every: dict[str, str | int | None] = {
            "number": str(self.number),
            "version": self.version,
            "reference": self.reference,
            "municipality": self.municipality,
            "role": self.role,
            "referredOn": self.referred_on.isoformat(),
            "occurredAt": format_instant(self.occurred_at),
            "personalCode": self.personal_code,
            "birthDate": self.birth_date.isoformat(),
            "givenName": self.given_name,
            "familyName": self.family_name,
            "sex": self.sex,
            "address": self.address,
        }
        return {name: word for name, word in every.items() if word is not None}


Told: TypeAlias = Notice | ChildNotice


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bytes of one logical message and how they are sent: made once, repeated by every try."""

    protocol: Protocol
    method: str
    target: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The bytes of a message as they are kept: under a key of the message's own."""

    key_id: UUID
    key_wrapped: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """How the bytes are sent, and the bytes, sealed."""

    protocol: Protocol
    method: str
    target: str
    content_type: str
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is put into the queue; with a reason it waits for a person.

    Without an envelope and a reason its content is fetched when it is its turn. ``about``: the notice about a
    child that it is.
    """

    id: UUID
    event_id: UUID
    partner: str
    stream: UUID
    kind: str
    reference: str
    envelope: Envelope | None
    reason: str | None = None
    about: ChildNumber | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back upon a try; names of headers of any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send the head of one queue, until the lease ends or somebody else gets a higher fence."""

    partner: str
    stream: UUID
    fence: int
    tries: int
    unknown_tries: int


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a queue that this worker may send; without an envelope, its content is to be fetched."""

    lease: Lease
    id: UUID
    event_id: UUID
    kind: str
    reference: str
    envelope: Envelope | None
    about: ChildNumber | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One try as it is written down; ``code`` and ``origin`` are absent when the partner took the message."""

    duration_ms: int
    outcome: str
    origin: str | None = None
    code: str | None = None
    status: int | None = None
