"""The bytes of outgoing messages, each sealed under a key of its own; the wrapped key stands in its row."""

import hashlib
from typing import Final
from uuid import UUID

from services.exchange.model.outbox import Envelope, Rendered, Sealed
from services.kit.clock import Clock
from services.kit.sealed import Aad, KeyRing, SealBroken, seal, unseal

_VERSION: Final = 1  # the bytes are written once


class Bodies:
    """Seals and opens what is sent."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def seal(self, row_id: UUID, rendered: Rendered) -> Envelope:
        """The message as it is kept."""
        key = self._keys.new_data_key(self._clock.now())
        sealed = Sealed(
            key.id,
            key.wrapped,
            hashlib.sha256(rendered.body).digest(),
            seal(key, rendered.body, _place(row_id)),
        )
        return Envelope(rendered.protocol, rendered.method, rendered.target, rendered.content_type, sealed)

    def open(self, row_id: UUID, envelope: Envelope) -> Rendered:
        """The message as it is sent; SealBroken when it was changed or the key is not ours."""
        sealed = envelope.sealed
        key = self._keys.unwrap(sealed.key_id, sealed.key_wrapped)
        body = unseal(key, sealed.body, _place(row_id))
        if hashlib.sha256(body).digest() != sealed.digest:
            raise SealBroken("the digest of the message is not that of its bytes")
        return Rendered(envelope.protocol, envelope.method, envelope.target, envelope.content_type, body)


def _place(row_id: UUID) -> Aad:
    return Aad("outbox", "body_sealed", row_id, _VERSION)
