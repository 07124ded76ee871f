"""A row of the message log: what came in or went out, from or to whom, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.exchange.model.inbox import Raw

What = Literal["received", "answered", "refused", "sent"]


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf stands at ``index`` in the log of ``size`` entries whose checkpoint is ``note``."""

    index: int
    size: int
    leaf: bytes
    path: Sequence[bytes]
    note: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the log says of one message.

    ``received``: a message that is kept; ``answered``: what its sender, or the asker of a question, was told;
    ``refused``: a message that had no effect; ``sent``: one try of a message of ours. ``digest`` is that of
    the message (SOAP part and attachments; REST method, path, query and body), None where there was none to
    be read. ``headers`` are the X-Road header fields; those that may be about a person are kept as keyed
    handles. ``about`` is the id of the row of the inbox or outbox.
    """

    what: What
    partner: str
    operation: str
    result: str
    protocol: str | None = None
    message_id: str | None = None
    digest: bytes | None = None
    about: UUID | None = None
    code: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(  # noqa: PLR0913 - what a message does not say of itself
        cls,
        raw: Raw,
        *,
        what: What,
        partner: str,
        operation: str,
        result: str,
        about: UUID | None = None,
    ) -> "Record":
        """Of a message that came in."""
        return cls(
            what,
            partner,
            operation,
            result,
            protocol=raw.protocol,
            message_id=raw.transport.get("id"),
            digest=raw.digest,
            about=about,
            headers=raw.transport,
        )
