"""The queue of one partner and one case, as a state machine: what follows from what, at a given moment.

Only the head is ever sent: the first message that still waits, for its turn or for a person. What waits for a
person holds up what is behind it, and nothing beside it.

How a queue goes on when messages come, when a try has ended and when a person has decided is said here: the
store reads how it stands, under its lock, and writes down what is said. Who may send a head and for how long
is said by statements of the store, which pass over what others hold.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, TypeVar

from services.exchange.model.feed import NoticeStopped
from services.exchange.model.outbox import STOPPED, OutState
from services.exchange.rules import delivery
from services.exchange.rules.delivery import Failure, History, Nature, Quarantine, Reason


class QueueState(StrEnum):
    """Nothing waits; the head is to be sent; the head waits for a person."""

    IDLE = "idle"
    DUE = "due"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a queue stands: its head, and what is known of its tries; messages are numbered from 1."""

    next_number: int = 1
    head: int = 1
    state: QueueState = QueueState.IDLE
    due_at: datetime | None = None
    tries: int = 0
    unknown_tries: int = 0
    asked: bool = False
    lease_until: datetime | None = None
    fence: int = 0

    def holds(self, fence: int, now: datetime) -> bool:
        """Whether the lease with this fence is the last one and lasts."""
        return fence == self.fence and self.lease_until is not None and now < self.lease_until


#: The first message of a queue that waits for its turn or for a person; None when there is none.
First: TypeAlias = tuple[int, OutState] | None
_Standing = TypeVar("_Standing", bound=Standing)


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


def appended(queue: _Standing, first: OutState, count: int, now: datetime) -> _Standing:
    """With messages at its end, of which the first is in this state; an idle queue begins with it."""
    number = queue.next_number
    longer = replace(queue, next_number=number + count)
    return longer if queue.state is not QueueState.IDLE else _standing_at(longer, (number, first), now)


def after_try(queue: _Standing, verdict: Verdict, following: First, now: datetime) -> _Standing:
    """A try of the head has ended; ``following``: the first one behind it."""
    match verdict:
        case Postpone():
            return replace(
                queue,
                due_at=now + verdict.wait,
                tries=queue.tries + 1,
                unknown_tries=queue.unknown_tries + verdict.unknown,
                asked=verdict.asked,
                lease_until=None,
            )
        case Settle(state=OutState.QUARANTINED):
            return _standing_at(queue, (queue.head, OutState.QUARANTINED), now)
        case Settle():
            return _standing_at(queue, following, now)


def advanced(queue: _Standing, first: First, now: datetime) -> _Standing:
    """A person has decided about one of its messages; a head that is still to be sent stays as it is."""
    if queue.state is QueueState.DUE and first == (queue.head, OutState.WAITING):
        return queue
    return _standing_at(queue, first, now)


def _standing_at(queue: _Standing, first: First, now: datetime) -> _Standing:
    """Its head is another one, or in another state: what was counted of the last is forgotten."""
    number, waits = (queue.next_number, None) if first is None else (first[0], first[1] is OutState.WAITING)
    return replace(
        queue,
        head=number,
        state=QueueState.IDLE if waits is None else QueueState.DUE if waits else QueueState.BLOCKED,
        due_at=now if waits else None,
        tries=0,
        unknown_tries=0,
        asked=False,
        lease_until=None,
    )
