"""Messages about what the case register has erased: their rows go, and with them their keys."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.kit.db import Work

#: What brought the referral, what was said about it since, and what was the same as what was known.
_IN: Final = "reference = any ($1) or same_as = any ($1) or about = any ($1)"
_INCIDENTS: Final = f"delete from incident where inbox_id in (select id from inbox where {_IN})"  # noqa: S608
_INBOX: Final = f"delete from inbox where {_IN} returning id"  # noqa: S608 - constants
_TRIES: Final = """
    delete from outbox_try where message_id in (select id from outbox where reference = any ($1))
"""
_OUTBOX: Final = "delete from outbox where reference = any ($1) returning id, partner, stream"
_QUEUES: Final = """
    delete from outbox_queue q using unnest($1::text[], $2::uuid[]) as gone (partner, stream)
    where q.partner = gone.partner and q.stream = gone.stream
    and not exists (select from outbox o where o.partner = q.partner and o.stream = q.stream)
"""


async def forget(work: Work, references: Sequence[str]) -> Sequence[UUID]:
    """Deletes the messages in and out under these references; which. What is gone already, stays so."""
    known = list(references)
    await work.fetch(_INCIDENTS, known)
    received = [row["id"] for row in await work.fetch(_INBOX, known)]
    await work.fetch(_TRIES, known)
    sent = await work.fetch(_OUTBOX, known)
    await work.fetch(_QUEUES, [row["partner"] for row in sent], [row["stream"] for row in sent])
    return [*received, *(row["id"] for row in sent)]
