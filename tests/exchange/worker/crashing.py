"""Named points before and after each commit and each send of the exchange, at one of which its process ends.

They are found where every transaction and every request passes (``kit.driver.commit``, the transports, and
for the sequencer, which has a connection of its own, the driver), and are named by the function of ours that
was at work, with a number when it has several transactions: no product code knows of them. Whatever is at
work in a process that has ended reaches no database and no network any more.
"""

import ast
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx

if TYPE_CHECKING:
    from types import FrameType

OUTBOUND = "services.exchange.outbound."
#: Where transactions are begun.
ACTIONS = ("services.exchange.actions.", "services.exchange.routes.")
SEQUENCER = ("services.kit.sequencer.",)
#: A question that is asked once, by the same function as all that is sent again and again.
QUESTION = "callouts._try"


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
            frame = at_work(*ACTIONS)
            if frame is None:
                await commit(connection)
                return
            point = f"{name_of(frame)} commit{number_of(frame)}"
            process.reach(point, "before")
            await commit(connection)
            process.reach(point, "after")

        return committing

    def connection_class(self) -> "type[asyncpg.Connection[asyncpg.Record]]":
        """The driver's, for the sequencer: each of its statements is a transaction, or ends one."""
        crash = self

        class Connection(asyncpg.Connection):  # type: ignore[misc,type-arg] - of its stubs
            __slots__ = ()

            async def fetchval(self, query: str, *args: Any, **words: Any) -> Any:
                return await crash._sequenced(super().fetchval(query, *args, **words), query, "sequence_")

            async def fetch(self, query: str, *args: Any, **words: Any) -> Any:
                return await crash._sequenced(super().fetch(query, *args, **words), query, "sequence_")

            async def fetchrow(self, query: str, *args: Any, **words: Any) -> Any:
                return await crash._sequenced(super().fetchrow(query, *args, **words), query, "sequence_")

            async def execute(self, query: str, *args: Any, **words: Any) -> Any:
                return await crash._sequenced(super().execute(query, *args, **words), query, "COMMIT;")

        return Connection

    async def _sequenced(self, doing: Any, query: str, word: str) -> Any:
        if word not in query or at_work(*SEQUENCER) is None:
            return await doing
        name = "logtree.grow commit" if word == "COMMIT;" else "sequencer.move commit"
        process = self.process
        try:
            process.reach(name, "before")
        except Ended:
            doing.close()
            raise
        found = await doing
        process.reach(name, "after")
        return found

    def sends(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return _Sending(self, transport)


class _Sending(httpx.AsyncBaseTransport):
    def __init__(self, crash: Crash, transport: httpx.AsyncBaseTransport) -> None:
        self._crash, self._transport = crash, transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        process = self._crash.process
        asking, outward = at_work(*ACTIONS), at_work(OUTBOUND, outermost=True)
        assert outward is not None
        question = asking is not None and name_of(asking) == QUESTION
        point = f"{QUESTION if question else name_of(outward)} send"
        process.reach(point, "before")
        response = await self._transport.handle_async_request(request)
        process.reach(point, "after")
        return response


def at_work(*rooms: str, outermost: bool = False) -> "FrameType | None":
    """The function of some rooms that is at work, the innermost one or the outermost."""
    frame: FrameType | None = sys._getframe(1)
    found = None
    while frame is not None and (found is None or outermost):
        if str(frame.f_globals.get("__name__", "") + ".").startswith(rooms):
            found = frame
        frame = frame.f_back
    return found


def name_of(frame: "FrameType") -> str:
    """``file.function``."""
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"


def number_of(frame: "FrameType") -> str:
    """Which of the transactions of its function it is in: nothing for the first, `` 2`` for the second."""
    path, first = Path(frame.f_code.co_filename), frame.f_code.co_firstlineno
    lines = next(found for begin, found in _transactions(path) if begin <= first <= found[0])
    return ordinal(sum(line <= frame.f_lineno for line in lines))


def ordinal(number: int) -> str:
    """How a transaction that is not the first of its function is told from it."""
    return f" {number}" if number > 1 else ""


@cache
def _transactions(path: Path) -> tuple[tuple[int, list[int]], ...]:
    """Functions of a file that have transactions, from the last: where each begins, the lines of those."""
    found = []
    for function in functions(path):
        lines = sorted(transactions(function))
        if lines:
            found.append((min([function.lineno, *(one.lineno for one in function.decorator_list)]), lines))
    return tuple(sorted(found, reverse=True))


def functions(path: Path) -> list[ast.AsyncFunctionDef]:
    """Those of a file that may wait."""
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]


def transactions(function: ast.AsyncFunctionDef) -> Iterator[int]:
    """The lines in which a function begins one."""
    for node in ast.walk(function):
        if isinstance(node, ast.AsyncWith) and "work" in called(*(item.context_expr for item in node.items)):
            yield node.lineno


def senders(path: Path) -> set[str]:
    """Functions of a file that ask something of somebody, themselves or by a private one of the file."""
    calls = {function.name: called(function) for function in functions(path)}
    private = {"_ask", "_try", "_sent", "request"}
    while more := {name for name, its in calls.items() if name[0] == "_" and its & private} - private:
        private |= more
    return {name for name, its in calls.items() if its & private}


def called(*roots: ast.AST) -> set[str]:
    """Names of methods that are called there."""
    calls = [call for root in roots for call in ast.walk(root) if isinstance(call, ast.Call)]
    return {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
