"""X-Road header fields of a REST message, and what of it the digest covers.

``X-Road-Service`` is not sent to providers, so nothing relies on it. A request that did not come through a
security server lacks ``X-Road-Client`` or ``X-Road-Id`` and is refused.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from services.exchange.model.problems import DuplicateHeaderField, InvalidHeaderField, MissingHeaderField
from services.exchange.model.xroad import ClientId, Headers

_FIELDS: Final = {
    b"x-road-client": "X-Road-Client",
    b"x-road-id": "X-Road-Id",
    b"x-road-userid": "X-Road-UserId",
    b"x-road-issue": "X-Road-Issue",
    b"x-road-represented-party": "X-Road-Represented-Party",
    b"x-road-security-server": "X-Road-Security-Server",
    b"x-road-request-id": "X-Road-Request-Id",
}
_LONGEST: Final = 255
_LONGEST_ISSUE: Final = 4000
_PARTY_PARTS: Final = 2
_SERVER_PARTS: Final = 4
#: What an id may look like: it is echoed in a header and kept, so no spaces and no control characters.
_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")

RawHeaders = Iterable[tuple[bytes, bytes]]


def read(raw: RawHeaders) -> Headers:
    """The fields; raises MissingHeaderField, DuplicateHeaderField, InvalidHeaderField."""
    fields = _fields(raw)
    for name in ("X-Road-Client", "X-Road-Id"):
        if not fields.get(name):
            raise MissingHeaderField(f"{name} is missing")
    return Headers(
        client=_client(fields["X-Road-Client"]),
        id=_id(fields["X-Road-Id"]),
        user_id=_bounded(fields, "X-Road-UserId", _LONGEST),
        issue=_bounded(fields, "X-Road-Issue", _LONGEST_ISSUE),
        represented_party=_party(_bounded(fields, "X-Road-Represented-Party", _LONGEST)),
        security_server=_server(_bounded(fields, "X-Road-Security-Server", _LONGEST)),
        request_id=_bounded(fields, "X-Road-Request-Id", _LONGEST),
    )


def message_id(raw: RawHeaders) -> str | None:
    """``X-Road-Id`` to be echoed, when there is exactly one that can stand in a header."""
    found = [value.decode("latin-1").strip() for name, value in raw if name == b"x-road-id"]
    return found[0] if len(found) == 1 and _ID.fullmatch(found[0]) else None


def digest(method: str, path: bytes, query: bytes, body: bytes) -> bytes:
    """SHA-256 over method, path, query and body, each with its length before it."""
    total = hashlib.sha256()
    for part in (method.encode(), path, query, body):
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.digest()


def _fields(raw: RawHeaders) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in raw:
        field = _FIELDS.get(name)
        if field is None:
            continue
        if field in fields:
            raise DuplicateHeaderField(f"{field} is there twice")
        try:
            fields[field] = value.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise InvalidHeaderField(f"{field} is not UTF-8") from None
    return fields


def _client(text: str) -> ClientId:
    try:
        return ClientId.parse(text)
    except ValueError:
        raise InvalidHeaderField("X-Road-Client looks like instance/class/code/subsystem") from None


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise InvalidHeaderField("X-Road-Id has at most 255 visible ASCII characters")
    return text


def _bounded(fields: dict[str, str], name: str, longest: int) -> str | None:
    text = fields.get(name)
    if text is None or text == "":
        return None
    if len(text) > longest or not text.isprintable():
        raise InvalidHeaderField(f"{name} is too long or holds control characters")
    return text


def _party(text: str | None) -> str | None:
    if text is not None and (len(parts := text.split("/")) > _PARTY_PARTS or not all(parts)):
        raise InvalidHeaderField("X-Road-Represented-Party looks like class/code or code")
    return text


def _server(text: str | None) -> str | None:
    if text is not None and (len(parts := text.split("/")) != _SERVER_PARTS or not all(parts)):
        raise InvalidHeaderField("X-Road-Security-Server looks like instance/class/code/server")
    return text
