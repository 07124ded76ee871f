"""A log that was taken out of its database: JSON Lines, for verifying where there is no service.

Each line is one canonical JSON text (``kit.strictjson``) and a newline; hashes, salts, records are base64:

.. code-block:: text

    {"format":"turvavork-log/1","origin":"turvavork/cases/audit/0123456789ab"}
    {"canonical":"…","leaf":"…","position":0,"salt":"…"}
    {"leaf":"…","position":1}
    {"checkpoint":"turvavork/cases/audit/0123456789ab⏎2⏎…⏎⏎— turvavork/… …⏎"}

The header comes first. Entries follow in the order of their positions, from 0, without a gap. ``leaf`` is
the receipt that was given for the entry: ``SHA-256(0x00 || salt || canonical)``. An entry whose record was
erased keeps its leaf alone. A checkpoint (⏎ is a newline, escaped) stands behind the last entry that it
covers. The copy of a witness has the same form: its entries are leaves alone, or it has checkpoints alone.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from services.kit import strictjson
from services.kit.problem import Malformed

FORMAT: Final = "turvavork-log/1"
MOST_LINE_BYTES: Final = 16_777_216
_HASH: Final = rb"[A-Za-z0-9+/]{43}="  # of 32 bytes: leaf and salt alike
# By a pattern and not by a JSON reader: one spelling of an entry, and a million of them in seconds.
_ENTRY: Final = re.compile(
    rb'\{(?:"canonical":"([A-Za-z0-9+/]*={0,2})",)?"leaf":"(' + _HASH + rb")\""
    rb',"position":(0|[1-9][0-9]{0,18})(?:,"salt":"(' + _HASH + rb')")?\}\n'
)


class InvalidBundleError(ValueError):
    """A line is not of the format; the message says in which respect."""


class Record(NamedTuple):
    """What a leaf is the hash of."""

    salt: bytes
    canonical: bytes


class Entry(NamedTuple):
    """One entry of a log: its position, its leaf, and unless it was erased its record."""

    position: int
    leaf: bytes
    record: Record | None


def header_line(origin: str) -> bytes:
    """The first line: which log it is."""
    return _line({"format": FORMAT, "origin": origin})


def entry_line(entry: Entry) -> bytes:
    """The line of an entry."""
    said: dict[str, object] = {"position": entry.position, "leaf": _b64(entry.leaf)}
    if entry.record is not None:
        said |= {"salt": _b64(entry.record.salt), "canonical": _b64(entry.record.canonical)}
    return _line(said)


def checkpoint_line(note: bytes) -> bytes:
    """The line of a checkpoint, which is a signed note (``kit.checkpoint``)."""
    return _line({"checkpoint": note.decode("utf-8")})


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, newline included, in pieces of MOST_LINE_BYTES + 1 where one is longer."""
    while line := file.readline(MOST_LINE_BYTES + 1):
        yield line


def parse_header(line: bytes) -> str:
    """The origin that the first line names; InvalidBundleError."""
    said = _object(line)
    origin = said.get("origin")
    if said.keys() != {"format", "origin"} or said["format"] != FORMAT or not isinstance(origin, str):
        raise InvalidBundleError(f"the first line is not that of {FORMAT}")
    return origin


def parse_line(line: bytes) -> Entry | bytes:
    """An entry, or the note of a checkpoint; InvalidBundleError for any other line."""
    match = _ENTRY.fullmatch(line)
    if match is not None:
        return _entry(*match.groups())
    said = _object(line)
    note = said.get("checkpoint")
    if said.keys() != {"checkpoint"} or not isinstance(note, str):
        raise InvalidBundleError("a line is neither an entry nor a checkpoint")
    return note.encode("utf-8")


def _entry(canonical: bytes | None, leaf: bytes, position: bytes, salt: bytes | None) -> Entry:
    if (canonical is None) != (salt is None):
        raise InvalidBundleError("an entry has its salt and its record, or neither")
    record = None if canonical is None or salt is None else Record(_unb64(salt), _unb64(canonical))
    return Entry(int(position), _unb64(leaf), record)


def _object(line: bytes) -> dict[str, strictjson.JSONValue]:
    if len(line) > MOST_LINE_BYTES or not line.endswith(b"\n"):
        raise InvalidBundleError("a line is too long, or was cut off")
    try:
        said = strictjson.loads(line)
        if isinstance(said, dict) and _line(said) == line:
            return said
    except (Malformed, TypeError):
        pass
    raise InvalidBundleError("a line is not canonical JSON")


def _line(said: object) -> bytes:
    return strictjson.dumps_canonical(said) + b"\n"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: bytes) -> bytes:
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
        last = text[-4:]
        if binascii.b2a_base64(binascii.a2b_base64(last), newline=False) == last:
            return data
    except binascii.Error:
        pass
    raise InvalidBundleError("not the one base64 of its bytes")  # padding leaves bits over: they are zero
