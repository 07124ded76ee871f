"""What happens without a caller: hand-over, the case register's feed, deliveries, the order of the log.

Each task lives for itself: one that cannot go on (no database, no partner, a mistake of ours) waits longer
and longer and tries again, and no other notices. A partner has its own line: none waits for another.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from services.exchange.actions.delivery import Courier
from services.exchange.actions.feed import Follower
from services.exchange.actions.handover import HandOver
from services.exchange.actions.usage import Keeper
from services.exchange.model.outbox import Head, Lease
from services.kit import log
from services.kit.problem import Problem
from services.kit.sequencer import Sequencer
from services.kit.stopping import pause, unless
from services.kit.witness import Watch

if TYPE_CHECKING:
    from uuid import UUID

DISCLOSURES: Final = 5.0  # seconds between two questions for disclosures; nobody waits for them
PAUSE: Final = 0.5  # seconds between two looks when there was nothing to do
FIRST_BACK_OFF: Final = 0.5
LONGEST_BACK_OFF: Final = 10.0
GATHER: Final = 0.02  # seconds after the first end of a try in which others may end, to be followed at once
GRACE: Final = 2.0  # seconds that tries under way get when the worker is told to stop
_log = log.get_logger(__name__)

Step = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a task looks, and how long it waits after a failure; seconds."""

    pause: float = PAUSE
    first_back_off: float = FIRST_BACK_OFF
    longest_back_off: float = LONGEST_BACK_OFF


async def repeat(job: str, step: Step, stop: asyncio.Event, pace: Pace) -> None:
    """Does ``step`` until ``stop``: at once again when it found work, else after a pause; never gives up."""
    back_off = pace.first_back_off
    while not stop.is_set():
        try:
            found = await unless(stop, step())
        except Problem as problem:
            _log.warning("task-waits", job=job, problem=problem.slug, delay_ms=round(back_off * 1000))
        except Exception as error:  # noqa: BLE001 - a mistake in one task must not end the others
            _log.error("task-failed", job=job, exc_info=error, delay_ms=round(back_off * 1000))
        else:
            back_off = pace.first_back_off
            await pause(stop, 0 if found else pace.pause)
            continue
        await pause(stop, back_off)
        back_off = min(2 * back_off, pace.longest_back_off)


@dataclass(slots=True)
class _Errand:
    """A try under way; its limit is the end of its lease, as far as this process knows."""

    lease: Lease
    task: asyncio.Task[None]
    limit: asyncio.Timeout


class Line:
    """The deliveries to one partner: some at once, each under a lease that is prolonged while it lasts."""

    def __init__(
        self, partner: str, courier: Courier, *, places: int = 8, lease: float = 15.0, pause: float = PAUSE
    ) -> None:
        self._partner, self._courier = partner, courier
        self._places, self._lease, self._pause = places, lease, pause
        self._errands: dict[UUID, _Errand] = {}
        self._moved = asyncio.Event()

    @property
    def rhythm(self) -> float:
        """Seconds between two renewals of the leases."""
        return self._lease / 3

    def wake(self) -> None:
        """There may be something to do: look now."""
        self._moved.set()

    async def step(self) -> int:
        """Fills free places with heads of queues, then waits until one is free again, or there may be more.

        And a moment longer: what is claimed at once is fetched at once, and ends about as much together.
        """
        free = self._places - len(self._errands)
        self._moved.clear()
        since = asyncio.get_running_loop().time()
        for head in await self._courier.claim(self._partner, free) if free else ():
            self._start(head, since + self._lease)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), self._pause)
            await asyncio.sleep(GATHER)
        return 1

    async def renew(self) -> int:
        """Prolongs the leases of what is under way; what has lost its lease is broken off."""
        held = list(self._errands.values())
        since = asyncio.get_running_loop().time()
        kept = await self._courier.renew([one.lease for one in held]) if held else frozenset()
        for errand in held:
            if errand.task.done():
                continue
            if errand.lease.stream in kept:
                errand.limit.reschedule(since + self._lease)
            else:
                errand.task.cancel()
        return 0

    async def close(self) -> None:
        """Lets what is under way end, for a short time; gives back the leases of the rest."""
        tasks = {one.task: one.lease for one in self._errands.values()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in late:
            with contextlib.suppress(Problem):  # without the database the lease ends by itself
                await self._courier.give_back(tasks[task])

    def _start(self, head: Head, until: float) -> None:
        limit = asyncio.timeout_at(until)
        task = asyncio.create_task(self._deliver(head, limit))
        self._errands[head.id] = _Errand(head.lease, task, limit)

    async def _deliver(self, head: Head, limit: asyncio.Timeout) -> None:
        try:
            async with limit:
                await self._courier.deliver(head)
        except TimeoutError:
            _log.warning("lease-lost", message_id=head.id)
        except Problem as problem:  # sent perhaps, not written down: it is sent again when the lease ends
            _log.warning("result-not-written", message_id=head.id, problem=problem.slug)
        except Exception as error:  # noqa: BLE001 - one message must not stop the line
            _log.error("delivery-failed", message_id=head.id, exc_info=error)
        finally:
            del self._errands[head.id]
            self._moved.set()


class Worker:
    """Runs until it is told to stop; what it needs may come and go meanwhile."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        sequencer: Sequencer,
        hand_over: HandOver,
        follower: Follower,
        keeper: Keeper,
        lines: Sequence[Line],
        opened: Callable[[], Awaitable[None]],
        closed: Callable[[], Awaitable[None]],
        watches: Sequence[Watch] = (),
        pace: Pace = Pace(),
    ) -> None:
        self._sequencer, self._hand_over = sequencer, hand_over
        self._follower, self._keeper, self._lines = follower, keeper, lines
        self._opened, self._closed, self._pace = opened, closed, pace
        self._watches = watches

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop``, then ends within 5 seconds. Raises UnsafeDatabase at the start."""
        try:
            await self._opened()
            _log.info("worker-started")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(repeat("sequencer", self._sequence, stop, self._pace))
                tasks.create_task(repeat("hand-over", self._hand_over.step, stop, self._pace))
                tasks.create_task(repeat("feed", self._follow, stop, self._pace))
                for watch in self._watches:
                    tasks.create_task(repeat("witness", partial(_watched, watch, stop), stop, self._pace))
                tasks.create_task(
                    repeat("disclosures", self._keeper.step, stop, replace(self._pace, pause=DISCLOSURES))
                )
                for line in self._lines:
                    tasks.create_task(repeat("delivery", line.step, stop, self._pace))
                    tasks.create_task(
                        repeat("leases", line.renew, stop, replace(self._pace, pause=line.rhythm))
                    )
        finally:
            await asyncio.gather(*(line.close() for line in self._lines))
            await self._closed()
            _log.info("worker-stopped")

    async def _sequence(self) -> int:
        await self._sequencer.run(asyncio.Event())  # ends by being broken off, or by what it did not foresee
        return 0

    async def _follow(self) -> int:
        made = await self._follower.step()
        if made:
            for line in self._lines:
                line.wake()
        return made


async def _watched(watch: Watch, stop: asyncio.Event) -> int:
    await watch.run(stop)
    return 0
