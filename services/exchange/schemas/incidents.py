"""The report of a new incident over REST, and what its sender is told; over SOAP the same words stand in XML.

Lists and limits are those of the published schema (``data/turvavork.wsdl``); a test compares them.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from services.exchange.model.inbox import Receipt
from services.exchange.schemas.referral import (
    Code,
    In,
    LogLeaf,
    Out,
    Reference,
    ReferrerIn,
    SenderReference,
)
from services.kit.fields import FreeText, Instant

MOST_THREATENING: Final = 5
IncidentKind = Literal[
    "physical",
    "sexual",
    "psychological",
    "economic",
    "threat",
    "stalking",
    "unwanted-contact",
    "broken-order",
    "dispute",
]


class IncidentIn(In):
    """Something that was done to somebody, under the sender's own reference."""

    sender_reference: SenderReference = Field(description="The sender's own; no personal data.")
    occurred_at: Instant
    kind: IncidentKind
    description: FreeText
    victim: Code = Field(description="Personal code of the victim.", examples=["48805042711"])
    threatening_persons: tuple[Code, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_THREATENING,
        description="Personal codes of the threatening persons; null when nobody knows who did it.",
    )
    reporter: ReferrerIn

    def content(self) -> bytes:
        """The same without the sender's words for it, as JSON: what the case register is given."""
        return self.model_dump_json(by_alias=True, exclude={"sender_reference"}).encode()


class IncidentReceiptOut(Out):
    """That the report is kept; whether the people are known to the network is never said."""

    reference: Reference
    received_at: Instant
    receipt: Annotated[
        LogLeaf, Field(description="With it the proof can be asked for that the log has the message.")
    ]

    @classmethod
    def of(cls, receipt: Receipt) -> "IncidentReceiptOut":
        """From what an action tells; ValueError unless the message is in the log."""
        if receipt.leaf is None:
            raise ValueError("a message is acknowledged with its leaf")
        return cls(reference=receipt.reference, received_at=receipt.status_at, receipt=receipt.leaf.hex())
