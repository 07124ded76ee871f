"""Checks a log's bundle a second time, from the description of the format and apart from the product.

The whole file is held, heads are those of the recursive definition (RFC 9162 §2.1.1), a note is taken to
pieces by hand. Two that were written apart do not share a mistake; nothing of services is imported here.
"""

import base64
import hashlib
import json
from functools import cache, lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Head = tuple[int, bytes]
SPELLING = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class BadLineError(Exception):
    pass


class Claim(NamedTuple):
    position: int
    leaf: bytes
    denied: bool


class Log:
    """What could be read of a file: leaves, which of them their records deny, heads, where reading ended."""

    def __init__(self, data: bytes, name: str, public: bytes) -> None:
        self.leaves: list[bytes] = []
        self.denied: list[int] = []
        self.heads: list[Head] = []
        self.behind: list[int] = []
        self.broken = False
        self._name, self._public = name, public
        *lines, rest = data.split(b"\n")
        header = json.dumps({"format": "turvavork-log/1", "origin": name}, separators=(",", ":"))
        try:
            for line in lines[1:]:
                self._take(line)
        except (BadLineError, KeyError, ValueError, TypeError, InvalidSignature):
            self.broken = True
        self.broken |= rest != b"" or lines[:1] != [header.encode()]

    def _take(self, line: bytes) -> None:
        said = parsed(line, self._name, self._public)
        if isinstance(said, Claim):
            if said.position != len(self.leaves):
                raise BadLineError
            self.denied += [len(self.leaves)] if said.denied else []
            self.leaves.append(said.leaf)
        else:
            self.heads.append(said)
            self.behind.append(len(self.leaves))


@lru_cache(maxsize=30_000)  # of a log's many versions most lines are the same, and read the same
def parsed(line: bytes, name: str, public: bytes) -> Claim | Head:
    said = strict(line)
    if set(said) == {"checkpoint"}:
        return opened(str(said["checkpoint"]), name, public)
    position, leaf, denied = said.pop("position"), bytes_of(said.pop("leaf"), 32), False
    if said:
        salt, canonical = bytes_of(said.pop("salt"), None), bytes_of(said.pop("canonical"), None)
        denied = len(salt) != 32 or hashlib.sha256(b"\0" + salt + canonical).digest() != leaf
    if said or not isinstance(position, int):
        raise BadLineError
    return Claim(position, leaf, denied)


def strict(line: bytes) -> dict[str, object]:
    said = json.loads(line)
    if not isinstance(said, dict):
        raise BadLineError
    again = SPELLING.encode(said)
    if again.encode() != line:
        raise BadLineError
    return said


def bytes_of(text: object, length: int | None) -> bytes:
    data = base64.b64decode(str(text), validate=True)
    if base64.b64encode(data).decode() != text or length not in {None, len(data)}:
        raise BadLineError
    return data


def opened(note: str, name: str, public: bytes) -> Head:
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    known = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    mine = []
    for line in signatures.removesuffix("\n").split("\n"):
        dash, whose, signature = line.split(" ")
        if dash != "—" or not signatures.endswith("\n"):
            raise BadLineError
        blob = bytes_of(signature, None)
        mine += [blob[4:]] if (whose, blob[:4]) == (name, known) else []
    if not mine:
        raise BadLineError
    for signature in mine:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
    origin, size, root = text.split("\n")[:3]
    if origin != name or str(int(size)) != size:
        raise BadLineError
    return int(size), bytes_of(root, 32)


def first_bad(log: Log, seen: Log) -> int | None:
    """The lowest index that may be a bundle's first bad one, by the copy of a witness; None: untouched."""
    assert not seen.broken, "the witness is not on trial"

    @cache
    def head(start: int, end: int) -> bytes:
        if end - start < 2:
            return log.leaves[start] if end > start else hashlib.sha256(b"").digest()
        half = start + (1 << (end - start - 1).bit_length() - 1)
        return hashlib.sha256(b"\1" + head(start, half) + head(half, end)).digest()

    read = len(log.leaves)
    claimed = [*zip(log.heads, log.behind, strict=True)]
    misplaced = [behind for (size, _), behind in claimed if size != behind]
    heads = sorted({one for one, behind in claimed if one[0] == behind} | set(seen.heads))
    true = {size for size, root in heads if size <= read and head(0, size) == root}
    wrong = [size for size, root in heads if size <= read and head(0, size) != root]
    # The holder of the key makes checkpoints that fit: beside a witness they do not say where all is well.
    trusted = seen.heads if seen.heads or seen.leaves else heads
    sound = {size for size, root in trusted if size <= read and head(0, size) == root}
    same = 0
    while same < min(read, len(seen.leaves)) and log.leaves[same] == seen.leaves[same]:
        same += 1

    def since(limit: int) -> int:
        return max(min(same, limit), *(size for size in sound if size <= limit), 0)

    bad = log.denied[:1]
    bad += [since(wrong[0] - 1)] if wrong else []
    bad += [since(misplaced[0])] if misplaced else []
    bad += [since(read)] if log.broken else []
    bad += [same] if same < min(read, len(seen.leaves)) else []
    if not log.broken and max([len(seen.leaves), *(size for size, _ in seen.heads)]) > read:
        bad.append(since(read))
    return min(bad, default=None if true or not read else 0)
