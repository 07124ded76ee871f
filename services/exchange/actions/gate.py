"""How many messages are worked on at once, shared fairly between clients; the surplus is told to come again.

No client has more than its share of the places, so another finds one at once. Who waits stands in the line of
its client, and a free place goes to the client that has the fewest. When the lines are full, whoever comes
takes the place of the last one in a line that is longer by two or more: a flood pushes out itself.
"""

import asyncio
from collections import Counter as Tally
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import Counter

from services.kit.problem import Overloaded

RETRY_AFTER: Final = {"Retry-After": "1"}
SHED: Final = Counter(
    "turvavork_intake_shed", "X-Road requests that were told to come again, by gate and reason.",
    ("gate", "reason"),
)  # fmt: skip


class Gate:
    """A number of places, and short lines before them, one for each client."""

    def __init__(
        self, *, places: int, queue: int, patience: float, share: float = 1.0, name: str = "all"
    ) -> None:
        """Opens it.

        Args:
            places: messages that are worked on at once.
            queue: messages that wait, of all clients together.
            patience: the longest wait, in seconds.
            share: the part of the places that one client may have, above 0 and up to 1.
            name: what the figures call it.
        """
        self._free, self._queue, self._patience, self._name = places, queue, patience, name
        self._most = max(1, int(places * share))
        self._held: Tally[str] = Tally()
        self._lines: dict[str, deque[asyncio.Future[bool]]] = {}
        self._waiting = 0

    @asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[None]:
        """A place, for as long as the block runs; Overloaded when the lines are full or do not move."""
        if self._free and client not in self._lines and self._held[client] < self._most:
            self._take(client)
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._give_back(client)

    async def _wait(self, client: str) -> None:
        """Waits for a turn; a turn that comes to somebody who has gone is given on."""
        self._make_room(client)
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(turn)
        self._waiting += 1
        try:
            await asyncio.wait({turn}, timeout=self._patience)
        except asyncio.CancelledError:
            if not turn.done():
                self._leave(client, turn)
            elif turn.result():
                self._give_back(client)
            raise
        if not turn.done():
            self._leave(client, turn)
            raise self._refused("waited")
        if not turn.result():
            raise self._refused("pushed-out")

    def _make_room(self, client: str) -> None:
        if self._waiting < self._queue:
            return
        longest = max(self._lines, key=lambda each: len(self._lines[each]), default=client)
        if len(self._lines.get(longest, ())) < len(self._lines.get(client, ())) + 2:
            raise self._refused("full")
        last = self._lines[longest][-1]
        self._leave(longest, last)
        last.set_result(False)

    def _refused(self, reason: str) -> Overloaded:
        SHED.labels(self._name, reason).inc()
        return Overloaded(headers=RETRY_AFTER)

    def _take(self, client: str) -> None:
        self._free -= 1
        self._held[client] += 1

    def _give_back(self, client: str) -> None:
        self._free += 1
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]
        self._call()

    def _leave(self, client: str, turn: "asyncio.Future[bool]") -> None:
        line = self._lines[client]
        line.remove(turn)
        self._waiting -= 1
        if not line:
            del self._lines[client]

    def _call(self) -> None:
        """Gives free places to those who wait and have the fewest; of equals, the first in turn."""
        while self._free:
            able = [client for client in self._lines if self._held[client] < self._most]
            if not able:
                return
            client = min(able, key=lambda each: self._held[each])
            turn = self._lines[client][0]
            self._leave(client, turn)
            if client in self._lines:
                self._lines[client] = self._lines.pop(client)  # to the end
            self._take(client)
            turn.set_result(True)
