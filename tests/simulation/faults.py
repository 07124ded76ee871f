"""Systems that are wrong on purpose, each in one place, and the check that must notice it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, TypeVar

from services.exchange.model.inbox import Answer, Declined, State
from services.exchange.model.outbox import OutState
from services.exchange.rules.delivery import Nature, nature
from services.exchange.rules.queue import Postpone, QueueState, Settle, Verdict
from tests.simulation.database import Database, Due, Head, Out, Row
from tests.simulation.entries import Entry
from tests.simulation.exchange import Doing, Down, Exchange, Submission
from tests.simulation.outside import Ended, Event
from tests.simulation.queues import Queue


@dataclass(frozen=True, slots=True)
class Fault:
    """A system that is wrong, and the invariant whose check is to notice it."""

    system: type[Exchange]
    invariant: str


FAULTS: Final[dict[str, Fault]] = {}
_System = TypeVar("_System", bound=type[Exchange])


def _caught_by(invariant: str) -> Callable[[_System], _System]:
    def register(system: _System) -> _System:
        FAULTS[system.__name__] = Fault(system, invariant)
        return system

    return register


@_caught_by("INV-1")
class AcknowledgedTooEarly(Exchange):
    """The sender is told before T1 has committed."""

    def submit(self, call: Submission, *, later: bool) -> Doing[None]:
        call.told("success", self.around.new_id() + 1)
        yield from super().submit(call, later=later)


@_caught_by("INV-1")
class UnknownIsSuccess(Exchange):
    """A commit whose outcome nobody knows is answered as a success."""

    def on_unknown(self, call: Submission) -> None:
        call.told("success")


@_caught_by("INV-1")
class ReleasedAfterAcknowledgement(Exchange):
    """T2 releases a row that was acknowledged before."""

    def settled(self, entry: Entry, answer: Answer) -> Entry | None:
        found = super().settled(entry, answer)
        if isinstance(answer, Declined) and found is not None:
            return replace(found, state=State.REFUSED)
        return found


@_caught_by("INV-2")
class StuckAfterFailure(Exchange):
    """A sender whose first try failed is refused for ever."""

    def on_unknown(self, call: Submission) -> None:
        super().on_unknown(call)
        self.stuck = (call.client, call.message)

    def submit(self, call: Submission, *, later: bool) -> Doing[None]:
        if (call.client, call.message) == getattr(self, "stuck", None):
            call.told("failure")
            return
        yield from super().submit(call, later=later)


@_caught_by("INV-3")
class AnotherReferencePerTry(Exchange):
    """Each hand-over has a reference of its own."""

    def reference(self, row: Row) -> int:
        return self.around.new_id()


@_caught_by("INV-3")
class NotHandedOver(Exchange):
    """A claimed row counts as handed over before the register has it."""

    def claim_rows(self) -> Sequence[Due]:
        due = super().claim_rows()
        for one in due:
            entry = self.db.inbox[one.row].entry
            self.db.change(one.row, replace(entry, state=State.HANDED_OVER, due_at=None, lease_until=None))
        return due


class AnyContent(Database):
    def same(self, known: Row, new: Row) -> bool:
        return True


@_caught_by("INV-4")
class KnownByIdAlone(Exchange):
    """A message that came again is known by its id, whatever it says."""

    database_class: ClassVar[type[Database]] = AnyContent


@_caught_by("INV-6")
class ForgottenAfterFailure(Exchange):
    """A row whose hand-over failed is left with nobody to come for it."""

    def hand(self, due: Due, answer: Answer) -> None:
        super().hand(due, answer)
        entry = self.db.inbox[due.row].entry
        if entry.state is State.RECEIVED:
            self.db.change(due.row, replace(entry, due_at=None))


@_caught_by("INV-7")
class CursorBeforeMessages(Exchange):
    """The cursor goes on in a transaction of its own, before the messages are in their queues."""

    def apply(
        self, ready: list[tuple[Event, Out]], place: tuple[int, int] | None, cursor: tuple[int, int]
    ) -> Doing[None]:
        if (yield from self.transaction(lambda: self.db.move(place, cursor))):
            yield from self.transaction(lambda: self.put(ready))


@_caught_by("INV-7")
class AppliedTwice(Exchange):
    """Events are applied again when the feed begins anew."""

    def put(self, ready: list[tuple[Event, Out]]) -> None:
        for event, out in ready:
            self.db.enqueue(self.queue_of(event), out, self.around.now)


@_caught_by("INV-10")
class AtMostOnce(Exchange):
    """A message counts as delivered before it is sent."""

    def errand(self, head: Head) -> Doing[None]:
        try:
            yield from self.transaction(lambda: self.record(head, None, Settle(OutState.DELIVERED)))
        except Down:
            return
        yield from self.send(head)


@_caught_by("INV-11")
class GlobalSerial(Exchange):
    """Numbers are drawn when the content was fetched, not under the lock of the queue."""

    def ordered(self, ready: list[tuple[Event, Out]]) -> list[tuple[Event, Out]]:
        self.dice.shuffle(ready)
        return ready


@_caught_by("INV-11")
class HeadSkipped(Exchange):
    """After a passing failure the next message of the case is sent first."""

    def record(self, head: Head, ended: Ended, verdict: Verdict) -> None:
        super().record(head, ended, verdict)
        queue = self.db.queues[head.queue]
        if (
            isinstance(verdict, Postpone)
            and head.number + 1 < queue.next_number
            and queue.head == head.number
        ):
            self.db.write(head.queue, replace(queue, head=head.number + 1, due_at=self.around.now))


@_caught_by("INV-11")
class QuarantineReleases(Exchange):
    """What is put aside lets the next one of its case go."""

    def record(self, head: Head, ended: Ended, verdict: Verdict) -> None:
        super().record(head, ended, verdict)
        queue = self.db.queues[head.queue]
        blocked = queue.state is QueueState.BLOCKED and queue.head + 1 < queue.next_number
        if blocked and queue.items[queue.head].state is OutState.WAITING:
            state = QueueState.DUE
            self.db.write(
                head.queue, replace(queue, head=queue.head + 1, state=state, due_at=self.around.now)
            )


@_caught_by("INV-11")
class RedrivenAtTheEnd(Exchange):
    """What is redriven is put at the end of its queue."""

    def decide(self, key: tuple[str, str], *, skip: bool) -> bool:
        number = self.db.queues[key].head
        done = super().decide(key, skip=True)
        if not skip:
            out = self.db.messages[key][number - 1]
            self.db.enqueue(key, out, self.around.now)
        return done


@_caught_by("INV-12")
class OneLine(Exchange):
    """A partner is only served while no other waits for a further try."""

    def line(self, process: str, partner: str) -> Doing[None]:
        for way in super().line(process, partner):
            while any(queue.tries for key, queue in self.db.queues.items() if key[0] != partner):
                yield timedelta(seconds=1)
            yield way


class Waiting(Database):
    def is_paused(self, partner: str) -> bool:
        return super().is_paused(partner) or any(key[0] == partner for key in self.blocked())


@_caught_by("INV-12")
class CaseStopsPartner(Exchange):
    """A case that waits for a person holds up all others of its partner."""

    database_class: ClassVar[type[Database]] = Waiting


class OnePause(Database):
    def is_paused(self, partner: str) -> bool:
        return bool(self.paused)


@_caught_by("INV-12")
class PauseOfAll(Exchange):
    """A pause of one partner is one of all."""

    database_class: ClassVar[type[Database]] = OnePause


class Unpaused(Database):
    def is_paused(self, partner: str) -> bool:
        return False


@_caught_by("PAUSED")
class ClaimedInAPause(Exchange):
    """Whoever claims does not look at pauses."""

    database_class: ClassVar[type[Database]] = Unpaused


class Overtaking(Database):
    def behind(self, row: Row) -> bool:
        return False


@_caught_by("BEHIND")
class HandedOverAsItComes(Exchange):
    """The worker claims what is due, and does not look at what is in front of it."""

    database_class: ClassVar[type[Database]] = Overtaking


@_caught_by("BEHIND")
class AskedAtOnce(Exchange):
    """The register is asked about a correction though what it is about waits."""

    def waits(self, call: Submission) -> bool:
        return False


@_caught_by("INV-13")
class NewIdPerTry(Exchange):
    """Each try has an id of its own."""

    def seen_id(self, head: Head) -> int:
        return self.around.new_id() if head.tries else head.out.id


@_caught_by("INV-13")
class RenderedPerTry(Exchange):
    """The bytes are made anew for each try."""

    def body(self, head: Head) -> tuple[int, int]:
        return (head.out.event, self.around.new_id())


class Unfenced(Database):
    def after(self, queue: Queue, head: Head, verdict: Verdict, now: datetime) -> Queue | None:
        if queue.head == queue.next_number:
            return None
        held = replace(queue, lease_until=now + timedelta(seconds=1))
        return super().after(held, replace(head, fence=queue.fence), verdict, now)


@_caught_by("INV-14")
class WithoutFence(Exchange):
    """A result is written down whoever holds the lease by now."""

    database_class: ClassVar[type[Database]] = Unfenced

    def errand(self, head: Head) -> Doing[None]:
        yield from super().errand(replace(head, limit=head.limit + timedelta(days=1)))


@_caught_by("INV-15")
class NoCap(Exchange):
    """The wait doubles without an end."""

    def verdict(self, head: Head, ended: Ended) -> Verdict:
        found = super().verdict(head, ended)
        return replace(found, wait=timedelta(seconds=2**head.tries)) if isinstance(found, Postpone) else found


@_caught_by("INV-15")
class GivenUp(Exchange):
    """A message is put aside after five failures of whatever nature."""

    def verdict(self, head: Head, ended: Ended) -> Verdict:
        found = super().verdict(head, ended)
        if isinstance(found, Postpone) and head.tries >= 4:
            return Settle(OutState.QUARANTINED, "unknown-error")
        return found


@_caught_by("INV-15")
class TriedForEver(Exchange):
    """A message that the partner refuses is sent again and again."""

    def verdict(self, head: Head, ended: Ended) -> Verdict:
        if ended is not None and nature(ended) is Nature.PERMANENT:
            return Postpone(timedelta(seconds=1), unknown=False)
        return super().verdict(head, ended)
