"""Named points before and after each commit and each send of the exchange, at one of which its process ends.

They are found where every transaction and every request passes (``kit.driver.commit`` and the transports),
and are named by the function of ours that was at work: no product code knows of them. Whatever is at work in
a process that has ended reaches no database and no network any more.
"""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from types import FrameType

ACTIONS, OUTBOUND = "services.exchange.actions.", "services.exchange.outbound."


class Ended(BaseException):
    """The process has ended here."""


@dataclass
class Process:
    """One run of the exchange; it ends where it is told to: the ``time``-th time at this point."""

    point: str | None = None
    moment: str = "before"
    time: int = 1
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    passed: Counter[str] = field(default_factory=Counter)

    def arm(self, point: str, moment: str) -> None:
        """It will end the next time that it comes there."""
        self.point, self.moment, self.time = point, moment, self.passed[f"{point}:{moment}"] + 1

    def reach(self, point: str, moment: str) -> None:
        if self.ended.is_set():
            raise Ended
        name = f"{point}:{moment}"
        self.passed[name] += 1
        if (point, moment) == (self.point, self.moment) and self.passed[name] == self.time:
            self.ended.set()
            raise Ended


@dataclass
class Crash:
    """Patches what every commit and send passes; ``process`` is the one that runs now."""

    process: Process = field(default_factory=Process)

    def commits(self, commit: Any) -> Any:
        async def committing(connection: Any) -> None:
            process = self.process
            point = at_work(ACTIONS)
            if point is None:
                await commit(connection)
                return
            process.reach(f"{point} commit", "before")
            await commit(connection)
            process.reach(f"{point} commit", "after")

        return committing

    def sends(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return _Sending(self, transport)


class _Sending(httpx.AsyncBaseTransport):
    def __init__(self, crash: Crash, transport: httpx.AsyncBaseTransport) -> None:
        self._crash, self._transport = crash, transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        process = self._crash.process
        point = f"{at_work(OUTBOUND, outermost=True)} send"
        process.reach(point, "before")
        response = await self._transport.handle_async_request(request)
        process.reach(point, "after")
        return response


def at_work(room: str, *, outermost: bool = False) -> str | None:
    """The function of a room that is at work, the innermost one or the outermost: ``file.function``."""
    frame: FrameType | None = sys._getframe(1)
    found = None
    while frame is not None and (found is None or outermost):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(room):
            found = f"{module.removeprefix(room)}.{frame.f_code.co_name}"
        frame = frame.f_back
    return found
