"""One queue with its messages, as a model: the rules of the product, and its statements about leases.

How a queue goes on is said by ``services.exchange.rules.queue``, in the product as here. How its head is
taken, prolonged, given back and brought forward is said by statements of the store: here is what they do, and
``tests/exchange/store/test_machines.py`` gives both the same commands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.exchange.model.outbox import OutState
from services.exchange.rules import queue as rules
from services.exchange.rules.queue import First, QueueState, Settle, Standing, Verdict

OPEN: Final = frozenset({OutState.WAITING, OutState.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Item:
    """One message of the queue, and how often it was tried."""

    state: OutState
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Queue(Standing):
    """How it stands, and its messages in their order: the first has number 1."""

    items: tuple[Item, ...] = ()


def appended(queue: Queue, states: Sequence[OutState], now: datetime) -> Queue:
    """With messages at its end."""
    longer = replace(queue, items=queue.items + tuple(Item(state) for state in states))
    return rules.appended(longer, states[0], len(states), now)


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


def tried(queue: Queue, fence: int, verdict: Verdict, now: datetime) -> Queue | None:
    """A try of its head has ended so; None when the lease was lost."""
    if not queue.holds(fence, now):
        return None
    state = verdict.state if isinstance(verdict, Settle) else OutState.WAITING
    tries = queue.items[queue.head - 1].tries + (state is not OutState.SKIPPED)
    written = _with(queue, queue.head, Item(state, tries))
    return rules.after_try(written, verdict, first(queue, behind=queue.head), now)


def redriven(queue: Queue, number: int, now: datetime) -> Queue | None:
    """What was put aside waits for its turn again, in its old place; None when it was not put aside."""
    return _decided(queue, number, OutState.WAITING, now)


def skipped(queue: Queue, number: int, now: datetime) -> Queue | None:
    """What was put aside is never sent, and its queue goes on; None when it was not put aside."""
    return _decided(queue, number, OutState.SKIPPED, now)


def first(queue: Queue, *, behind: int = 0) -> First:
    """The first message behind a number that waits, for its turn or for a person."""
    places = enumerate(queue.items[behind:], behind + 1)
    return next(((number, item.state) for number, item in places if item.state in OPEN), None)


def _decided(queue: Queue, number: int, state: OutState, now: datetime) -> Queue | None:
    item = queue.items[number - 1]
    if item.state is not OutState.QUARANTINED:
        return None
    written = _with(queue, number, replace(item, state=state))
    return rules.advanced(written, first(written), now)


def _with(queue: Queue, number: int, item: Item) -> Queue:
    return replace(queue, items=(*queue.items[: number - 1], item, *queue.items[number:]))
