import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

ANSWER_SECONDS = 2.0
MOST_BYTES = 4 << 20


async def get(
    url: str, context: ssl.SSLContext | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """GET `url` on a connection of its own: status and body. OSError when nobody answers within 2 s.

    `context` is for https alone.
    """
    try:
        return await asyncio.wait_for(_get(url, context, headers or {}), ANSWER_SECONDS)
    except (TimeoutError, asyncio.IncompleteReadError, ValueError, ssl.SSLError) as error:
        raise OSError(f"no answer from {url}") from error


async def answers(url: str, context: ssl.SSLContext | None = None) -> int | None:
    """GET `url` and give the status, None when nobody answers."""
    try:
        return (await get(url, context))[0]
    except OSError:
        return None


async def _get(url: str, context: ssl.SSLContext | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    parts = urlsplit(url)
    use = context if parts.scheme == "https" else None
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=use)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {target} HTTP/1.0", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read(MOST_BYTES)
        return int(head.split(maxsplit=2)[1]), body
    finally:
        writer.close()
