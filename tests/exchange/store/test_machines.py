"""The statements of the store do what the pure machines of ``rules`` say, command by command.

Both get the same random commands, the stale and the foolish ones as well: results of leases that were lost,
decisions about what was settled. After each the row must be what the machine says, to the microsecond.
"""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from services.exchange.model.outbox import OutState
from services.exchange.rules.queue import Postpone
from services.exchange.store import inbox
from services.kit.clock import SystemClock
from services.kit.db import Database
from tests.exchange.store.machines import (
    CLIENT,
    WITHDRAW,
    BothEntries,
    BothQueues,
    BothThreads,
    Command,
    a_message,
    working,
)
from tests.simulation import entries

WORKER = ("worker:intake", "hand_over_referral", "intake")
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
    ("again", 0, Postpone(NOW, unknown=True)),
    ("claim", LATER),
    ("settle", 0, OutState.QUARANTINED),
    ("redrive", 0),
    ("claim", LATER),
    ("again", 0, Postpone(NOW, unknown=True)),
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
        st.tuples(st.just("again"), WHICH, st.builds(Postpone, SECONDS, st.booleans(), st.booleans())),
        st.tuples(st.just("redrive"), WHICH),
        st.tuples(st.just("skip"), WHICH),
        st.tuples(st.sampled_from(["pause", "resume", "resume"])),
        st.tuples(st.just("forward"), st.booleans()),
        st.tuples(st.just("pass"), SECONDS),
    ),
    min_size=15,
    max_size=40,
)
#: Nothing is claimed in a pause, what was claimed before ends; then what waits is brought forward.
PAUSED: list[Command] = [
    ("append", [True, True]),
    ("claim", LATER),
    ("pause",),
    ("settle", 0, OutState.DELIVERED),
    ("claim", LATER),
    ("resume",),
    ("claim", LATER),
    ("again", 0, Postpone(LATER, unknown=False, asked=True)),
    ("forward", False),
    ("forward", True),
    ("claim", LATER),
]
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


STEPS = st.sampled_from(
    [("hand over",), ("hand over of", 0), ("put aside", 0), ("postpone", 0, NOW), ("redrive",)]
)
THREAD_COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.just("correct_referral"), st.integers(2, 4)),
        st.tuples(st.just("send"), st.just(WITHDRAW), st.integers(1, 4)),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("claim"), LEASES),
        st.tuples(st.just("of"), st.integers(0, 5), STEPS),
        st.tuples(st.just("of"), st.integers(0, 5), STEPS),
    ),
    min_size=8,
    max_size=20,
)
#: Each waits for the one before; what was put aside lets the next one go; redriven, it goes first again.
ONE_AFTER_THE_OTHER: list[Command] = [
    ("send", WITHDRAW, 2),
    ("send", "correct_referral", 2),
    ("claim", NOW),
    ("of", 0, ("hand over",)),
    ("claim", NOW),
    ("of", 2, ("put aside", 0)),
    ("claim", NOW),
    ("of", 2, ("redrive",)),
    ("claim", NOW),
    ("of", 2, ("hand over",)),
    ("claim", NOW),
]


@pytest.fixture(scope="module")
async def database(service_database: Callable[[str], Any]) -> AsyncIterator[Database]:
    url = service_database("exchange").url
    made = Database(url, service="exchange", clock=SystemClock(), audit_key=bytes(32))
    await made.open()
    yield made
    await made.close()


@given(commands=QUEUE_COMMANDS)
@example(commands=TRIED_AND_SETTLED)
@example(commands=PAUSED)
@FEW
async def test_the_rows_of_a_queue_are_what_the_machine_says(
    database: Database, commands: list[Command]
) -> None:
    both = BothQueues(lambda: working(database))
    for command in commands:
        await both.do(command)


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
        async with working(database, *WORKER) as (work, now):
            await both.do(work, now, command)


@given(commands=THREAD_COMMANDS)
@example(commands=ONE_AFTER_THE_OTHER)
@FEW
async def test_what_is_about_a_referral_waits_as_the_machine_says(
    database: Database, commands: list[Command]
) -> None:
    both = BothThreads()
    async with working(database, CLIENT, "submit_referral", "intake") as (work, now):
        await both.do(work, now, ("send", "submit_referral", 1))
    for command in commands:
        permit = (CLIENT, "submit_referral", "intake") if command[0] == "send" else WORKER
        async with working(database, *permit) as (work, now):
            await both.do(work, now, command)
