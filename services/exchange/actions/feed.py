"""Following the case register's feed: each event is applied once, in one transaction with what it makes."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from services.exchange.actions.notices import Notices, Said, Wish, release
from services.exchange.model.feed import Batch, EpochEnded, Erased, Event, UsageDecided
from services.exchange.model.outbox import Draft
from services.exchange.outbound.feed import CaseFeed
from services.exchange.rules.delivery import Reason
from services.exchange.store import erasing, queueing, usage
from services.exchange.store import feed as places
from services.kit import log
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.policy import Permit
from services.kit.problem import UpstreamWrong

FEED: Final = "cases"
WAIT: Final = 20  # seconds of a long poll
TRIES_OF_WRONG: Final = 5
_AT_ONCE: Final = 8
_IN_ONE_TRANSACTION: Final = 50
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that an event makes: its id, and its content or why it has none.

    A notice about a child has its content fetched when it is its turn: until then a person may stop it.
    """

    id: UUID
    event: Event
    wish: Wish
    said: Said | Reason | None


class Follower:
    """Follows the feed; several may run: what one has applied, the others leave.

    While events come, our place is kept in mind from one question to the next; it is read again whenever none
    came, another was faster, or something went wrong.
    """

    def __init__(self, database: Database, feed: CaseFeed, notices: Notices, permit: Permit) -> None:
        self._database, self._feed = database, feed
        self._notices, self._permit = notices, permit
        self._ended: str | None = None
        self._place: str | None = None
        self._wrong: Counter[UUID] = Counter()
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def step(self, wait: int = WAIT) -> int:
        """Asks once and applies what comes; how many messages it made. No transaction is open while it waits.

        Raises UpstreamUnavailable or UpstreamWrong; what was applied until then stays applied.
        """
        place, self._place = self._place or await self._read(), None
        try:
            batch = await self._feed.after(None if place == self._ended else place, wait)
        except EpochEnded:
            _log.warning("feed-begun-anew")
            self._ended = place
            return 0
        return await self._take(batch, place)

    async def _read(self) -> str | None:
        async with self._database.work(self._permit, str(uuid4())) as work:
            return await places.cursor(work, FEED)

    async def _take(self, batch: Batch, place: str | None) -> int:
        """Makes events ready, some at once, and applies those before the first that cannot be made ready."""
        made = 0
        events = batch.events
        for start in range(0, len(events), _IN_ONE_TRANSACTION):
            part = events[start : start + _IN_ONE_TRANSACTION]
            ready = await asyncio.gather(*(self._messages(one) for one in part), return_exceptions=True)
            good = next((n for n, one in enumerate(ready) if isinstance(one, BaseException)), len(part))
            messages = [each for one in ready[:good] if not isinstance(one, BaseException) for each in one]
            if good:
                done = [one for one in part[:good] if not isinstance(one, Event)]
                if not await self._apply(messages, place, part[good - 1].sequence, done):
                    return made  # another worker was faster
                made, place = made + len(messages), part[good - 1].sequence
            if good < len(part) and isinstance(failure := ready[good], BaseException):
                raise failure
        if batch.cursor is not None and batch.cursor != place:
            await self._apply([], place, batch.cursor)
        elif made:
            self._place = place
        return made

    async def _messages(self, event: Event | Erased | UsageDecided) -> list[Message]:
        made: list[Message] = []
        if not isinstance(event, Event):
            return made
        for wish in self._notices.wishes(event):
            message_id = new_id()
            if wish.about is not None:
                made.append(Message(message_id, event, wish, None))
                continue
            async with self._few:
                made.append(Message(message_id, event, wish, await self._say(wish, message_id)))
        return made

    async def _say(self, wish: Wish, message_id: UUID) -> Said | Reason:
        """The content; a register that answers wrongly several times makes the message wait for a person."""
        try:
            said = await self._notices.say(wish, message_id)
        except UpstreamWrong:
            self._wrong[wish.event_id] += 1
            if self._wrong[wish.event_id] < TRIES_OF_WRONG:
                raise
            said = Reason.NOTICE_UNAVAILABLE
        self._wrong.pop(wish.event_id, None)
        return said

    async def _apply(
        self,
        messages: Sequence[Message],
        expected: str | None,
        cursor: str,
        done: Sequence[Erased | UsageDecided] = (),
    ) -> bool:
        async with self._database.work(self._permit, str(uuid4())) as work:
            if not await places.move(work, FEED, expected=expected, cursor=cursor):
                return False
            if messages:
                fresh = await places.apply(work, FEED, [one.event.id for one in messages])
                drafts = [_draft(work, one) for one in messages if one.event.id in fresh]
                added = await queueing.enqueue(work, drafts)
                again = [one for one in drafts if one.about is not None and one.id not in added]
                if again:
                    await queueing.located(work, again)
            for one in done:  # after what was told before it
                await _done(work, one)
        return True


def _draft(work: Work, message: Message) -> Draft:
    said, wish = message.said, message.wish
    envelope = release(work, said, message.id, wish.partner) if isinstance(said, Said) else said
    reason = envelope if isinstance(envelope, Reason) else None
    if reason is not None:
        _log.error("message-quarantined", message_id=message.id, reason=reason.value)
        work.audit("create", [message.id])
    return Draft(
        id=message.id,
        event_id=message.event.id,
        partner=wish.partner,
        stream=wish.about.number if wish.about else message.event.stream,
        kind=wish.kind,
        reference=message.event.reference,
        envelope=None if isinstance(envelope, Reason) else envelope,
        reason=reason,
        about=wish.about,
    )


async def _done(work: Work, event: Erased | UsageDecided) -> None:
    """What the register has erased goes; what it has decided holds for the Data Tracker."""
    if isinstance(event, UsageDecided):
        changed = await usage.decide(work, event)
        work.audit("update", [event.id, *changed], ["basic"])
        return
    gone = await erasing.forget(work, event.references)
    if gone:
        work.audit("delete", [event.id, *gone], ["basic"])
