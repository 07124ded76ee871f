"""Incidents of the inbox, for people to look at."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.kit.db import Work


@dataclass(frozen=True, slots=True)
class Reused:
    """A client's message id that came again with other content."""

    id: UUID
    client: str
    message_id: str
    inbox_id: UUID
    digest: bytes
    request_id: UUID


_INSERT: Final = text("""
    insert into incident (id, at, kind, client, message_id, inbox_id, digest, request_id)
    values (:id, :at, 'message-id-reused', :client, :message_id, :inbox_id, :digest, :request_id)
""")


async def record(work: Work, incident: Reused) -> None:
    """Writes the incident down; it stays also when the message is refused."""
    values = {name: getattr(incident, name) for name in incident.__slots__}
    await work.conn.execute(_INSERT, values | {"at": work.now})
