"""A queue, a message that came in, and those about one referral, each twice: as rows and as machines.

A command is done to both, and after it the row must be what the machine says, to the microsecond.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from services.exchange.model.inbox import Declined, Due, State, Status, Taken
from services.exchange.model.outbox import Draft, Envelope, Head, OutState, Sealed, Try
from services.exchange.rules.queue import Postpone, QueueState, Settle, Standing
from services.exchange.store import inbox, messages, outbox, pauses, queueing, results
from services.exchange.store.results import Result
from services.kit.db import Database, Work
from services.kit.ids import new_id, new_reference
from services.kit.policy import Caller, Policy
from tests.simulation import entries, queues

Command: TypeAlias = tuple[Any, ...]

POLICY = Policy.load("services.exchange")
WITHDRAW = "withdraw_referral"
CLIENT = "ee-dev/GOV/70008747/polis"
TRIES = {
    OutState.DELIVERED: Try(1, "delivered"),
    OutState.QUARANTINED: Try(1, "quarantined", "business", "NO"),
    OutState.WAITING: Try(1, "failed", "transport", "timeout"),
}
AT_ONCE = timedelta(0)
ENVELOPE = Envelope("soap", "POST", "/", "text/xml", Sealed(uuid4(), b"wrapped", bytes(32), b"bytes"))


@asynccontextmanager
async def working(database: Database, *words: str) -> AsyncIterator[tuple[Work, datetime]]:
    caller, operation, purpose = words or ("worker:delivery", "deliver_message", "delivery")
    permit = POLICY.permit(Caller.system(caller, "exchange"), operation, purpose)
    async with database.work(permit, str(uuid4())) as work:
        (row,) = await work.fetch("select now() as now")
        yield work, row["now"]


def drafts(partner: str, stream: UUID, waiting: list[bool]) -> list[Draft]:
    values = {"partner": partner, "stream": stream, "kind": "caseNotice", "reference": new_reference()}
    return [
        Draft(
            id=uuid4(),
            event_id=uuid4(),
            envelope=ENVELOPE if one else None,
            reason=None if one else "notice-unavailable",
            **values,
        )
        for one in waiting
    ]


class BothQueues:
    """One queue twice: as rows, and as the machine says that they are."""

    def __init__(self, work_of: Callable[[], Any]) -> None:
        self._work_of = work_of
        self.stream, self.machine = uuid4(), queues.Queue()
        self.partner = f"ee-dev/GOV/1/{self.stream.hex[:8]}"
        self.ids: list[UUID] = []
        self.heads: list[Head] = []
        self.pause: UUID | None = None

    async def do(self, command: Command) -> None:
        name, *words = command
        async with self._work_of() as (work, now):
            await getattr(self, f"_{name}")(work, now, *words)
            assert await self._rows(work) == self.machine

    async def _append(self, work: Work, now: datetime, waiting: list[bool]) -> None:
        new = drafts(self.partner, self.stream, waiting)
        await queueing.enqueue(work, new)
        self.ids += [one.id for one in new]
        states = [OutState.WAITING if one else OutState.QUARANTINED for one in waiting]
        self.machine = queues.appended(self.machine, states, now)

    async def _claim(self, work: Work, now: datetime, lease: timedelta) -> None:
        heads = await outbox.claim(work, self.partner, limit=100, lease=lease)
        mine = [each for each in heads if each.lease.stream == self.stream]
        expected = queues.claimed(self.machine, now, lease, paused=self.pause is not None)
        self._agree(bool(mine), expected)
        for head in mine:
            assert head.id == self.ids[self.machine.head - 1]
            assert (head.lease.fence, head.lease.tries) == (self.machine.fence, self.machine.tries)
        self.heads += mine

    async def _renew(self, work: Work, now: datetime, which: int, lease: timedelta) -> None:
        if head := self._head(which):
            kept = await outbox.renew(work, [head.lease], lease=lease)
            self._agree(bool(kept), queues.renewed(self.machine, head.lease.fence, now, lease))

    async def _release(self, work: Work, _: datetime, which: int) -> None:
        if head := self._head(which):
            await outbox.release(work, head.lease)
            self.machine = queues.released(self.machine, head.lease.fence)

    async def _settle(self, work: Work, now: datetime, which: int, state: OutState) -> None:
        if head := self._head(which):
            if state is OutState.DELIVERED:  # without bytes nothing is delivered
                (got,) = await outbox.keep_content(work, [(head, ENVELOPE)])
                assert got == self.machine.holds(head.lease.fence, now)
            verdict = Settle(state, None if state is OutState.DELIVERED else "a-reason")
            (kept,) = await results.write(work, [Result(head, verdict, TRIES.get(state))])
            self._agree(kept, queues.tried(self.machine, head.lease.fence, Settle(state), now))

    async def _again(self, work: Work, now: datetime, which: int, again: Postpone) -> None:
        if head := self._head(which):
            (kept,) = await results.write(work, [Result(head, again, TRIES[OutState.WAITING])])
            self._agree(kept, queues.tried(self.machine, head.lease.fence, again, now))

    async def _pause(self, work: Work, _: datetime) -> None:
        begun = new_id()
        done = await pauses.begin(work, begun, self.partner, "our-maintenance")
        assert done == (self.pause is None)
        self.pause = self.pause or begun

    async def _resume(self, work: Work, _: datetime) -> None:
        if self.pause is not None:
            assert await pauses.end(work, self.pause)
        self.pause = None

    async def _forward(self, work: Work, now: datetime, said: bool) -> None:  # noqa: FBT001 - drawn
        moved = await outbox.bring_forward(work, self.partner, most=None if said else 9, spread=AT_ONCE)
        self._agree(bool(moved), queues.forwarded(self.machine, now, AT_ONCE, 1000, said=said))

    async def _redrive(self, work: Work, now: datetime, which: int) -> None:
        if self.ids:
            number = which % len(self.ids) + 1
            changed = await messages.redrive(work, await self._locked(work, number))
            self._agree(changed, queues.redriven(self.machine, number, now))

    async def _skip(self, work: Work, now: datetime, which: int) -> None:
        if self.ids:
            number = which % len(self.ids) + 1
            changed = await messages.skip(work, await self._locked(work, number), "no-longer-needed")
            self._agree(changed, queues.skipped(self.machine, number, now))

    async def _pass(self, work: Work, _: datetime, time: timedelta) -> None:
        statement = "update outbox_queue set due_at = due_at - $1::interval, lease_until = lease_until - $1"
        await work.fetch(statement + " where stream = $2", time, self.stream)
        self.machine = earlier(self.machine, time)

    async def _locked(self, work: Work, number: int) -> messages.Message:
        message = await messages.lock(work, self.ids[number - 1])
        assert message is not None
        return message

    def _agree(self, changed: bool, expected: queues.Queue | None) -> None:  # noqa: FBT001 - an answer
        assert changed == (expected is not None)
        self.machine = expected or self.machine

    def _head(self, which: int) -> Head | None:
        """One that was claimed, ever: the last ones most often."""
        return self.heads[-1 - which % len(self.heads)] if self.heads else None

    async def _rows(self, work: Work) -> queues.Queue:
        items = await work.fetch("select * from outbox where stream = $1 order by number", self.stream)
        assert [row["number"] for row in items] == list(range(1, len(items) + 1))
        held = tuple(queues.Item(OutState(row["state"]), row["tries"]) for row in items)
        for row in await work.fetch("select * from outbox_queue where stream = $1", self.stream):
            names = {one.name for one in fields(Standing)} - {"state"}
            state = QueueState(row["state"])
            return queues.Queue(items=held, state=state, **{name: row[name] for name in names})
        return queues.Queue()


def earlier(machine: Any, time: timedelta) -> Any:
    """What stands in it as a time is nearer: as if ``time`` had passed."""
    names = ("due_at", "lease_until")
    moved = {name: getattr(machine, name) and getattr(machine, name) - time for name in names}
    return replace(machine, **moved)


class BothEntries:
    """One message that came in, twice."""

    def __init__(self, machine: entries.Entry, row_id: UUID, *, is_about: bool = False) -> None:
        self.machine, self.id, self.is_about = machine, row_id, is_about
        self.dues: list[Due] = []

    async def do(self, work: Work, now: datetime, command: Command) -> None:
        name, *words = command
        due = self.dues[-1 - words[0] % len(self.dues)] if self.dues and WHICH_FIRST.get(name) else None
        if WHICH_FIRST.get(name) and due is None:
            return
        changed, expected = await getattr(self, f"_{name.replace(' ', '_')}")(work, now, due, *words)
        assert changed == (expected is not None)
        self.machine = expected or self.machine
        assert await self.row(work) == self.machine

    async def _hand_over(self, work: Work, _: datetime, __: None) -> Any:
        done = await inbox.hand_over(work, [(self.id, a_taken(), None)])
        return bool(done), entries.handed_over(self.machine)

    async def _hand_over_of(self, work: Work, _: datetime, due: Due, __: int) -> Any:
        done = await inbox.hand_over(work, [(self.id, a_taken(), due.fence)])
        return bool(done), entries.handed_over(self.machine, due.fence)

    async def _decline(self, work: Work, _: datetime, __: None) -> Any:
        done = await inbox.decline(work, self.id, Declined("referral-invalid"))
        return bool(done), entries.declined(self.machine)

    async def _put_aside(self, work: Work, _: datetime, due: Due, __: int) -> Any:
        done = await inbox.put_aside(work, due, Declined("referral-invalid"))
        return bool(done), entries.put_aside(self.machine, due.fence)

    async def _acknowledge(self, work: Work, now: datetime, _: None, wait: timedelta) -> Any:
        done = await inbox.acknowledge(work, self.id, wait=wait)
        return bool(done), entries.acknowledged(self.machine, now, wait)

    async def _claim(self, work: Work, now: datetime, _: None, lease: timedelta) -> Any:
        mine = [one for one in await inbox.claim(work, limit=1000, lease=lease) if one.id == self.id]
        expected = entries.claimed(self.machine, now, lease)
        for one in mine:
            assert expected is not None
            assert (one.fence, one.attempts) == (expected.fence, expected.attempts)
        self.dues += mine
        return bool(mine), expected

    async def _postpone(self, work: Work, now: datetime, due: Due, __: int, wait: timedelta) -> Any:
        done = await inbox.postpone(work, due, wait=wait)
        return done, entries.postponed(self.machine, due.fence, now, wait)

    async def _redrive(self, work: Work, now: datetime, _: None) -> Any:
        return await inbox.redrive(work, self.id), entries.redriven(self.machine, now)

    async def _pass(self, work: Work, _: datetime, __: None, time: timedelta) -> Any:
        statement = """
            update inbox set lease_until = lease_until - $1::interval,
                next_attempt_at = next_attempt_at - $1::interval where id = $2
        """
        await work.fetch(statement, time, self.id)
        return True, earlier(self.machine, time)

    async def row(self, work: Work) -> entries.Entry:
        (row,) = await work.fetch("select * from inbox where id = $1", self.id)
        return entries.Entry(
            State(row["state"]),
            row["acknowledged_at"] is not None,
            row["next_attempt_at"],
            row["attempts"],
            row["lease_until"],
            row["fence"],
        )


class BothThreads:
    """All that a sender has sent about one referral, twice: its row, and the rows that are about it."""

    def __init__(self) -> None:
        self.referral = str(new_id())
        self.places: dict[UUID, entries.Place] = {}
        self.rows: dict[UUID, BothEntries] = {}

    async def do(self, work: Work, now: datetime, command: Command) -> None:
        name, *words = command
        if name == "of":
            which, step = words
            rows = list(self.rows.values())
            if rows:
                await rows[which % len(rows)].do(work, now, step)
        else:
            await getattr(self, f"_{name}")(work, now, *words)
        for row in self.rows.values():
            assert await row.row(work) == row.machine

    async def _send(self, work: Work, now: datetime, operation: str, version: int) -> None:
        """Another message; one that is due at once, since the worker is what this is about."""
        about = new_reference() if operation != "submit_referral" else None
        words = {"operation": operation, "sender_version": version, "sender_reference": self.referral}
        new = replace(a_message(AT_ONCE, acknowledged=True), about=about, **words)
        await inbox.insert(work, [new])
        self.places[new.id] = entries.Place(version, operation == WITHDRAW, work.now, new.id)
        self.rows[new.id] = BothEntries(
            entries.stored(now, acknowledged=True, hold=AT_ONCE), new.id, is_about=about is not None
        )

    async def _claim(self, work: Work, now: datetime, lease: timedelta) -> None:
        given = {one.id: one for one in await inbox.claim(work, limit=1000, lease=lease)}
        before = {each: row.machine for each, row in self.rows.items()}
        for each, row in self.rows.items():
            others = [(self.places[other], entry.state) for other, entry in before.items()]
            behind = row.is_about and entries.overtakes(self.places[each], others)
            expected = entries.claimed(row.machine, now, lease, behind=behind)
            assert (each in given) == (expected is not None)
            row.machine = expected or row.machine
            row.dues += [given[each]] if each in given else []


WHICH_FIRST = dict.fromkeys(("hand over of", "put aside", "postpone"), True)


def a_taken() -> Taken:
    return Taken(new_reference(), Status.AWAITING_SCREENING)


def a_message(hold: timedelta, *, acknowledged: bool) -> inbox.NewMessage:
    values = dict.fromkeys(("key_wrapped", "message_sealed", "referral_sealed"), b"w")
    ids = {name: new_id() for name in ("id", "request_id", "key_id")}
    return inbox.NewMessage(
        acknowledged=acknowledged,
        hold=hold,
        client=CLIENT,
        message_id=str(new_id()),
        protocol="soap",
        operation="submit_referral",
        digest=bytes(32),
        reference=new_reference(),
        sender_reference="S-1",
        sender_version=1,
        xroad_request_id=None,
        **values,
        **ids,
    )
