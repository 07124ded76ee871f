"""A proxy before the security server that does to single messages what networks and partners do."""

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

REFERENCE = re.compile(rb"TV-[0-9A-Z]{4}(-[0-9A-Z]{4}){3}-[0-9A-Z]")
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Exchange:
    """One request that a behaviour has in its hands, and the way back to whoever sent it."""

    request: bytes
    proxy: "FaultProxy"
    writer: asyncio.StreamWriter

    async def answer(self) -> bytes:
        """Brings the request to the partner; the bytes of its answer."""
        return await self.proxy.forward(self.request)

    async def say(self, *parts: bytes, pause: float = 0.0) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            if pause:
                await asyncio.sleep(pause)

    def reset(self) -> None:
        """The connection ends with an RST."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


@dataclass
class Rule:
    """What is done to the next ``times`` requests about one case."""

    behaviour: Behaviour
    times: int


@dataclass
class FaultProxy:
    """Whole requests are read; each is passed on, or is given to the behaviour that its case has."""

    port_behind: int
    rules: dict[bytes, Rule] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)
    last_answer: bytes = b""
    later: set[asyncio.Task[bytes]] = field(default_factory=set)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._connected, "127.0.0.1", port)

    async def close(self) -> None:
        for task in (*self._open, *self.later):
            task.cancel()
        await asyncio.gather(*self._open, *self.later, return_exceptions=True)

    async def forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port_behind)
        try:
            writer.write(request)
            await writer.drain()
            return await message(reader)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def send_part(self, request: bytes) -> None:
        """The partner's side sees a request that breaks off."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port_behind)
        writer.write(request)
        await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while request := await message(reader):
                if not await self._exchange(Exchange(request, self, writer)):
                    break
        except (OSError, asyncio.CancelledError):
            pass  # whoever has hung up, or the end of the test
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, exchange: Exchange) -> bool:
        """Whether the connection goes on."""
        found = REFERENCE.search(exchange.request)
        rule = self.rules.get(found[0]) if found else None
        self.seen.append(found[0] if found else b"")
        if rule is None or rule.times == 0:
            self.last_answer = await exchange.answer()
            await exchange.say(self.last_answer)
            return True
        rule.times -= 1
        await rule.behaviour(exchange)
        return False


async def message(reader: asyncio.StreamReader) -> bytes:
    """A whole HTTP message; empty at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = re.search(rb"(?i)\ncontent-length: *([0-9]+)", head)
    assert length or b"chunked" not in head.lower(), "the proxy reads messages that say their length"
    return head + (await reader.readexactly(int(length[1])) if length else b"")
