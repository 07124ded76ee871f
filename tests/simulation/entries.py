"""A message that came in, as a model: stored, handed over, refused and released, or put aside.

What was acknowledged is never released. The request that stored a row and the worker may both settle it, and
the first holds: the register says the same to both. Among workers, only the last claim settles it. What a
sender does about a referral waits until what it is about is handed over, or waits for a person.

The statements of the store do the same on rows; ``tests/exchange/store/test_machines.py`` gives both the same
commands. What follows an answer of the register is the product's (``services.exchange.rules.inbox``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.model.inbox import State


@dataclass(frozen=True, slots=True)
class Entry:
    """How far a message has come; ``acknowledged``: its sender may have been told of a success."""

    state: State
    acknowledged: bool
    due_at: datetime | None
    attempts: int = 0
    lease_until: datetime | None = None
    fence: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a message stands among those of its sender about one referral."""

    version: int
    withdraws: bool
    received_at: datetime
    id: UUID


def stored(now: datetime, *, acknowledged: bool, hold: timedelta) -> Entry:
    """T1: it is there; the worker leaves it alone for ``hold``."""
    return Entry(State.RECEIVED, acknowledged, now + hold)


def handed_over(entry: Entry, fence: int | None = None) -> Entry | None:
    """The register has it; None when it was settled before, or the fence is another's."""
    if entry.state is not State.RECEIVED or fence not in {None, entry.fence}:
        return None
    return _settled(entry, State.HANDED_OVER)


def declined(entry: Entry) -> Entry | None:
    """The register will not have it: released, or put aside if acknowledged; None when it was settled."""
    if entry.state is not State.RECEIVED:
        return None
    return _settled(entry, State.QUARANTINED if entry.acknowledged else State.REFUSED)


def put_aside(entry: Entry, fence: int) -> Entry | None:
    """A person must look at it; None when it was settled before, or the fence is another's."""
    if entry.state is not State.RECEIVED or fence != entry.fence:
        return None
    return replace(_settled(entry, State.QUARANTINED), acknowledged=True)


def acknowledged(entry: Entry, now: datetime, wait: timedelta) -> Entry | None:
    """A success is about to be told; the worker comes after ``wait``, or when it was to come already."""
    if entry.state is not State.RECEIVED:
        return None
    return entry if entry.acknowledged else replace(entry, acknowledged=True, due_at=now + wait)


def overtakes(place: Place, others: Iterable[tuple[Place, State]]) -> bool:
    """Whether something before this place, about the same referral, has still to be handed over."""
    return any(state is State.RECEIVED and other < place for other, state in others)


def claimed(entry: Entry, now: datetime, lease: timedelta, *, behind: bool = False) -> Entry | None:
    """It is one worker's for the time of the lease; None when it is not due, another's, or behind another."""
    if behind or entry.state is not State.RECEIVED or entry.due_at is None or entry.due_at > now:
        return None
    if entry.lease_until is not None and entry.lease_until > now:
        return None
    return replace(entry, fence=entry.fence + 1, attempts=entry.attempts + 1, lease_until=now + lease)


def postponed(entry: Entry, fence: int, now: datetime, wait: timedelta) -> Entry | None:
    """The next try comes after ``wait``; None when it was settled before, or the fence is another's."""
    if entry.state is not State.RECEIVED or fence != entry.fence:
        return None
    return replace(entry, due_at=now + wait, lease_until=None)


def redriven(entry: Entry, now: datetime) -> Entry | None:
    """A person has it tried again; None when it does not wait for a person."""
    if entry.state is not State.QUARANTINED:
        return None
    return replace(entry, state=State.RECEIVED, attempts=0, due_at=now)


def _settled(entry: Entry, state: State) -> Entry:
    return replace(entry, state=state, due_at=None, lease_until=None)
