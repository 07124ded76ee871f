"""Opening a message as it came or went, for an auditor: what was really said."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.exchange.model.outbox import Envelope
from services.exchange.model.problems import MessageNotKept, MessageUnreadable
from services.exchange.store import originals
from services.exchange.store.bodies import Bodies
from services.exchange.store.originals import Incoming
from services.exchange.store.sealing import Sealer
from services.kit import log
from services.kit.db import Work
from services.kit.problem import NotFound
from services.kit.sealed import SealBroken

_UNKNOWN: Final = "application/octet-stream"
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes of a message, and what they were said to be."""

    partner: str
    content_type: str
    body: bytes = field(repr=False)


class Originals:
    """Opens what is sealed in inbox and outbox."""

    def __init__(self, sealer: Sealer, bodies: Bodies) -> None:
        self._sealer, self._bodies = sealer, bodies

    async def one(self, work: Work, message_id: UUID) -> Original:
        """A message as it was; NotFound, MessageNotKept, MessageUnreadable."""
        kept = await originals.find(work, message_id)
        if kept is None:
            raise NotFound
        if kept.sealed is None:
            raise MessageNotKept
        try:
            media, body = await asyncio.to_thread(self._opened, message_id, kept.sealed)
        except SealBroken as error:
            _log.critical("seal-broken", message_id=message_id, exc_info=error)
            raise MessageUnreadable from None
        return Original(kept.partner, _sendable(media), body)

    def _opened(self, message_id: UUID, sealed: Incoming | Envelope) -> tuple[str, bytes]:
        if isinstance(sealed, Envelope):
            return sealed.content_type, self._bodies.open(message_id, sealed).body
        transport, body = self._sealer.message(message_id, sealed.key_id, sealed.key_wrapped, sealed.message)
        return str(json.loads(transport).get("contentType", "")), body


def _sendable(content_type: str) -> str:
    """What the sender called it, when that can stand in a header."""
    fits = content_type.isascii() and content_type.isprintable() and "/" in content_type
    return content_type if fits else _UNKNOWN
