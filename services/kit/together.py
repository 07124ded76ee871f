"""Group commit: what comes while its like is being done waits, and is then done as one.

Nobody waits for company: the first goes at once. The busier a service is, the more share one transaction, so
that it does more for the same work the more is asked of it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final, Generic, TypeVar

from services.kit.problem import UpstreamUnavailable

MOST: Final = 64

Thing = TypeVar("Thing")
Result = TypeVar("Result")
Do = Callable[[Sequence[Thing]], Awaitable[Sequence[Result]]]


class Together(Generic[Thing, Result]):
    """Does things of one kind, one group at a time; things of different kinds do not wait for each other."""

    def __init__(self, do: Do[Thing, Result], *, most: int = MOST) -> None:
        """``do`` does a group of at most ``most``, wholly or not at all, and gives a result for each."""
        self._do, self._most = do, most
        self._waiting: defaultdict[Hashable, list[tuple[Thing, asyncio.Future[Result]]]] = defaultdict(list)
        self._running: dict[Hashable, asyncio.Task[None]] = {}

    async def add(self, kind: Hashable, thing: Thing) -> Result:
        """The result for this thing.

        A group that fails is done again one by one, so that a thing falls for itself alone; without the
        database nothing is tried twice. Raises what ``do`` raises. Who is cancelled meanwhile leaves his
        thing behind: it may be done.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[kind].append((thing, done))
        if kind not in self._running:
            self._running[kind] = asyncio.create_task(self._run(kind))
        return await done

    async def _run(self, kind: Hashable) -> None:
        try:
            while waiting := self._waiting[kind]:
                group, self._waiting[kind] = waiting[: self._most], waiting[self._most :]
                await self._settle(group)
        finally:
            del self._running[kind], self._waiting[kind]

    async def _settle(self, group: Sequence[tuple[Thing, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._do([thing for thing, _ in group])
        except Exception as error:  # noqa: BLE001 - it is raised where the thing was added
            if len(group) == 1 or isinstance(error, UpstreamUnavailable):
                for _, done in group:
                    _fail(done, error)
                return
            for each in group:
                await self._settle([each])
        else:
            for (_, done), result in zip(group, results, strict=True):
                if not done.done():
                    done.set_result(result)


def _fail(done: "asyncio.Future[Result]", error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
