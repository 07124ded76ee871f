"""Sealed values: AES-256-GCM under a data key per case or message, bound to the place where the value stands.

A sealed value is ``01 | data key id (16) | nonce (12) | ciphertext and tag``. The associated data are this
header, then table, column, row and version, each with its length before it, so that no two places have the
same. A wrapped data key is ``01 | length | key-encryption key's id | nonce (12) | ciphertext and tag``,
bound to the data key's id. Losing the wrapped key is erasure: nothing else can open what it sealed.
"""

import base64
import hashlib
import hmac
import os
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Self
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.kit import keys

_FORMAT: Final = b"\x01"
_KEY: Final = 32
_NONCE: Final = 12
_ID: Final = 16
_HEADER: Final = len(_FORMAT) + _ID
_PSEUDONYM: Final = 20  # bytes: 32 characters of base32 without padding
#: The keys that are opened while something is done: what they seal is all that can get out of it.
OPENED: Final[ContextVar[dict[UUID, "DataKey"] | None]] = ContextVar("opened", default=None)


class SealBroken(Exception):  # noqa: N818 - it tells what happened: an incident, not a caller's error
    """A sealed value or wrapped key was changed, moved, or is another key's; never says what is in it."""


@dataclass(frozen=True, slots=True)
class Aad:
    """The place that a sealed value is bound to; ``version`` is the version of the row that wrote it."""

    table: str
    column: str
    row: str | UUID
    version: int

    def encode(self) -> bytes:
        """Each part with its length (4 bytes) before it, then the version (8 bytes)."""
        table, column, row = self.table.encode(), self.column.encode(), str(self.row).encode()
        return _sized(table) + _sized(column) + _sized(row) + self.version.to_bytes(8, "big")


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key for the values of one case or message: ``wrapped`` is stored, ``plain`` never."""

    id: UUID
    wrapped: bytes = field(repr=False)
    plain: bytes = field(repr=False)
    made_at: datetime | None = None
    cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # made once: a record has many values under one key, and the key schedule costs more than sealing one
        object.__setattr__(self, "cipher", AESGCM(self.plain))


class KeyRing:
    """Key-encryption keys: the active one wraps, every one unwraps."""

    def __init__(self, active: str, key_encryption_keys: dict[str, bytes]) -> None:
        self.active = active
        self._ciphers = {name: AESGCM(key) for name, key in key_encryption_keys.items()}

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The ring in ``<service>.kek.json``; raises keys.KeyFileError."""
        return cls(*keys.load_kek(path.parent, path.name.removesuffix(".kek.json")))

    def new_data_key(self, now: datetime) -> DataKey:
        """A new random data key, wrapped under the active key."""
        key_id, plain = uuid4(), os.urandom(_KEY)
        return DataKey(key_id, self._wrap(key_id, plain), plain, now)

    def unwrap(self, key_id: UUID, wrapped: bytes) -> DataKey:
        """Opens a data key; SealBroken if it is another's, or under a key that the ring does not have."""
        name, start = _wrapped_under(wrapped)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise SealBroken(f"data key {key_id}: wrapped under a key-encryption key that is not here")
        nonce, body = wrapped[start : start + _NONCE], wrapped[start + _NONCE :]
        try:
            plain = cipher.decrypt(nonce, body, _wrap_aad(wrapped[:start], key_id))
        except (InvalidTag, ValueError):
            raise SealBroken(f"data key {key_id}: cannot be unwrapped") from None
        key = DataKey(key_id, wrapped, plain)
        if (opened := OPENED.get()) is not None:
            opened[key_id] = key
        return key

    def rewrap(self, key_id: UUID, wrapped: bytes) -> bytes:
        """The same data key under the active key; what is under it already comes back as it is."""
        plain = self.unwrap(key_id, wrapped).plain
        return wrapped if self.is_active(wrapped) else self._wrap(key_id, plain)

    def is_active(self, wrapped: bytes) -> bool:
        """Whether a wrapped key is under the active key-encryption key."""
        return _wrapped_under(wrapped)[0] == self.active

    def _wrap(self, key_id: UUID, plain: bytes) -> bytes:
        name = self.active.encode("ascii")
        header, nonce = _FORMAT + bytes([len(name)]) + name, os.urandom(_NONCE)
        return header + nonce + self._ciphers[self.active].encrypt(nonce, plain, _wrap_aad(header, key_id))


def seal(key: DataKey, plaintext: bytes, aad: Aad) -> bytes:
    """Seals a value for one place; the same value sealed twice looks different."""
    header, nonce = _FORMAT + key.id.bytes, os.urandom(_NONCE)
    return header + nonce + key.cipher.encrypt(nonce, plaintext, header + aad.encode())


def unseal(key: DataKey, sealed: bytes, aad: Aad) -> bytes:
    """Opens a value that was sealed for this place under this key; SealBroken otherwise."""
    header, nonce, body = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE], sealed[_HEADER + _NONCE :]
    if header != _FORMAT + key.id.bytes:
        raise SealBroken(f"{aad.table}.{aad.column}: not sealed under the key of its row")
    try:
        return key.cipher.decrypt(nonce, body, header + aad.encode())
    except (InvalidTag, ValueError):
        raise SealBroken(f"{aad.table}.{aad.column}: was changed, or moved from another place") from None


def sealed_under(sealed: bytes) -> UUID:
    """The id of the data key that a value is sealed under; SealBroken if it is no sealed value."""
    if len(sealed) < _HEADER + _NONCE or not sealed.startswith(_FORMAT):
        raise SealBroken("not a sealed value")
    return UUID(bytes=sealed[len(_FORMAT) : _HEADER])


class BlindIndex:
    """Finds equal values without showing them: HMAC-SHA-256 (RFC 2104); kinds never meet."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, kind: str, normalised: str) -> bytes:
        """32 bytes, the same for the same kind and normalised value."""
        return hmac.digest(self._key, _sized(kind.encode()) + normalised.encode(), hashlib.sha256)


class Pseudonyms:
    """Stable names without a meaning, for those who may count a person and not know her."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, person: UUID) -> str:
        """32 characters of base32 (160 bits of HMAC-SHA-256), the same for the same id."""
        return _base32(hmac.digest(self._key, b"pseudonym" + person.bytes, hashlib.sha256)[:_PSEUDONYM])

    @staticmethod
    def unlinked() -> str:
        """A random one of the same form, which leads back to nobody: what erasure leaves."""
        return _base32(os.urandom(_PSEUDONYM))


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").lower()


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _wrap_aad(header: bytes, key_id: UUID) -> bytes:
    return b"turvavork data key" + header + key_id.bytes


def _wrapped_under(wrapped: bytes) -> tuple[str, int]:
    """The id of the key-encryption key, and where its header ends."""
    if len(wrapped) < 1 + len(_FORMAT) or not wrapped.startswith(_FORMAT):
        raise SealBroken("not a wrapped data key")
    end = 2 + wrapped[1]
    return wrapped[2:end].decode("ascii", "replace"), end
