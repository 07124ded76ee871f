"""The bytes of a message as they came or went, sealed: for the one who must see them."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.exchange.model.outbox import Envelope, Sealed
from services.kit.db import Work

_IN: Final = text("select client, key_id, key_wrapped, message_sealed from inbox where id = :id")
_OUT: Final = text("""
    select partner, protocol, method, target, content_type, digest, key_id, key_wrapped, body_sealed
    from outbox where id = :id
""")


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came in, under its key."""

    key_id: UUID
    key_wrapped: bytes = field(repr=False)
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """Whose message it is, and what is kept of it: nothing, when it was refused or has no content yet."""

    partner: str
    sealed: Incoming | Envelope | None


async def find(work: Work, row_id: UUID) -> Kept | None:
    """What is kept of a message; None when there is no such message."""
    row = (await work.conn.execute(_IN, {"id": row_id})).first()
    if row is not None:
        held = row.message_sealed is not None
        return Kept(row.client, Incoming(row.key_id, row.key_wrapped, row.message_sealed) if held else None)
    row = (await work.conn.execute(_OUT, {"id": row_id})).first()
    if row is None:
        return None
    if row.body_sealed is None:
        return Kept(row.partner, None)
    sealed = Sealed(row.key_id, row.key_wrapped, row.digest, row.body_sealed)
    return Kept(row.partner, Envelope(row.protocol, row.method, row.target, row.content_type, sealed))
