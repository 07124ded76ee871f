"""JSON as RFC 8259 allows it to be strict: what one reader takes, every reader takes alike.

Refused beyond the grammar: byte order mark, bytes that are no UTF-8, duplicate keys, NaN and infinities (also
as ``1e999``), integers beyond 64 bits, lone surrogates, the character NUL, nesting deeper and, where one is
given, values more than a cap.
"""

import json
import math
import re
from typing import Any, Final, NoReturn, TypeAlias

from services.kit.problem import FieldError, Malformed

JSONValue: TypeAlias = "bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None"

MAX_DEPTH: Final = 64
_MAX_INTEGER: Final = 2**63 - 1
_MAX_DIGITS: Final = 20
_BOM: Final = b"\xef\xbb\xbf"
# A string is taken whole, also when it never ends: each byte is looked at once, whatever the input.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_UNWANTED = re.compile("[\0\ud800-\udfff]")
_REASONS: Final[dict[str, str]] = {
    "not-utf-8": "the body is not UTF-8",
    "byte-order-mark": "the body begins with a byte order mark",
    "not-json": "the body is not JSON",
    "too-deep": "the body is nested too deeply",
    "too-many-values": "the body holds too many values",
    "duplicate-key": "an object has the same key twice",
    "number-out-of-range": "a number is not finite or too large",
    "lone-surrogate": "a string holds half of a surrogate pair",
    "nul-character": "a string holds the character NUL",
}


class _RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def loads(data: bytes, *, max_depth: int = MAX_DEPTH, max_values: int | None = None) -> JSONValue:
    """Reads one JSON text; its values are counted by the commas between them.

    Raises Malformed with one error at the pointer ``""`` (the whole body: keys are the sender's words and are
    not repeated); its code is one of not-json, not-utf-8, byte-order-mark, too-deep, too-many-values,
    duplicate-key, number-out-of-range, lone-surrogate, nul-character.
    """
    try:
        return _read(data, max_depth, max_values)
    except _RefusedError as refused:
        code, place = refused.code, ""
    except json.JSONDecodeError as error:
        code, place = "not-json", f" (line {error.lineno}, column {error.colno})"
    raise Malformed(errors=[FieldError("", code, _REASONS[code] + place)])


def _read(data: bytes, max_depth: int, max_values: int | None) -> JSONValue:
    if data.startswith(_BOM):
        raise _RefusedError("byte-order-mark")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _RefusedError("not-utf-8") from None
    if data.count(b"[") + data.count(b"{") > max_depth:
        _check_depth(data, max_depth)
    if max_values is not None and data.count(b",") >= max_values:
        _check_values(data, max_values)
    value: JSONValue = _DECODER.decode(text)
    if b"\\u" in data:  # NUL and surrogates can only come from an escape
        _check_characters(value)
    return value


def _check_depth(data: bytes, max_depth: int) -> None:
    """Takes the innermost brackets away, level by level: what is left after that is too deep or no JSON."""
    brackets = _STRING.sub(b"", data).translate(_ONE_KIND, _NO_BRACKETS)
    for _ in range(max_depth):
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        paired = brackets.count(b"[") == brackets.count(b"]")
        raise _RefusedError("too-deep" if paired else "not-json")


def _check_values(data: bytes, max_values: int) -> None:
    if _STRING.sub(b"", data).count(b",") >= max_values:
        raise _RefusedError("too-many-values")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _RefusedError("duplicate-key")
    return value


def _integer(text: str) -> int:
    number = int(text) if len(text) <= _MAX_DIGITS else None
    if number is None or not -_MAX_INTEGER - 1 <= number <= _MAX_INTEGER:
        raise _RefusedError("number-out-of-range")
    return number


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _RefusedError("number-out-of-range")
    return number


def _constant(_: str) -> NoReturn:
    raise _RefusedError("number-out-of-range")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _check_characters(value: JSONValue) -> None:
    if isinstance(value, str):
        found = _UNWANTED.search(value)
        if found is not None:
            raise _RefusedError("nul-character" if found[0] == "\0" else "lone-surrogate")
    elif isinstance(value, list):
        for item in value:
            _check_characters(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_characters(key)
            _check_characters(item)


#: One encoder for all: the module's function makes a new one for each value.
_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
)
_PLAIN: Final = frozenset({str, int, bool, type(None)})


def dumps_canonical(value: object) -> bytes:
    """The one spelling of a value: keys sorted by code point, no spaces, UTF-8.

    Takes None, bool, int, str, list and dict with str keys. TypeError for anything else (floats have no one
    spelling); ValueError for a lone surrogate.
    """
    _check_canonical(value)
    return _CANONICAL.encode(value).encode("utf-8")


def _check_canonical(value: object) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("a canonical object has text keys")
            if type(item) not in _PLAIN:
                _check_canonical(item)
    elif isinstance(value, list):
        for item in value:
            if type(item) not in _PLAIN:
                _check_canonical(item)
    elif value is not None and not isinstance(value, str | int):
        msg = f"a {type(value).__name__} has no canonical form"
        raise TypeError(msg)
