"""The message log: rows that are only ever added, each a leaf of the log's tree.

Header fields that may be about a person stand as keyed handles, in the record that the leaf is the hash of.
The record can be erased (by the owner of the database, never by the service): the leaf stays, and its proofs.
"""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from services.exchange.model.record import Record
from services.kit import audit
from services.kit.calendar import format_instant
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.strictjson import dumps_canonical

#: About a person, or possibly so: who asks, for whom, and in which matter of his.
_HANDLED: Final = ("userId", "representedParty", "issue")
_PLAIN: Final = ("securityServer", "requestId")
_TYPES: Final = {
    "id": "uuid",
    "recorded_at": "timestamptz",
    "what": "text",
    "partner": "text",
    "message_id": "text",
    "result": "text",
    "salt": "bytea",
    "canonical": "bytea",
    "leaf": "bytea",
}
_PLACES: Final = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_TYPES.values(), 1))
_INSERT: Final = f"insert into message_log ({', '.join(_TYPES)}) select * from unnest({_PLACES})"  # noqa: S608 - constants


LOG: Final = "message_log"
_OWN: Final = """
    select n.place from message_log_node n
    join message_log_position p on p.position = n.place
    join message_log l on l.id = p.message_log_id
    where n.level = 0 and n.hash = $1 and l.partner = $2
"""


async def place_of(work: Work, leaf: bytes, partner: str) -> int | None:
    """Where a partner's leaf stands in the tree; None for what is not there (yet), and for others' alike."""
    rows = await work.fetch(_OWN, leaf, partner)
    return int(rows[0]["place"]) if rows else None


async def write(work: Work, records: Sequence[tuple[Record, str]]) -> Sequence[bytes]:
    """Adds rows, each with the id of its request, in one statement; their leaves, which are receipts."""
    rows = [_row(work, record, request_id) for record, request_id in records]
    if rows:
        await work.fetch(_INSERT, *([row[name] for row in rows] for name in _TYPES))
    return [row["leaf"] for row in rows]


def _row(work: Work, record: Record, request_id: str) -> dict[str, Any]:
    row_id, salt = new_id(), secrets.token_bytes(audit.SALT_BYTES)
    said = {
        "id": str(row_id),
        "recordedAt": format_instant(work.now),
        "what": record.what,
        "partner": record.partner,
        "operation": record.operation,
        "result": record.result,
        "protocol": record.protocol,
        "messageId": record.message_id,
        "digest": None if record.digest is None else record.digest.hex(),
        "about": None if record.about is None else str(record.about),
        "code": record.code,
        "status": record.status,
        "request": request_id,
        **{name: work.handle(record.headers[name]) for name in _HANDLED if name in record.headers},
        **{name: record.headers[name] for name in _PLAIN if name in record.headers},
    }
    canonical = dumps_canonical(said)
    return {
        "id": row_id,
        "recorded_at": work.now,
        "what": record.what,
        "partner": record.partner,
        "message_id": record.message_id,
        "result": record.result,
        "salt": salt,
        "canonical": canonical,
        "leaf": audit.leaf(salt, canonical),
    }
