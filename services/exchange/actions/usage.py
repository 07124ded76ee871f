"""The Data Tracker: keeps what was disclosed, and tells who got a person's data, as far as it is released."""

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import uuid4

from services.exchange.model.feed import EpochEnded
from services.exchange.model.record import Record
from services.exchange.model.usage import TrackerTerms, UsagePage, UsageQuestion
from services.exchange.outbound.disclosures import DisclosureFeed
from services.exchange.rules.usage import first_state, subject_of
from services.exchange.store import feed as places
from services.exchange.store import record as records
from services.exchange.store import usage
from services.kit import log
from services.kit.db import Database, Work
from services.kit.policy import Decision, Permit
from services.kit.problem import UpstreamUnavailable
from services.kit.sealed import BlindIndex

FEED: Final = "cases-disclosures"
T = TypeVar("T")
Answer = Callable[[Work, UsagePage, Decision], T]
_log = log.get_logger(__name__)


class Tracker:
    """Answers the Data Tracker. ``index`` is under the key that the case register has as well."""

    def __init__(self, database: Database, index: BlindIndex, terms: TrackerTerms) -> None:
        self._database, self._index = database, index
        self.terms = terms

    async def find(self, permit: Permit, question: UsageQuestion, request_id: str, answer: Answer[T]) -> T:
        """What is released about the person who is asked for, whoever asks.

        The same statements run whether there is nothing, something withheld, or something to show. ``answer``
        makes the answer within the transaction.
        """
        async with self._database.work(permit, request_id) as work:
            subject = self._index.of(*subject_of(question.subject))
            found = await usage.find(work, subject, question, sorted(self.terms.hidden))
            return answer(work, found, permit.on({}))

    async def period(self, permit: Permit, request_id: str, answer: Callable[[Work, Decision], T]) -> T:
        """Since when there are records; ``answer`` makes the answer within the transaction."""
        async with self._database.work(permit, request_id) as work:
            return answer(work, permit.on({}))

    async def alive(self, permit: Permit, record: Record, request_id: str) -> bool:
        """Whether rows can be read and written: the heartbeat's own are."""
        try:
            async with self._database.work(permit, request_id) as work:
                work.audit("read", [], decision=permit.on({}), client=permit.caller.subject)
                await records.write(work, [(record, request_id)])
        except UpstreamUnavailable as problem:
            _log.warning("tracker-without-store", problem=problem.slug)
            return False
        return True


class Keeper:
    """Follows the disclosures of the case register; several may run: what one has kept, the others leave."""

    def __init__(self, database: Database, feed: DisclosureFeed, terms: TrackerTerms, permit: Permit) -> None:
        self._database, self._feed = database, feed
        self._terms, self._permit = terms, permit
        self._ended: str | None = None

    async def step(self) -> int:
        """Asks once and keeps what comes; how many. No transaction is open while it asks.

        Raises UpstreamUnavailable or UpstreamWrong.
        """
        async with self._database.work(self._permit, str(uuid4())) as work:
            place = await places.cursor(work, FEED)
        try:
            told = await self._feed.after(None if place == self._ended else place)
        except EpochEnded:
            _log.warning("disclosures-begun-anew")
            self._ended = place
            return 0
        if told.cursor is None or not told.items:
            return 0
        async with self._database.work(self._permit, str(uuid4())) as work:
            if not await places.move(work, FEED, expected=place, cursor=told.cursor):
                return 0
            await usage.keep(work, [(one, first_state(one, self._terms.hidden)) for one in told.items])
            work.audit("create", [one.id for one in told.items])
        return len(told.items)
