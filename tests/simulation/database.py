"""The exchange's database: rows behind the real machines of ``rules``; each method is one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.model.inbox import State
from services.exchange.model.outbox import OutState
from services.exchange.rules.queue import QueueState, Verdict
from tests.simulation import entries, queues
from tests.simulation.entries import Entry
from tests.simulation.queues import Queue

QueueKey = tuple[str, str]
LEASE = timedelta(seconds=15)
SPREAD = timedelta(seconds=3)


@dataclass(slots=True)
class Row:
    """A message that came in; ``about``: the one that brought the referral, if this is not it."""

    client: str
    message_id: str
    digest: int
    reference: int
    entry: Entry
    received_at: datetime
    about: str | None = None
    version: int = 1
    withdraws: bool = False

    @property
    def thread(self) -> tuple[str, str]:
        """What all messages about one referral have in common."""
        return self.client, self.about or self.message_id

    @property
    def place(self) -> entries.Place:
        """Where it stands among them."""
        return entries.Place(self.version, self.withdraws, self.received_at, UUID(int=self.reference))


@dataclass(frozen=True, slots=True)
class Out:
    """A message that goes out: the event that made it, and its bytes."""

    id: int
    event: int
    place: int
    body: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a queue, under a lease of ``since`` that ends, as its holder knows, at ``limit``."""

    queue: QueueKey
    number: int
    out: Out
    fence: int
    tries: int
    unknown: int
    limit: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A row of the inbox that a worker has claimed."""

    row: int
    fence: int
    attempts: int


class Database:
    """The tables of the exchange."""

    def __init__(self) -> None:
        self.inbox: dict[int, Row] = {}
        self.keys: dict[tuple[str, str], int] = {}
        self.incidents: list[tuple[str, str, int]] = []
        self.queues: dict[QueueKey, Queue] = {}
        self.messages: dict[QueueKey, list[Out]] = {}
        self.applied: set[int] = set()
        self.cursor: tuple[int, int] | None = None
        self.paused: set[str] = set()
        self.results: list[tuple[QueueKey, int, int]] = []  # queue, fence of the result, last fence
        self._dues: dict[str, datetime | None] = {}  # what was worked out since the last change

    # -- what came in -------------------------------------------------------------------------------------

    def store(self, row: int, new: Row) -> int | None:
        """T1: the id of the row that has the key; an incident is noted when its content is another."""
        key = (new.client, new.message_id)
        known = self.keys.get(key)
        if known is None:
            self.inbox[row] = new
            self._dues.clear()
            self.keys[key] = row
            return row
        if not self.same(self.inbox[known], new):
            self.incidents.append((*key, new.digest))
        return known

    def same(self, known: Row, new: Row) -> bool:
        """Whether a message that came again is the one that is known."""
        return known.digest == new.digest

    def change(self, row: int, entry: Entry | None) -> bool:
        """Writes an entry down, if there is anything to write; a refused message gives its key back."""
        if entry is None:
            return False
        found = self.inbox[row]
        found.entry = entry
        self._dues.clear()
        if entry.state is State.REFUSED:
            self.keys.pop((found.client, found.message_id), None)
        return True

    def claim_rows(self, now: datetime, limit: int) -> list[Due]:
        """The worker's claim of rows that are due."""
        found: list[Due] = []
        for name, row in self.inbox.items():
            if len(found) == limit:
                break
            claimed = entries.claimed(row.entry, now, LEASE, behind=self.behind(row))
            if claimed is not None:
                row.entry = claimed
                self._dues.clear()
                found.append(Due(name, claimed.fence, claimed.attempts))
        return found

    def behind(self, row: Row) -> bool:
        """Whether it must wait for something that is in front of it, about the same referral."""
        return row.about is not None and entries.overtakes(
            row.place, ((other.place, other.entry.state) for other in self.thread(row.thread))
        )

    def thread(self, thread: tuple[str, str]) -> list[Row]:
        """All messages about one referral."""
        return [row for row in self.inbox.values() if row.thread == thread]

    def unsettled(self, thread: tuple[str, str]) -> bool:
        """Whether something about a referral is not in the register yet."""
        return any(row.entry.state in {State.RECEIVED, State.QUARANTINED} for row in self.thread(thread))

    def next_row(self) -> datetime | None:
        """When the next row is due."""
        if "" not in self._dues:
            self._dues[""] = self._next_row()
        return self._dues[""]

    def _next_row(self) -> datetime | None:
        return min(
            (
                max(row.entry.due_at, row.entry.lease_until or row.entry.due_at)
                for row in self.inbox.values()
                if row.entry.due_at is not None and not self.behind(row)
            ),
            default=None,
        )

    # -- what goes out ------------------------------------------------------------------------------------

    def move(self, expected: tuple[int, int] | None, cursor: tuple[int, int]) -> bool:
        """The cursor goes on; False when another worker was faster."""
        if self.cursor != expected:
            return False
        self.cursor = cursor
        return True

    def fresh(self, event: int) -> bool:
        """Whether an event is applied for the first time; it is, from now on."""
        if event in self.applied:
            return False
        self.applied.add(event)
        return True

    def enqueue(self, key: QueueKey, out: Out, now: datetime) -> None:
        """Puts a message at the end of its queue."""
        self.write(key, queues.appended(self.queues.get(key, Queue()), [OutState.WAITING], now))
        self.messages.setdefault(key, []).append(out)

    def write(self, key: QueueKey, queue: Queue) -> None:
        """A queue as it stands from now on."""
        self.queues[key] = queue
        self._dues.clear()

    def claim(self, partner: str, now: datetime, limit: int) -> list[Head]:
        """Heads that are due and nobody else's."""
        found: list[Head] = []
        for key, queue in self.queues.items():
            if key[0] != partner or len(found) == limit:
                continue
            claimed = queues.claimed(queue, now, LEASE, paused=self.is_paused(partner))
            if claimed is not None:
                self.write(key, claimed)
                found.append(self.head(key, claimed, now))
        return found

    def head(self, key: QueueKey, queue: Queue, now: datetime) -> Head:
        """What is to be sent of a queue."""
        out = self.messages[key][queue.head - 1]
        return Head(key, queue.head, out, queue.fence, queue.tries, queue.unknown_tries, now + LEASE, now)

    def record(self, head: Head, verdict: Verdict, now: datetime) -> bool:
        """Writes the result of a try down; False when the lease was lost."""
        before = self.queues[head.queue]
        after = self.after(before, head, verdict, now)
        if after is None:
            return False
        self.write(head.queue, after)
        self.results.append((head.queue, head.fence, before.fence))
        return True

    def after(self, queue: Queue, head: Head, verdict: Verdict, now: datetime) -> Queue | None:
        """The queue after a try; None when the lease was lost."""
        return queues.tried(queue, head.fence, verdict, now)

    def renew(self, head: Head, now: datetime) -> Head | None:
        """Prolongs a lease; None when it was lost."""
        renewed = queues.renewed(self.queues[head.queue], head.fence, now, LEASE)
        if renewed is None:
            return None
        self.write(head.queue, renewed)
        return replace(head, limit=now + LEASE)

    def decide(self, key: QueueKey, now: datetime, *, skip: bool) -> bool:
        """An operator's decision about the head of a queue that waits for a person."""
        queue = self.queues[key]
        step = queues.skipped if skip else queues.redriven
        found = step(queue, queue.head, now) if queue.head < queue.next_number else None
        if found is not None:
            self.write(key, found)
        return found is not None

    def pause(self, partner: str) -> None:
        """Nothing is claimed for a partner from now on."""
        self.paused.add(partner)
        self._dues.clear()

    def resume(self, partner: str, now: datetime, jitter: Callable[[], int]) -> None:
        """What waits for a partner goes, spread over a little time."""
        self.paused.discard(partner)
        self._dues.clear()
        for key, queue in self.queues.items():
            if key[0] == partner:
                forwarded = queues.forwarded(queue, now, SPREAD, jitter(), said=True)
                self.write(key, forwarded or queue)

    def is_paused(self, partner: str) -> bool:
        """Whether nothing is to be claimed for a partner."""
        return partner in self.paused

    def blocked(self) -> Sequence[QueueKey]:
        """Queues that wait for a person."""
        return [key for key, queue in self.queues.items() if queue.state is QueueState.BLOCKED]

    def next_due(self, partner: str) -> datetime | None:
        """When the next head of a partner is due."""
        if partner not in self._dues:
            self._dues[partner] = self._next_due(partner)
        return self._dues[partner]

    def _next_due(self, partner: str) -> datetime | None:
        if self.is_paused(partner):
            return None
        return min(
            (
                max(queue.due_at, queue.lease_until or queue.due_at)
                for key, queue in self.queues.items()
                if key[0] == partner and queue.due_at is not None
            ),
            default=None,
        )

    def states(self, key: QueueKey) -> Sequence[OutState]:
        """The states of a queue's messages, in their order."""
        return [item.state for item in self.queues[key].items]
