"""Identifiers: random internal ids, and the reference that people read aloud.

A public reference is 16 random characters of Crockford's base 32 (no I, L, O, U) and one check character: the
number modulo 37, so that every single wrong character and every swap of two neighbours is noticed. Crockford
writes check values above 31 as signs (``*~$=U``); numbers that would need one are never issued.
"""

import hashlib
import re
import secrets
from itertools import count
from typing import Final
from uuid import UUID, uuid4

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: The character of each byte, and the digit in base 32 as Python writes it of each character.
_CHARACTERS: Final = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))
_DIGITS: Final = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_LENGTH: Final = 16
_MODULUS: Final = 37
_LONGEST: Final = 40
_NORMAL = str.maketrans("OIL", "011", "-  ")
_SHAPE = re.compile(f"(?:TV)?([{_ALPHABET}]{{{_LENGTH}}})([{_ALPHABET}])")

REFERENCE_PATTERN: Final = f"^TV(-[{_ALPHABET}]{{4}}){{4}}-[{_ALPHABET}]$"


def new_id() -> UUID:
    """A random internal id."""
    return uuid4()


def new_reference() -> str:
    """A new public reference, ``TV-XXXX-XXXX-XXXX-XXXX-C``: random, cannot be guessed."""
    return next(filter(None, (_made(secrets.token_bytes(_LENGTH)) for _ in count())))


def derived_reference(secret: bytes) -> str:
    """The reference that follows from a keyed digest: the same for the same, else as good as random."""
    digests = (hashlib.sha256(attempt.to_bytes(4, "big") + secret).digest() for attempt in count())
    return next(filter(None, map(_made, digests)))


def parse_reference(text: str) -> str:
    """The printed form of a reference as a person may have typed it.

    Small letters, missing hyphens or prefix, spaces, and O, I, L for 0, 1, 1 are put right. ValueError (which
    does not repeat the text) when it is no reference or the check character does not fit.
    """
    if len(text) > _LONGEST or not text.isascii():
        raise ValueError("not a reference")
    match = _SHAPE.fullmatch(text.upper().translate(_NORMAL))
    if match is None:
        raise ValueError("not a reference")
    if _number(match[1]) % _MODULUS != _ALPHABET.index(match[2]):
        raise ValueError("the check character of the reference does not fit")
    return _printed(match[1], match[2])


def _made(noise: bytes) -> str | None:
    body = noise[:_LENGTH].translate(_CHARACTERS).decode("ascii")
    check = _number(body) % _MODULUS
    return _printed(body, _ALPHABET[check]) if check < len(_ALPHABET) else None


def _number(body: str) -> int:
    return int(body.translate(_DIGITS), len(_ALPHABET))


def _printed(body: str, check: str) -> str:
    groups = (body[start : start + 4] for start in range(0, _LENGTH, 4))
    return f"TV-{'-'.join(groups)}-{check}"
