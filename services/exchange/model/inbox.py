"""A message that came in, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.exchange.model.offered import SUBMIT
from services.kit.problem import FieldError

Protocol = Literal["soap", "rest"]
#: Of what has no versions: the report of an incident, of which a mistake is put right in the case.
ONLY_VERSION: Final = 1


class Status(StrEnum):
    """Where a referral stands, as its sender reads it."""

    RECEIVED = "RECEIVED"
    AWAITING_SCREENING = "AWAITING_SCREENING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    REDIRECTED = "REDIRECTED"
    WITHDRAWN = "WITHDRAWN"


class State(StrEnum):
    """Where a message stands with us: waiting, handed over, refused (and released), put aside."""

    RECEIVED = "received"
    HANDED_OVER = "handed-over"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Raw:
    """A message as it arrived: what the digest covers, and the bytes that are kept."""

    protocol: Protocol
    body: bytes = field(repr=False)
    digest: bytes
    transport: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Submission:
    """A message that fits schema and rules, ready to be stored; ``referral`` is its canonical JSON.

    ``about`` is our reference of the referral that it corrects or withdraws; None when it brings one itself.
    """

    message_id: str
    sender_reference: str
    sender_version: int
    raw: Raw
    referral: bytes = field(repr=False)
    xroad_request_id: str | None = None
    operation: str = SUBMIT
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a referral, and its own name and version for it: unique for ever in the case register."""

    client: str
    reference: str
    version: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Stored, not yet handed over."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """In the case register; the status is the last that we know, and since when."""

    status: Status
    status_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The case register refused it before we had acknowledged it: its id is free again."""

    reason: str
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Acknowledged, then refused by the case register: a person decides."""

    reason: str


Progress: TypeAlias = Waiting | HandedOver | Refused | Quarantined


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the inbox as answers need it; ``reference`` is the one that the sender is told."""

    id: UUID
    digest: bytes
    reference: str
    received_at: datetime
    progress: Progress

    @property
    def status(self) -> Status:
        """What the sender is told: what was put aside here is still received."""
        return self.progress.status if isinstance(self.progress, HandedOver) else Status.RECEIVED

    @property
    def status_at(self) -> datetime:
        """Since when."""
        return self.progress.status_at if isinstance(self.progress, HandedOver) else self.received_at


@dataclass(frozen=True, slots=True)
class Known:
    """What is here of a referral, by its sender's name for it.

    ``version`` is the last that was sent; ``unsettled``: something of it is not in the register yet;
    ``repeated``: the message that is asked about is here already.
    """

    reference: str
    version: int
    unsettled: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A row that is to be handed over now, by whoever holds the fence."""

    id: UUID
    client: str
    sender_reference: str
    sender_version: int
    reference: str
    fence: int
    attempts: int
    key_id: UUID
    key_wrapped: bytes = field(repr=False)
    referral_sealed: bytes = field(repr=False)
    operation: str = SUBMIT
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The case register has it, under this reference (an earlier one, if it knew the sender's version)."""

    reference: str
    status: Status


@dataclass(frozen=True, slots=True)
class Declined:
    """The case register will not have it: a rule is broken, or the version exists with other content."""

    reason: str
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The case register could not be asked, or gave no usable answer; ``code`` says how it failed."""

    code: str


Answer: TypeAlias = Taken | Declined | Unavailable


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told of a referral; ``current`` is False when the register could not be asked.

    ``leaf`` is the leaf of the message log under which this delivery of the message is found for ever.
    """

    reference: str
    status: Status
    status_at: datetime
    current: bool = True
    leaf: bytes | None = None
