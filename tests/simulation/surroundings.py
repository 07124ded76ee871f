"""The network, the register and the partners as the exchange meets them, in trouble or not."""

import random
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.exchange.model.inbox import Answer, State, Unavailable
from services.exchange.model.outbox import OutState
from services.exchange.rules.delivery import Failure, Origin
from services.exchange.rules.queue import Verdict
from tests.simulation import outside
from tests.simulation.database import Database, Head, QueueKey, Row
from tests.simulation.outside import Ended, Event, Partner, Register, Seen, some
from tests.simulation.scheduler import Scheduler, Way, Work

BATCH = 3
SETTLED = frozenset({OutState.DELIVERED, OutState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Send:
    """One send as it began: under the last lease, nobody else's under way, everything before it settled."""

    head: Head
    current: bool
    alone: bool
    in_turn: bool


@dataclass(slots=True)
class Pause:
    """A person wants nothing sent to a partner from one moment on, until another."""

    partner: str
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Surroundings:
    """Everything around the exchange; in calm nothing goes wrong any more."""

    dice: random.Random
    scheduler: Scheduler
    partners: dict[str, Partner]
    register: Register = field(default_factory=Register)
    calm: bool = False
    rate: float = 1.0
    invalid: set[str] = field(default_factory=set)
    tried: list[tuple[Head, Ended, Verdict]] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    overtaken: list[tuple[Row, Row]] = field(default_factory=list)  # one, and another that was behind it
    _ids: int = 0
    _flying: dict[QueueKey, tuple[int, datetime]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self.scheduler.now

    def new_id(self) -> int:
        """An id that nobody has."""
        self._ids += 1
        return self._ids

    def jitter(self) -> int:
        """Chance in thousandths."""
        return self.dice.randrange(1001)

    def trouble(self, chance: float) -> bool:
        """Whether something goes wrong that does so with this chance."""
        return not self.calm and self.dice.random() < chance * self.rate

    def spawn(self, process: str, work: Work, after: timedelta = timedelta(0)) -> None:
        """Begins a task."""
        self.scheduler.spawn(process, work, after)

    def fate(self) -> str:
        """What becomes of a transaction: committed, refused, or committed without a word."""
        if self.trouble(0.06):
            return "refused" if self.dice.random() < 0.5 else "unknown"
        return "committed"

    # -- the register -------------------------------------------------------------------------------------

    def lost(self) -> Unavailable | None:
        """What the caller of the register has when a way is lost."""
        if self.trouble(0.12):
            return outside.WRONGLY if self.dice.random() < 0.3 else outside.AWAY
        return None

    def turn(self, database: Database, row: Row) -> None:
        """The register is about to be asked: notes what is in front and has not been handed over."""
        if row.about is None:
            return
        mine = (row.version, row.withdraws)
        for other in database.thread(row.thread):
            if (other.version, other.withdraws) < mine and other.entry.state is State.RECEIVED:
                self.overtaken.append((other, row))

    def take(self, reference: int, row: Row) -> Answer:
        """The register's answer."""
        valid = row.message_id not in self.invalid
        if row.about is None:
            return self.register.take(reference, row.client, row.message_id, row.digest, valid=valid)
        return self.register.amend(row, valid=valid)

    def end_of_feed(self) -> tuple[int, int] | None:
        """Where the feed ends now."""
        events = len(self.register.events)
        return (self.register.epoch, events) if events or self.register.epoch else None

    def feed_after(self, place: tuple[int, int] | None) -> tuple[list[Event], tuple[int, int]]:
        """Some events after a place; from the beginning when the epoch is another."""
        epoch = self.register.epoch
        begin = place[1] if place is not None and place[0] == epoch else 0
        found = self.register.events[begin : begin + BATCH]
        return found, (epoch, begin + len(found))

    # -- the partners -------------------------------------------------------------------------------------

    def sent(self, database: Database, head: Head) -> None:
        """A send begins."""
        queue = database.queues[head.queue]
        fence, until = self._flying.get(head.queue, (head.fence, self.now))
        alone = fence == head.fence or until <= self.now
        before = database.states(head.queue)[: head.number - 1]
        in_turn = all(state in SETTLED for state in before)
        self.sends.append(Send(head, queue.fence == head.fence, alone, in_turn))
        self._flying[head.queue] = (head.fence, head.limit)

    def landed(self, head: Head) -> None:
        """A send has ended, or its process has."""
        if self._flying.get(head.queue, (0,))[0] == head.fence:
            del self._flying[head.queue]

    def carry(self, name: int, head: Head, body: tuple[int, int]) -> Generator[Way, None, Ended]:
        """To the partner and back: lost, late, twice, cut; the partner down, failing, refusing."""
        partner = self.partners[head.queue[0]]
        seen = Seen(name, head.out.event, head.queue[1], body)
        yield None
        if partner.down_until is not None and partner.down_until > self.now:
            return some(self.dice, outside.TEMPORARY)
        if self.trouble(0.1):
            return some(self.dice, outside.TEMPORARY)
        if self.trouble(0.05):  # it is on its way, and arrives when nobody waits any more
            self.spawn("network", self._late(partner, seen), timedelta(seconds=self.dice.randrange(1, 60)))
            yield timedelta(seconds=self.dice.randrange(1, 20))
            return Failure(Origin.TRANSPORT, "timeout")
        ended = self._taken(partner, seen)
        if self.trouble(0.04):
            self._taken(partner, seen)
        yield timedelta(seconds=self.dice.randrange(20)) if self.trouble(0.05) else None
        if self.trouble(0.08):
            return some(self.dice, outside.TEMPORARY[:1])
        return ended

    def _taken(self, partner: Partner, seen: Seen) -> Ended:
        if self.trouble(0.05):
            return some(self.dice, outside.UNKNOWN)
        return partner.take(seen)

    def _late(self, partner: Partner, seen: Seen) -> Work:
        partner.take(seen)
        yield None
