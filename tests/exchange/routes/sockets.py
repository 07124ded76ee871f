"""The service on a port of its own, and bytes sent to it that no HTTP library would write."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from system.ports import free_port

GATEWAY = "x-turvavork-gateway: a-gateway-secret-of-tests"
#: A hang, not a busy machine.
PATIENCE = 20.0


@dataclass(frozen=True)
class Answer:
    """What came back: enough of an answer of ``httpx`` for the fixtures to judge it."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[int]:
    """The port; the application is started already."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, lifespan="off", log_config=None, access_log=False, ws="none"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        await task


def head(*fields: str, start: str = "POST /xroad/soap HTTP/1.1") -> bytes:
    """Request line and header fields."""
    return "\r\n".join((start, "Host: exchange", GATEWAY, *fields, "", "")).encode("latin-1")


def request(body: bytes, content_type: str | None = "text/xml; charset=utf-8", *fields: str) -> bytes:
    """A whole request with its length."""
    told = () if content_type is None else (f"Content-Type: {content_type}",)
    return head(*told, *fields, f"Content-Length: {len(body)}") + body


def chunked(body: bytes, content_type: str, size: int) -> bytes:
    """The same in chunks of ``size`` bytes."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head(f"Content-Type: {content_type}", "Transfer-Encoding: chunked") + coded + b"0\r\n\r\n"


async def sent(port: int, *pieces: bytes, answers: int = 1) -> Sequence[Answer]:
    """Writes the pieces one after the other and reads so many answers."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                if len(pieces) > 1:
                    await asyncio.sleep(0.01)
            return [await _answer(reader) for _ in range(answers)]
        finally:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    status = 100
    while status == 100:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    return Answer(status, fields, await reader.readexactly(int(fields["content-length"])))
