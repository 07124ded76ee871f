"""The audit log: who did what to which things, why and by which rule; one row for each disclosure and change.

A row holds no name, no personal code and no free text: things are keyed handles. Its leaf is the leaf hash of
RFC 9162, ``SHA-256(0x00 || salt || canonical bytes)``: a record can be erased and the proofs still hold.
Positions are given after the commit, by ``kit.sequencer``.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import driver
from services.kit.calendar import format_instant
from services.kit.ids import new_id
from services.kit.policy import Caller
from services.kit.strictjson import dumps_canonical

Action = Literal[
    "read", "create", "update", "delete", "disclose", "send", "receive", "refuse", "export-pdf", "export-docx"
]

SALT_BYTES: Final = 32
LEAF_PREFIX: Final = b"\x00"
_HANDLE_HEX: Final = 32  # 128 bits: no two things of a database share a handle


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as it is said; :meth:`row` adds what makes it evidence."""

    recorded_at: datetime
    actor: str
    actor_kind: str
    service: str | None
    role: str
    attributes: Sequence[str]
    purpose: str
    basis: str | None
    operation: str
    action: Action
    objects: Sequence[str]
    fields: Sequence[str]
    decision: Literal["allow", "deny"]
    rule_id: str | None
    problem: str | None
    request_id: str
    client: str | None

    def row(self) -> dict[str, Any]:
        """The columns of the table, leaf included."""
        row = {name: getattr(self, name) for name in self.__slots__}
        row_id, salt = new_id(), secrets.token_bytes(SALT_BYTES)
        record = row | {"id": str(row_id), "recorded_at": format_instant(self.recorded_at)}
        canonical = dumps_canonical(record)
        return row | {"id": row_id, "salt": salt, "canonical": canonical, "leaf": leaf(salt, canonical)}


_COLUMNS: Final = (*Entry.__slots__, "id", "salt", "canonical", "leaf")
_PLACES: Final = ", ".join(f"${number}" for number, _ in enumerate(_COLUMNS, 1))
_INSERT: Final = f"insert into audit ({', '.join(_COLUMNS)}) values ({_PLACES})"  # noqa: S608 - constants
#: Lists of lists do not unnest: these columns come as the text of an array.
_LISTS: Final = frozenset({"attributes", "objects", "fields"})
_TYPES: Final = {"recorded_at": "timestamptz", "id": "uuid"} | dict.fromkeys(
    ("salt", "canonical", "leaf"), "bytea"
)
_INSERT_MANY: Final = "insert into audit ({}) select {} from unnest({}) as row ({})".format(  # noqa: S608 - constants
    ", ".join(_COLUMNS),
    ", ".join(f"cast({name} as text[])" if name in _LISTS else name for name in _COLUMNS),
    ", ".join(f"${number}::{_TYPES.get(name, 'text')}[]" for number, name in enumerate(_COLUMNS, 1)),
    ", ".join(_COLUMNS),
)


def leaf(salt: bytes, canonical: bytes) -> bytes:
    """The log's leaf for a record: 32 bytes."""
    return hashlib.sha256(LEAF_PREFIX + salt + canonical).digest()


class Handles:
    """Keyed names of things for the audit log: equal for the same thing, telling nothing without the key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < hashlib.sha256().digest_size:
            raise ValueError("the audit key has at least 32 bytes")
        self._key = key

    def of(self, thing: str | UUID) -> str:
        """The handle of an id or reference: 32 hexadecimal digits."""
        return hmac.digest(self._key, str(thing).encode(), "sha256").hex()[:_HANDLE_HEX]


def capacity(caller: Caller, handles: Handles) -> Mapping[str, Any]:
    """In which capacity a caller comes: subject, kind, speaking service, roles joined by +, attributes.

    What it claims stands among the attributes as ``claim:name=handle``: it may be about a person.
    """
    attributes = {
        f"{name}={value}" for held in caller.appointments for name, value in held.attributes.items()
    }
    attributes.update(f"claim:{name}={handles.of(value)}" for name, value in caller.claims)
    return {
        "actor": caller.subject,
        "actor_kind": caller.kind,
        "service": caller.service,
        "role": "+".join(sorted({held.role for held in caller.appointments})),
        "attributes": sorted(attributes),
    }


async def write(connection: AsyncConnection, entries: Iterable[Entry]) -> None:
    """Inserts entries by one statement; the caller's transaction decides whether they stay."""
    rows = [entry.row() for entry in entries]
    if len(rows) == 1:
        await driver.fetch(connection, _INSERT, *(rows[0][name] for name in _COLUMNS))
    elif rows:
        texts = [row | {name: array_text(row[name]) for name in _LISTS} for row in rows]
        await driver.fetch(connection, _INSERT_MANY, *([row[name] for row in texts] for name in _COLUMNS))


def array_text(values: Iterable[str]) -> str:
    """The text of an array of texts, as PostgreSQL reads it."""
    quoted = (value.replace("\\", r"\\").replace('"', r"\"") for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
