"""The statements of the store do what the pure machines of ``rules`` say, command by command.

Both get the same random commands, the stale and the foolish ones as well: results of leases that were lost,
decisions about what was settled. After each the row must be what the machine says, to the microsecond.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from services.exchange.model.inbox import Declined, Due, State, Status, Taken
from services.exchange.model.outbox import Draft, Envelope, Head, OutState, Sealed, Try
from services.exchange.rules import inbox as entries
from services.exchange.rules import queue as queues
from services.exchange.store import inbox, messages, outbox, queueing
from services.kit.clock import SystemClock
from services.kit.db import Database, Work
from services.kit.ids import new_id, new_reference
from services.kit.policy import Caller, Policy

Command: TypeAlias = tuple[Any, ...]

POLICY = Policy.load("services.exchange")
CLIENT = "ee-dev/GOV/70008747/polis"
TRIES = {
    OutState.DELIVERED: Try(1, "delivered"),
    OutState.QUARANTINED: Try(1, "quarantined", "business", "NO"),
    OutState.WAITING: Try(1, "failed", "transport", "timeout"),
}
ENVELOPE = Envelope("soap", "POST", "/", "text/xml", Sealed(uuid4(), b"wrapped", bytes(32), b"bytes"))
SECONDS = st.sampled_from([0, 0, 5, 60]).map(lambda seconds: timedelta(seconds=seconds))
WHICH = st.sampled_from([0, 0, 0, 0, 1, 2, 5])  # the last claim mostly, and stale ones
LEASES = st.sampled_from([60, 60, 60, 0]).map(lambda seconds: timedelta(seconds=seconds))
#: A run of hypothesis with a database behind it is slow, and its fixture holds nothing of one example.
FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # making an example small takes minutes here
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NOW, LATER = timedelta(0), timedelta(seconds=60)
#: What chance seldom does in the right order: counts begin anew for the next head, and for a redriven one.
TRIED_AND_SETTLED: list[Command] = [
    ("append", [True, True]),
    ("claim", LATER),
    ("again", 0, NOW, True),
    ("claim", LATER),
    ("settle", 0, OutState.QUARANTINED),
    ("redrive", 0),
    ("claim", LATER),
    ("again", 0, NOW, True),
    ("claim", LATER),
    ("settle", 0, OutState.DELIVERED),
    ("claim", LATER),
]
PUT_ASIDE_AND_REDRIVEN: list[Command] = [
    ("claim", LATER),
    ("postpone", 0, NOW),
    ("claim", LATER),
    ("put aside", 0),
    ("redrive",),
    ("claim", LATER),
    ("hand over of", 0),
]
SETTLED = st.sampled_from([OutState.DELIVERED, OutState.QUARANTINED, OutState.SKIPPED])
QUEUE_COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.booleans(), min_size=1, max_size=3)),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("renew"), WHICH, SECONDS),
        st.tuples(st.just("release"), WHICH),
        st.tuples(st.just("settle"), WHICH, SETTLED),
        st.tuples(st.just("again"), WHICH, SECONDS, st.booleans()),
        st.tuples(st.just("redrive"), WHICH),
        st.tuples(st.just("skip"), WHICH),
        st.tuples(st.just("pass"), SECONDS),
    ),
    min_size=15,
    max_size=40,
)
INBOX_COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.just("hand over")),
        st.tuples(st.just("hand over of"), WHICH),
        st.tuples(st.just("decline")),
        st.tuples(st.just("put aside"), WHICH),
        st.tuples(st.just("acknowledge"), SECONDS),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("postpone"), WHICH, SECONDS),
        st.tuples(st.just("redrive")),
        st.tuples(st.just("pass"), SECONDS),
    ),
    min_size=6,
    max_size=20,
)


@pytest.fixture(scope="module")
async def database(service_database: Callable[[str], Any]) -> AsyncIterator[Database]:
    url = service_database("exchange").url
    made = Database(url, service="exchange", clock=SystemClock(), audit_key=bytes(32))
    await made.open()
    yield made
    await made.close()


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
        expected = queues.claimed(self.machine, now, lease)
        self._agree(bool(mine), expected)
        for head in mine:
            assert head.id == self.ids[self.machine.head - 1]
            assert (head.lease.fence, head.lease.tries) == (self.machine.fence, self.machine.tries)
        self.heads += mine

    async def _renew(self, work: Work, now: datetime, which: int, lease: timedelta) -> None:
        if head := self._head(which):
            kept = await outbox.renew(work, self.partner, [head.lease], lease=lease)
            self._agree(bool(kept), queues.renewed(self.machine, head.lease.fence, now, lease))

    async def _release(self, work: Work, _: datetime, which: int) -> None:
        if head := self._head(which):
            await outbox.release(work, head.lease)
            self.machine = queues.released(self.machine, head.lease.fence)

    async def _settle(self, work: Work, now: datetime, which: int, state: OutState) -> None:
        if head := self._head(which):
            if state is OutState.DELIVERED:
                got = await outbox.keep_content(work, head, ENVELOPE)  # without bytes nothing is delivered
                assert got == self.machine.holds(head.lease.fence, now)
                kept = await outbox.delivered(work, head, TRIES[state])
            elif state is OutState.SKIPPED:
                kept = await outbox.stopped(work, head)
            else:
                kept = await outbox.quarantine(work, head, TRIES[state], "partner-refused")
            self._agree(kept, queues.settled(self.machine, head.lease.fence, state, now))

    async def _again(self, work: Work, now: datetime, which: int, wait: timedelta, unknown: bool) -> None:  # noqa: FBT001 - drawn
        if head := self._head(which):
            kept = await outbox.again(work, head, TRIES[OutState.WAITING], wait=wait, unknown=unknown)
            fence = head.lease.fence
            self._agree(kept, queues.postponed(self.machine, fence, now, wait=wait, unknown=unknown))

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
            names = ("head", "due_at", "tries", "unknown_tries", "lease_until", "fence")
            assert row["next_number"] == len(items) + 1
            state = queues.QueueState(row["state"])
            return queues.Queue(items=held, state=state, **{name: row[name] for name in names})
        return queues.Queue()


def earlier(machine: Any, time: timedelta) -> Any:
    """What stands in it as a time is nearer: as if ``time`` had passed."""
    names = ("due_at", "lease_until")
    moved = {name: getattr(machine, name) and getattr(machine, name) - time for name in names}
    return replace(machine, **moved)


@given(commands=QUEUE_COMMANDS)
@example(commands=TRIED_AND_SETTLED)
@FEW
async def test_the_rows_of_a_queue_are_what_the_machine_says(
    database: Database, commands: list[Command]
) -> None:
    both = BothQueues(lambda: working(database))
    for command in commands:
        await both.do(command)


class BothEntries:
    """One message that came in, twice."""

    def __init__(self, machine: entries.Entry, row_id: UUID) -> None:
        self.machine, self.id = machine, row_id
        self.dues: list[Due] = []

    async def do(self, work: Work, now: datetime, command: Command) -> None:
        name, *words = command
        due = self.dues[-1 - words[0] % len(self.dues)] if self.dues and WHICH_FIRST.get(name) else None
        if WHICH_FIRST.get(name) and due is None:
            return
        changed, expected = await getattr(self, f"_{name.replace(' ', '_')}")(work, now, due, *words)
        assert changed == (expected is not None)
        self.machine = expected or self.machine
        assert await self._row(work) == self.machine

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

    async def _row(self, work: Work) -> entries.Entry:
        (row,) = await work.fetch("select * from inbox where id = $1", self.id)
        return entries.Entry(
            State(row["state"]),
            row["acknowledged_at"] is not None,
            row["next_attempt_at"],
            row["attempts"],
            row["lease_until"],
            row["fence"],
        )


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


@given(commands=INBOX_COMMANDS, acknowledged=st.booleans(), hold=SECONDS)
@example(commands=PUT_ASIDE_AND_REDRIVEN, acknowledged=False, hold=NOW)
@FEW
async def test_the_row_of_a_message_is_what_the_machine_says(
    database: Database,
    commands: list[Command],
    acknowledged: bool,  # noqa: FBT001 - drawn
    hold: timedelta,
) -> None:
    new = a_message(hold, acknowledged=acknowledged)
    async with working(database, CLIENT, "submit_referral", "intake") as (work, now):
        await inbox.insert(work, [new])
        both = BothEntries(entries.stored(now, acknowledged=acknowledged, hold=hold), new.id)
    for command in commands:
        async with working(database, "worker:intake", "hand_over_referral", "intake") as (work, now):
            await both.do(work, now, command)
