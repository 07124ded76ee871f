"""Under load any one program is killed at any moment, again and again; then clients and system compare notes.

42 kills, 1 000 with TURVAVORK_SOAK=1. TURVAVORK_SEED repeats a run, TURVAVORK_KILLS says how long it is.
"""

import asyncio
import contextlib
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from services.kit import outage
from tests.system import harvest
from tests.system.coordinators import Coordinators
from tests.system.ledger import Found, Ledger, differences
from tests.system.letters import Pen
from tests.system.running import Running
from tests.system.senders import Senders, client_of

PROGRAMS = (
    "exchange",
    "exchange-worker",
    "cases",
    "cases-worker",
    "riskscore",
    "indicators",
    "indicators-worker",
    "gateway",
    "postgres",
)
SOAK = os.environ.get("TURVAVORK_SOAK") == "1"
KILLS = int(os.environ.get("TURVAVORK_KILLS", "1000" if SOAK else "42"))
RATE = 20.0  # referrals a second
SHORTEST, LONGEST = 0.4, 3.0  # seconds between two kills
QUIET = 150.0  # seconds within which everything must be answered, and then come to rest
MOST_WAITING = 500  # messages, notices and events together
SHOWN = 20

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system"), pytest.mark.timeout(7200 if SOAK else 600)]


@dataclass
class Killer:
    """Kills programs in an order of chance, all of them before any one again."""

    running: Running
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)

    async def run(self, number: int) -> None:
        """Kill so many times, each time after a pause of chance."""
        turns = self._turns()
        while self.kills.total() < number:
            await asyncio.sleep(self.chance.uniform(SHORTEST, LONGEST))
            name = next(turns)
            if self.running.kill_program(name):
                self.kills[name] += 1

    def _turns(self) -> Iterator[str]:
        while True:
            yield from self.chance.sample(PROGRAMS, len(PROGRAMS))


@dataclass
class Storm:
    """The experiment: what the clients know in the end, and what there is."""

    seed: int
    senders: Senders
    coordinators: Coordinators
    killer: Killer
    found: Found | None = None
    seconds: float = 0.0

    async def rage(self, running: Running) -> None:
        """Load and kills; then no more of either, until all that was begun is answered, decided and told."""
        stop, home = asyncio.Event(), asyncio.Event()
        began = time.monotonic()
        sending = asyncio.create_task(self.senders.run(stop, rate=RATE))
        screening = asyncio.create_task(self.coordinators.run(home))
        holding = asyncio.create_task(self._hold_back(running))
        await self.killer.run(KILLS)
        self.seconds = time.monotonic() - began
        stop.set()
        holding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await holding
        await asyncio.wait_for(sending, QUIET)
        home.set()
        await asyncio.wait_for(screening, QUIET)
        await self._rest(running)
        self.found = await harvest.found(running)

    async def _hold_back(self, running: Running) -> None:
        """Let senders pause while more is on its way than can come to rest in time afterwards."""
        while True:
            with contextlib.suppress(*outage.DRIVER_ERRORS):
                self.senders.held = sum((await harvest.moving(running)).values()) > MOST_WAITING
            await asyncio.sleep(1)

    async def _rest(self, running: Running) -> None:
        deadline = time.monotonic() + QUIET
        while left := await self._moving(running):
            assert time.monotonic() < deadline, f"seed {self.seed}: it does not come to rest: {left}"
            await asyncio.sleep(0.5)

    async def _moving(self, running: Running) -> dict[str, int]:
        """What moves; the database itself does, while it recovers from the last kill."""
        try:
            return await harvest.moving(running)
        except outage.DRIVER_ERRORS:
            return {"database": 1}

    def __str__(self) -> str:
        assert self.found is not None
        sent, told = self.senders.ledger.sent, self.found.deliveries
        return (
            f"seed {self.seed}: {self.killer.kills.total()} kills in {self.seconds:.0f} s; "
            f"{len(sent)} referrals, {sum(len(one.receipts) for one in sent)} acknowledgements, "
            f"{self.senders.unanswered.total()} tries without one; "
            f"{len(self.senders.ledger.decisions)} decisions; {len(told)} deliveries of "
            f"{len({one.id for one in told})} notices; {len(self.found.facts)} cases counted"
        )


@pytest.fixture(scope="module")
async def storm(running: Running) -> Storm:
    """One storm, about which every test below asks something."""
    seed = int(os.environ.get("TURVAVORK_SEED") or secrets.randbelow(10**6))
    chance = [random.Random(seed + number) for number in range(2)]  # noqa: S311 - to be repeated
    pen, ledger = Pen(seed), Ledger()
    regions = tuple(sorted({template["region"] for template in pen.templates}))
    async with client_of(running.xroad) as http:
        senders = Senders(http, pen.letters(), chance[0], ledger)
        made = Storm(seed, senders, Coordinators(running, regions, ledger), Killer(running, chance[1]))
        await made.rage(running)
    print(made)  # noqa: T201 - pytest -s shows it
    return made


async def test_no_kill_loses_or_doubles_what_was_acknowledged(storm: Storm) -> None:
    """INV-1, INV-8: the ledgers of the clients, messages and decisions, are what there is."""
    assert storm.found is not None
    wrong = differences(storm.senders.ledger, storm.found)
    assert not wrong, f"{storm}: {len(wrong)} differences, the first: {wrong[:SHOWN]}"


async def test_every_message_is_acknowledged_in_the_end_and_none_is_refused(storm: Storm) -> None:
    assert all(one.receipts for one in storm.senders.ledger.sent)
    assert not storm.senders.refused, f"{storm}: {dict(storm.senders.refused)}"


async def test_a_decision_that_is_sent_again_is_confirmed_and_not_made_twice(storm: Storm) -> None:
    assert not storm.coordinators.refused, f"{storm}: {dict(storm.coordinators.refused)}"


async def test_no_program_falls_that_was_not_killed(storm: Storm, running: Running) -> None:
    fallen = [line for line in running.said().splitlines() if "has ended" in line or "has stopped:" in line]
    assert not fallen, f"{storm}: nobody killed these: {fallen}"


async def test_the_storm_was_one(storm: Storm) -> None:
    assert storm.killer.kills.total() == KILLS
    assert len(PROGRAMS) > KILLS or set(storm.killer.kills) == set(PROGRAMS)
    assert storm.senders.unanswered, "no kill was felt by a sender"
    assert len(storm.senders.ledger.sent) > 2 * KILLS
