"""The queue of one partner and one case, as a state machine: what follows from what, at a given moment.

Only the head is ever sent. Who sends it holds a lease, and a fence that grows with every lease: a result is
written down while the lease lasts and the fence is the last one, and by nobody else. What waits for a person
holds up what is behind it, and nothing beside it. From a pause of the partner on no head is claimed; what was
claimed before ends.

The statements of ``store`` do the same on rows; a test drives both with the same commands and compares.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from services.exchange.model.feed import NoticeStopped
from services.exchange.model.outbox import STOPPED, OutState
from services.exchange.rules import delivery
from services.exchange.rules.delivery import Failure, History, Nature, Quarantine, Reason

_OPEN: Final = frozenset({OutState.WAITING, OutState.QUARANTINED})


class QueueState(StrEnum):
    """Nothing waits; the head is to be sent; the head waits for a person."""

    IDLE = "idle"
    DUE = "due"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Item:
    """One message of the queue, and how often it was tried."""

    state: OutState
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """The messages in their order (the first has number 1), and how its head stands."""

    items: tuple[Item, ...] = ()
    head: int = 1
    state: QueueState = QueueState.IDLE
    due_at: datetime | None = None
    tries: int = 0
    unknown_tries: int = 0
    asked: bool = False
    lease_until: datetime | None = None
    fence: int = 0

    @property
    def next_number(self) -> int:
        """The number that the next message gets."""
        return len(self.items) + 1

    def holds(self, fence: int, now: datetime) -> bool:
        """Whether the lease with this fence is the last one and lasts."""
        return fence == self.fence and self.lease_until is not None and now < self.lease_until


@dataclass(frozen=True, slots=True)
class Settle:
    """The try was the last one; ``reason``: why a person must look at it, or why it is never sent."""

    state: OutState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Postpone:
    """The same is tried again after ``wait``; ``unknown``: nobody knows what the failure means.

    ``asked``: the partner named the time, so the success of another message does not bring it forward.
    """

    wait: timedelta
    unknown: bool
    asked: bool = False


Verdict: TypeAlias = Settle | Postpone
#: What a try may end with: nothing to say, so the partner has it; or why it does not have it.
Ended: TypeAlias = Failure | Reason | NoticeStopped | None


def verdict(ended: Ended, history: History, terms: delivery.Terms, jitter: int) -> Verdict:
    """What follows a try of the head, which had this history before it."""
    if ended is None:
        return Settle(OutState.DELIVERED)
    if isinstance(ended, NoticeStopped):
        return Settle(OutState.SKIPPED, STOPPED)
    if isinstance(ended, Reason):
        return Settle(OutState.QUARANTINED, ended.value)
    found = delivery.after_failure(ended, history.after(ended), terms, jitter)
    if isinstance(found, Quarantine):
        return Settle(OutState.QUARANTINED, found.reason.value)
    return Postpone(found.after, delivery.nature(ended) is Nature.UNKNOWN, ended.retry_after is not None)


def appended(queue: Queue, states: Sequence[OutState], now: datetime) -> Queue:
    """With messages at its end; an idle queue begins with the first of them."""
    longer = replace(queue, items=queue.items + tuple(Item(state) for state in states))
    if queue.state is not QueueState.IDLE or not states:
        return longer
    due = states[0] is OutState.WAITING
    state = QueueState.DUE if due else QueueState.BLOCKED
    return replace(longer, head=queue.next_number, state=state, due_at=now if due else None)


def claimed(queue: Queue, now: datetime, lease: timedelta, *, paused: bool = False) -> Queue | None:
    """Its head is somebody's for the time of the lease; None when it is not due, another's, or paused."""
    if paused or queue.state is not QueueState.DUE or queue.due_at is None or queue.due_at > now:
        return None
    if queue.lease_until is not None and queue.lease_until > now:
        return None
    return replace(queue, fence=queue.fence + 1, lease_until=now + lease)


def renewed(queue: Queue, fence: int, now: datetime, lease: timedelta) -> Queue | None:
    """The lease lasts longer; None when it was lost."""
    return replace(queue, lease_until=now + lease) if queue.holds(fence, now) else None


def released(queue: Queue, fence: int) -> Queue:
    """The lease is given back without a result."""
    mine = queue.fence == fence and queue.state is QueueState.DUE
    return replace(queue, lease_until=None) if mine else queue


def settled(queue: Queue, fence: int, state: OutState, now: datetime) -> Queue | None:
    """The partner has the head, a person must look at it, or stopped it; None when the lease was lost."""
    return advanced(_tried(queue, state), now) if queue.holds(fence, now) else None


def postponed(queue: Queue, fence: int, now: datetime, again: Postpone) -> Queue | None:
    """The head is tried again later; None when the lease was lost."""
    if not queue.holds(fence, now):
        return None
    return replace(
        _tried(queue, OutState.WAITING),
        due_at=now + again.wait,
        tries=queue.tries + 1,
        unknown_tries=queue.unknown_tries + again.unknown,
        asked=again.asked,
        lease_until=None,
    )


def forwarded(queue: Queue, now: datetime, spread: timedelta, jitter: int, *, said: bool) -> Queue | None:
    """What waits for a further try is due within ``spread``; None when it is so already, or is somebody's.

    ``said``: a person said so. Else the success of another message did, and a head stays where it is that
    fails for reasons of its own, or whose partner named the time.
    """
    if queue.state is not QueueState.DUE or queue.due_at is None or queue.due_at <= now + spread:
        return None
    if queue.lease_until is not None and queue.lease_until > now:
        return None
    if not said and (queue.unknown_tries or queue.asked):
        return None
    return replace(queue, due_at=now + spread * jitter // 1000)


def redriven(queue: Queue, number: int, now: datetime) -> Queue | None:
    """What was put aside waits for its turn again, in its old place; None when it was not put aside."""
    return _decided(queue, number, OutState.WAITING, now)


def skipped(queue: Queue, number: int, now: datetime) -> Queue | None:
    """What was put aside is never sent, and its queue goes on; None when it was not put aside."""
    return _decided(queue, number, OutState.SKIPPED, now)


def advanced(queue: Queue, now: datetime) -> Queue:
    """The first message that still waits is the head; a head that is still to be sent stays as it is."""
    if queue.state is QueueState.DUE and queue.items[queue.head - 1].state is OutState.WAITING:
        return queue
    waiting = (place for place, item in enumerate(queue.items, 1) if item.state in _OPEN)
    head = next(waiting, queue.next_number)
    state = _state_at(queue, head)
    return replace(
        queue,
        head=head,
        state=state,
        due_at=now if state is QueueState.DUE else None,
        tries=0,
        unknown_tries=0,
        asked=False,
        lease_until=None,
    )


def _state_at(queue: Queue, head: int) -> QueueState:
    if head == queue.next_number:
        return QueueState.IDLE
    waits = queue.items[head - 1].state is OutState.WAITING
    return QueueState.DUE if waits else QueueState.BLOCKED


def _tried(queue: Queue, state: OutState) -> Queue:
    tries = queue.items[queue.head - 1].tries
    return _with(queue, queue.head, Item(state, tries + (state is not OutState.SKIPPED)))


def _decided(queue: Queue, number: int, state: OutState, now: datetime) -> Queue | None:
    item = queue.items[number - 1]
    if item.state is not OutState.QUARANTINED:
        return None
    return advanced(_with(queue, number, replace(item, state=state)), now)


def _with(queue: Queue, number: int, item: Item) -> Queue:
    return replace(queue, items=(*queue.items[: number - 1], item, *queue.items[number:]))
