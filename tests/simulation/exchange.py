"""The exchange's tasks, as the actions order them: T1, call, T2; claim, send, write down; read, fetch, apply.

Each ``yield`` is a point at which anything may happen to anybody, the end of the process included. The small
methods are what ``faults`` makes wrong.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, TypeVar

from services.exchange.model.inbox import Answer, Declined, State, Taken
from services.exchange.model.outbox import OutState
from services.exchange.rules import delivery, inbox, queue
from services.exchange.rules.delivery import Failure, History
from services.exchange.rules.queue import Settle, Verdict
from tests.simulation import entries
from tests.simulation.database import Database, Due, Head, Out, Row
from tests.simulation.entries import Entry
from tests.simulation.outside import AWAY, Ended, Event, Told
from tests.simulation.scheduler import Way
from tests.simulation.surroundings import Surroundings

HOLD: Final = timedelta(seconds=5)
RETRY: Final = timedelta(seconds=1)
PAUSE: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(seconds=10)
TERMS: Final = delivery.Terms()
ROWS: Final = inbox.Terms(5, delivery.Terms(longest=LONGEST))
PLACES: Final = 3
_T = TypeVar("_T")
Doing = Generator[Way, None, _T]


class Down(Exception):  # noqa: N818 - a state of the database
    """The database did not say that it has committed."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a client sends; its answer is put where the client looks for it."""

    client: str
    message: str
    digest: int
    valid: bool
    answered: list[Told]
    about: str | None = None
    version: int = 1
    withdraws: bool = False

    def told(self, answer: str, reference: int | None = None) -> None:
        self.answered.append(Told(self.client, self.message, self.digest, answer, reference))


class Exchange:
    """The system as it should be."""

    database_class: ClassVar[type[Database]] = Database

    def __init__(self, around: Surroundings) -> None:
        self.around, self.dice = around, around.dice
        self.db = self.database_class()

    # -- a transaction ------------------------------------------------------------------------------------

    def transaction(self, body: Callable[[], _T]) -> Doing[_T]:
        """Commits all of it or nothing; who asked for it may not get to know which."""
        yield None
        fate = self.around.fate()
        if fate == "refused":
            raise Down
        found = body()
        if fate == "unknown":
            raise Down
        yield None
        return found

    # -- a message comes in -------------------------------------------------------------------------------

    def receive(self, call: Submission, *, later: bool) -> Doing[None]:
        """One arrival of a message, to its answer."""
        try:
            if call.about is not None:
                later = (yield from self.transaction(lambda: self.waits(call))) or later
            yield from self.submit(call, later=later)
        except Down:
            self.on_unknown(call)

    def waits(self, call: Submission) -> bool:
        """Whether what a message is about, or something else about it, is not in the register yet."""
        return self.db.unsettled((call.client, call.about or call.message))

    def on_unknown(self, call: Submission) -> None:
        """Nobody knows whether it was stored: that is no success."""
        call.told("failure")

    def submit(self, call: Submission, *, later: bool) -> Doing[None]:
        """T1, the call, T2."""
        name = self.around.new_id()
        hold = timedelta(0) if later else HOLD
        now = self.around.now
        entry = entries.stored(now, acknowledged=later, hold=hold)
        row = Row(
            *(call.client, call.message, call.digest, name, entry, now),
            *(call.about, call.version, call.withdraws),
        )
        stored = yield from self.transaction(lambda: self.db.store(name, row))
        if stored is None or not self.db.same(self.db.inbox[stored], row):
            call.told("reused")
            return
        found = self.db.inbox[stored]
        answer: Answer | None = None
        if found.entry.state is State.RECEIVED:
            if not later:
                self.around.turn(self.db, found)
                answer = yield from self.ask(found)
            elif stored != name:
                answer = AWAY
        if answer is not None:
            yield from self.transaction(lambda: self.settle(stored, answer))
        self.answer(call, found)

    def settle(self, row: int, answer: Answer) -> None:
        """T2."""
        self.db.change(row, self.settled(self.db.inbox[row].entry, answer))

    def settled(self, entry: Entry, answer: Answer) -> Entry | None:
        """The entry after what the register said to the request."""
        match answer:
            case Taken():
                return entries.handed_over(entry)
            case Declined():
                return entries.declined(entry)
            case _:
                return entries.acknowledged(entry, self.around.now, RETRY)

    def answer(self, call: Submission, row: Row) -> None:
        """What the sender is told."""
        refused = row.entry.state is State.REFUSED
        call.told("refused" if refused else "success", None if refused else row.reference)

    def ask(self, row: Row) -> Doing[Answer]:
        """The register is asked to take a message; the way there and back may fail."""
        yield None
        lost = self.around.lost()
        if lost is not None:
            return lost
        answer = self.around.take(self.reference(row), row)
        yield None
        return self.around.lost() or answer

    def reference(self, row: Row) -> int:
        """Under which reference the register is asked."""
        return row.reference

    # -- hand-over ----------------------------------------------------------------------------------------

    def hand_over(self) -> Doing[None]:
        """The worker's rounds."""
        while True:
            yield self.db.next_row
            try:
                due = yield from self.transaction(self.claim_rows)
                for one in due:
                    answer = yield from self.ask(self.db.inbox[one.row])
                    yield from self.transaction(lambda one=one, answer=answer: self.hand(one, answer))  # type: ignore[misc]
            except Down:
                yield PAUSE

    def claim_rows(self) -> Sequence[Due]:
        """Rows that are due."""
        due = self.db.claim_rows(self.around.now, PLACES)
        for one in due:
            self.around.turn(self.db, self.db.inbox[one.row])
        return due

    def hand(self, due: Due, answer: Answer) -> None:
        """Writes down what came of a claimed row."""
        entry = self.db.inbox[due.row].entry
        match inbox.verdict(answer, due.attempts, ROWS, self.around.jitter()):
            case Taken():
                found = entries.handed_over(entry, due.fence)
            case Declined():
                found = entries.put_aside(entry, due.fence)
            case inbox.Postpone(wait=wait):
                found = entries.postponed(entry, due.fence, self.around.now, wait)
        self.db.change(due.row, found)

    # -- the feed -----------------------------------------------------------------------------------------

    def follow(self) -> Doing[None]:
        """Reads the feed and applies it."""
        while True:
            yield self.behind
            try:
                yield from self.follow_once()
            except Down:
                yield PAUSE

    def behind(self) -> datetime | None:
        """Now, when there are events after the cursor."""
        return self.around.now if self.db.cursor != self.around.end_of_feed() else None

    def follow_once(self) -> Doing[None]:
        """One batch: read, fetched, applied."""
        place = yield from self.transaction(lambda: self.db.cursor)
        batch, cursor = self.around.feed_after(place)
        ready: list[tuple[Event, Out]] = []
        for event in batch:
            yield None
            if self.around.trouble(0.05):
                yield PAUSE
                return
            out = Out(self.around.new_id(), event.id, event.place, (event.id, self.around.new_id()))
            ready.append((event, out))
        yield from self.apply(self.ordered(ready), place, cursor)

    def ordered(self, ready: list[tuple[Event, Out]]) -> list[tuple[Event, Out]]:
        """In the order of the feed."""
        return ready

    def apply(
        self, ready: list[tuple[Event, Out]], place: tuple[int, int] | None, cursor: tuple[int, int]
    ) -> Doing[None]:
        """Cursor, applied events and messages, in one transaction."""

        def body() -> None:
            if self.db.move(place, cursor):
                self.put(ready)

        yield from self.transaction(body)

    def put(self, ready: list[tuple[Event, Out]]) -> None:
        """Puts the messages of fresh events into their queues."""
        for event, out in ready:
            if self.db.fresh(event.id):
                self.db.enqueue(self.queue_of(event), out, self.around.now)

    def queue_of(self, event: Event) -> tuple[str, str]:
        """Partner and case."""
        return event.partner, event.case

    # -- deliveries ---------------------------------------------------------------------------------------

    def line(self, process: str, partner: str) -> Doing[None]:
        """The deliveries to one partner: each head that is claimed is an errand of its own."""
        while True:
            yield lambda: self.db.next_due(partner)
            since = self.around.now
            try:
                heads = yield from self.transaction(lambda: self.db.claim(partner, self.around.now, PLACES))
            except Down:
                yield PAUSE
                continue
            for head in heads:
                limit = since + (head.limit - self.around.now)
                self.around.spawn(process, self.errand(replace(head, limit=min(head.limit, limit))))

    def errand(self, head: Head) -> Doing[None]:
        """One try: sent while the lease lasts, written down if it lasted; else somebody else sends it."""
        ended = yield from self.send(head)
        if self.around.now >= head.limit:
            return
        verdict = self.verdict(head, ended)
        try:
            yield from self.transaction(lambda: self.record(head, ended, verdict))
        except Down:
            return

    def verdict(self, head: Head, ended: Ended) -> Verdict:
        """What follows a try."""
        return queue.verdict(ended, History(head.tries, head.unknown), TERMS, self.around.jitter())

    def record(self, head: Head, ended: Ended, verdict: Verdict) -> None:
        """The result of a try, and how the queue goes on."""
        if self.db.record(head, verdict, self.around.now):
            self.around.tried.append((head, ended, verdict))

    def send(self, head: Head) -> Doing[Ended]:
        """The way to the partner and back."""
        yield None
        if self.around.now >= head.limit:
            return Failure(delivery.Origin.TRANSPORT, "timeout")
        self.around.sent(self.db, head)
        try:
            return (yield from self.around.carry(self.seen_id(head), head, self.body(head)))
        finally:
            self.around.landed(head)

    def seen_id(self, head: Head) -> int:
        """The id under which it is sent."""
        return head.out.id

    def body(self, head: Head) -> tuple[int, int]:
        """The bytes that are sent."""
        return head.out.body

    # -- a person -----------------------------------------------------------------------------------------

    def decide(self, key: tuple[str, str], *, skip: bool) -> bool:
        """Redrives or skips the head of a queue that waits for a person."""
        return self.db.decide(key, self.around.now, skip=skip)

    def decide_row(self, row: int) -> None:
        """Has a message that was put aside handed over again."""
        self.db.change(row, entries.redriven(self.db.inbox[row].entry, self.around.now))


def is_settled(verdict: Verdict, state: OutState) -> bool:
    """Whether a try ended so."""
    return isinstance(verdict, Settle) and verdict.state is state
