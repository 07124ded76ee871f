"""Our security server, to which every message for a partner goes, over SOAP or REST."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.xroad import ClientId
from services.exchange.rules.delivery import Failure, Origin
from services.kit import log

CONNECT_SECONDS: Final = 5.0
#: Longer than the 60 s that a security server waits for its provider: it is to tell us, not we to guess.
READ_SECONDS: Final = 65.0
#: For the whole try: a partner that sends one byte a second must not hold a message for ever.
TRY_SECONDS: Final = 90.0
MOST_BYTES: Final = 1024 * 1024
_CONNECTIONS: Final = 64
_IDLE_SECONDS: Final = 4.0
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "turvavork"}
_log = log.get_logger(__name__)
log.allow(xroad_request_id=log.uuid)


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate authority of the security server, and our certificate and key for it."""

    authority: Path
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """For connections to the security server."""
        context = ssl.create_default_context(cafile=str(self.authority))
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context


class SecurityServer:
    """One per process; close it at the end."""

    def __init__(
        self,
        url: str,
        us: ClientId,
        *,
        tls: Tls | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._us = us
        self._base = url.rstrip("/")
        self._timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS).as_dict()
        self._transport = transport or AiohttpTransport(client=lambda: _session(tls))

    async def send(self, message_id: UUID, message: Rendered, *, most: int = MOST_BYTES) -> Reply | Failure:
        """One try: what came back, or why nothing did. Raises nothing that the network does.

        Args:
            message_id: id of the logical message.
            message: the bytes, and how they are sent.
            most: bytes of an answer that are read at the most.
        """
        headers = self._headers(message_id, message)
        request = self._request(message.method, message.target, headers, message.body)
        return await self._try(message_id, request, most)

    async def get(
        self, target: str, *, message_id: UUID | None = None, most: int = MOST_BYTES
    ) -> Reply | Failure:
        """Asks the security server for something of its own, with an id also for a member behind it."""
        headers = {"Accept": "application/json"}
        if message_id is not None:
            headers |= {"X-Road-Client": str(self._us), "X-Road-Id": str(message_id)}
        return await self._try(message_id, self._request("GET", target, headers), most)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()

    def _request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> httpx.Request:
        """Without httpx's client: what it adds is not wanted, and costs more than the call."""
        return httpx.Request(
            method,
            f"{self._base}{target}",
            content=body,
            headers={**_HEADERS, **headers},
            extensions={"timeout": self._timeout},
        )

    async def _try(self, message_id: UUID | None, request: httpx.Request, most: int) -> Reply | Failure:
        try:
            async with asyncio.timeout(TRY_SECONDS):
                return await self._exchange(message_id, request, most)
        except (httpx.ReadTimeout, TimeoutError):
            return Failure(Origin.TRANSPORT, "timeout")
        except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
            _log.info("security-server-not-reached", message_id=message_id, cause=type(error).__name__)
            return Failure(Origin.TRANSPORT, "connection")

    async def _exchange(self, message_id: UUID | None, request: httpx.Request, most: int) -> Reply | Failure:
        response = await self._transport.handle_async_request(request)
        try:
            answer = await _body(response, most)
        finally:
            await response.aclose()
        _log.info(
            "security-server-answered",
            message_id=message_id,
            status=response.status_code,
            xroad_request_id=_uuid(response.headers.get("x-road-request-id", "")),
        )
        if answer is None:
            return Failure(Origin.ANSWER, "too-large", response.status_code)
        return Reply(response.status_code, response.headers, answer)

    def _headers(self, message_id: UUID, message: Rendered) -> dict[str, str]:
        if message.protocol == "soap":
            return {"Content-Type": message.content_type, "SOAPAction": '""'}
        return {
            "Content-Type": message.content_type,
            "Accept": "application/json",
            "X-Road-Client": str(self._us),
            "X-Road-Id": str(message_id),
        }


def _session(tls: Tls | None) -> aiohttp.ClientSession:
    """No cookies are kept: those of one partner would go to the next, since all are behind one address."""
    connector = aiohttp.TCPConnector(
        limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS, ssl=True if tls is None else tls.context()
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def _uuid(text: str) -> str | None:
    """A request id, if it is a UUID: nothing else that an answer says is for the log."""
    return text if log.uuid(text) else None


async def _body(response: httpx.Response, most: int) -> bytes | None:
    """The body as it came; None when it is too large to be an answer."""
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > most:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
