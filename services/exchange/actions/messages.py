"""What an operator may do with messages that wait for a person: look, have them sent again, skip them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.exchange.model.outbox import SkipReason
from services.exchange.model.problems import NotPutAside
from services.exchange.store import messages, search
from services.exchange.store.messages import QUARANTINED, Tried
from services.exchange.store.search import Filter, Message
from services.kit.db import Work
from services.kit.problem import NotFound

_CHANGED = ("technical",)


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages, the newest first, and whether there are more."""

    items: Sequence[Message]
    more: bool


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many messages waited for a person, and how many of them are tried again."""

    matching: int
    redriven: int


async def page(work: Work, wanted: Filter, after: tuple[datetime, UUID] | None, limit: int) -> Page:
    """Up to ``limit`` messages from a place on."""
    found = await search.page(work, wanted, after=after, limit=limit + 1)
    return Page(found[:limit], len(found) > limit)


async def one(work: Work, message_id: UUID) -> tuple[Message, Sequence[Tried]]:
    """A message and its last tries; NotFound."""
    found = await messages.find(work, message_id)
    if found is None:
        raise NotFound
    return found, await messages.tries(work, message_id)


async def redrive(work: Work, message_id: UUID) -> None:
    """Has a message that was put aside tried again, in its place; NotFound, NotPutAside."""
    found = await messages.lock(work, message_id)
    if found is None:
        raise NotFound
    if not await messages.redrive(work, found):
        raise NotPutAside
    work.audit("update", [message_id], _CHANGED)


async def redrive_many(work: Work, wanted: Filter, *, most: int, dry_run: bool) -> Redriven:
    """Has those that were put aside tried again, the oldest first; a dry run counts them alone."""
    matching = await search.count(work, replace(wanted, state=QUARANTINED))
    if dry_run:
        return Redriven(matching, 0)
    moved = await messages.redrive_oldest(work, wanted, limit=most)
    if moved:
        work.audit("update", moved, _CHANGED)
    return Redriven(matching, len(moved))


async def skip(work: Work, message_id: UUID, reason: SkipReason) -> None:
    """Gives up an outgoing message that was put aside; its queue goes on. NotFound, NotPutAside."""
    found = await messages.lock(work, message_id)
    if found is None:
        raise NotFound
    if not await messages.skip(work, found, reason.value):
        raise NotPutAside
    work.audit("update", [message_id], _CHANGED)
