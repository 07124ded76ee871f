"""Checkpoints of a log: a C2SP tlog-checkpoint (v1.0.0) in a C2SP signed note (v1.0.0) with Ed25519.

::

    turvavork/exchange/audit/0123456789ab
    1024
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — turvavork/exchange/audit/0123456789ab Az3grlgtzPICa5OS8npVmf1Myq/5…

Origin, tree size, root of the tree; an empty line; one signature line for each key that signed. The origin is
the name of the log's key. Another tool of that family reads what is written here, and the other way round.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.kit.merkle import EMPTY_ROOT, HASH_BYTES, MOST_LEAVES

MOST_BYTES: Final = 262_144  # of a note: 16 signatures of 5 kB, which a reader must take, and room
_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_SIGNATURE: Final = re.compile("— ([^ ]+) ([A-Za-z0-9+/=]+)")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_ID: Final = re.compile(r"[0-9a-f]{8}")


class InvalidCheckpointError(ValueError):
    """A note, a checkpoint or a key is not what it must be; the message says in which respect."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree: whose, of how many leaves, its root; ValueError where it cannot be one."""

    origin: str
    size: int
    root: bytes
    extensions: Sequence[str] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if not all(lines) or any("\n" in line or _CONTROL.search(line) for line in lines):
            raise InvalidCheckpointError("a line of a checkpoint is not empty and has no control character")
        if not 0 <= self.size <= MOST_LEAVES:
            raise InvalidCheckpointError("a tree has 0 to 2^63 leaves")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise InvalidCheckpointError("a root has 32 bytes; of the empty tree it is the hash of nothing")

    def text(self) -> str:
        """The text that is signed; it ends in a newline."""
        lines = (self.origin, str(self.size), _b64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what :meth:`text` writes, and nothing else; InvalidCheckpointError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():  # noqa: PLR2004 - three lines, each with its newline
            raise InvalidCheckpointError("a checkpoint has an origin, a size and a root, a line each")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size):
            raise InvalidCheckpointError("the size is not a decimal number without leading zeroes")
        return cls(origin, int(size), _unb64(root), tuple(extensions))


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and the name under which it signs: a reader of checkpoints has it from elsewhere."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or any(c.isspace() or c == "+" for c in self.name) or _CONTROL.search(self.name):
            raise InvalidCheckpointError("a key's name is not empty, without spaces and without +")
        if len(self.public) != _KEY_BYTES:
            raise InvalidCheckpointError("a public Ed25519 key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """The first four bytes of ``SHA-256(name || 0x0A || 0x01 || public key)``."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """``<name>+<id in hexadecimal>+<base64 of 0x01 and the key>``, as the tools of C2SP write it."""
        return f"{self.name}+{self.key_id.hex()}+{_b64(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what ``str`` writes; InvalidCheckpointError, also where the id is not that of the key."""
        name, _, rest = text.partition("+")
        key_id, _, key = rest.partition("+")
        encoded = _unb64(key)
        if encoded[:1] != _ED25519 or not _ID.fullmatch(key_id):
            raise InvalidCheckpointError("a verifier key is <name>+<id>+<base64 of 0x01 and 32 bytes>")
        found = cls(name, encoded[1:])
        if found.key_id.hex() != key_id:
            raise InvalidCheckpointError("the id of the verifier key is not that of its name and key")
        return found

    @classmethod
    def of(cls, name: str, private: Ed25519PrivateKey) -> Self:
        """The public half of a signing key."""
        return cls(name, private.public_key().public_bytes_raw())


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> bytes:
    """The checkpoint as a note, signed under its origin."""
    return sign_note(checkpoint.text(), checkpoint.origin, private)


def verify(note: bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note that the log's key signed; InvalidCheckpointError for any other note."""
    checkpoint = Checkpoint.parse(open_note(note, key))
    if checkpoint.origin != key.name:
        raise InvalidCheckpointError("the checkpoint is of another log than the key")
    return checkpoint


def sign_note(text: str, name: str, private: Ed25519PrivateKey) -> bytes:
    """A note of any text that ends in a newline, with one signature."""
    _check_text(text)
    key = VerifierKey.of(name, private)
    signature = _b64(key.key_id + private.sign(text.encode()))
    return f"{text}\n— {name} {signature}\n".encode()


def open_note(note: bytes, *keys: VerifierKey) -> str:
    """The text of a note that one of these keys signed.

    Signatures of unknown keys are passed over, as the standard demands (other witnesses, a changed key).
    Raises InvalidCheckpointError when the note is malformed, when a known key's signature is wrong, and when
    no known key signed.
    """
    text, signatures = _split(note)
    known = {(key.name, key.key_id): key for key in keys}
    verified = False
    for name, signature in signatures:
        key = known.get((name, signature[:_ID_BYTES]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature[_ID_BYTES:], text.encode())
        except InvalidSignature:
            raise InvalidCheckpointError(f"the signature of {name} is wrong") from None
        verified = True
    if not verified:
        raise InvalidCheckpointError("the note is not signed by a key that is known")
    return text


def _split(note: bytes) -> tuple[str, Sequence[tuple[str, bytes]]]:
    if len(note) > MOST_BYTES:
        raise InvalidCheckpointError("the note is too long")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidCheckpointError("the note is not UTF-8") from None
    text, found, block = whole.rpartition("\n\n")
    if not found or not block.endswith("\n"):
        raise InvalidCheckpointError("a note is a text, an empty line and signature lines")
    _check_text(text + "\n")
    return text + "\n", [_signature(line) for line in block[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if match is None or any(c.isspace() or c == "+" or _CONTROL.match(c) for c in match[1]):
        raise InvalidCheckpointError("a signature line is an em dash, a name and base64")
    signature = _unb64(match[2])
    if len(signature) <= _ID_BYTES:
        raise InvalidCheckpointError("a signature follows the four bytes of the key's id")
    return match[1], signature


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise InvalidCheckpointError("the text of a note ends in a newline and has no control characters")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    """RFC 4648 §4, and only its one spelling: the bits that padding leaves over are zero (§3.5)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidCheckpointError("not base64") from None
    if _b64(data) != text:
        raise InvalidCheckpointError("not the one base64 of its bytes")
    return data
