"""A mail server on loopback: speaks SMTP (RFC 5321), keeps what it gets, refuses as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What came; ``refusals`` are answered to RCPT, one each, before anything is taken."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    tries: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")
            await writer.drain()

        await say("220 localhost ESMTP")
        while line := await reader.readline():
            verb = line.split(b" ", 1)[0].strip().upper()
            if verb == b"EHLO":
                await say("250 localhost")
            elif verb == b"RCPT":
                self.tries += 1
                await say(self.refusals.pop(0) if self.refusals else "250 ok")
            elif verb == b"DATA":
                await say("354 go on")
                self._keep(await reader.readuntil(b"\r\n.\r\n"))
                await say("250 taken")
            elif verb == b"QUIT":
                await say("221 bye")
                break
            else:
                await say("250 ok")
        writer.close()

    def _keep(self, data: bytes) -> None:
        content = data.removesuffix(b".\r\n")
        self.raw.append(content)
        self.taken.append(message_from_bytes(content, policy=policy.default))


@asynccontextmanager
async def running() -> AsyncIterator[Mailbox]:
    """A server until the end of the block."""
    mailbox = Mailbox()
    server = await asyncio.start_server(mailbox.serve, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mailbox
