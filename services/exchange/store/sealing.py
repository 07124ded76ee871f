"""What an incoming message says, sealed under a key of its own; the wrapped key stands in its row."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.exchange.model.inbox import Due, Raw
from services.kit.clock import Clock
from services.kit.sealed import Aad, KeyRing, seal, unseal
from services.kit.strictjson import dumps_canonical

_TABLE: Final = "inbox"
_MESSAGE: Final = "message_sealed"
_REFERRAL: Final = "referral_sealed"
_VERSION: Final = 1  # a message is written once


@dataclass(frozen=True, slots=True)
class Sealed:
    """The sealed columns of a row."""

    key_id: UUID
    key_wrapped: bytes = field(repr=False)
    message: bytes = field(repr=False)
    referral: bytes = field(repr=False)


class Sealer:
    """Seals and opens the inbox's rows."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def seal(self, row_id: UUID, raw: Raw, referral: bytes) -> Sealed:
        """The message as it came (a line of JSON about its transport, then its bytes), and what it means."""
        key = self._keys.new_data_key(self._clock.now())
        message = dumps_canonical(dict(raw.transport)) + b"\n" + raw.body
        return Sealed(
            key.id,
            key.wrapped,
            seal(key, message, Aad(_TABLE, _MESSAGE, row_id, _VERSION)),
            seal(key, referral, Aad(_TABLE, _REFERRAL, row_id, _VERSION)),
        )

    def referral(self, due: Due) -> bytes:
        """What is to be handed over; SealBroken when it was changed or the key is not ours."""
        key = self._keys.unwrap(due.key_id, due.key_wrapped)
        return unseal(key, due.referral_sealed, Aad(_TABLE, _REFERRAL, due.id, _VERSION))

    def message(self, row_id: UUID, key_id: UUID, wrapped: bytes, sealed: bytes) -> tuple[bytes, bytes]:
        """Transport (JSON) and bytes of a message as it came; SealBroken when it was changed."""
        key = self._keys.unwrap(key_id, wrapped)
        transport, _, body = unseal(key, sealed, Aad(_TABLE, _MESSAGE, row_id, _VERSION)).partition(b"\n")
        return transport, body
