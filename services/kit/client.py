"""Calls to other services: signed, bounded in time and size, and with one request id all the way.

Requests and answers are httpx's, the transport aiohttp's (httpx's own is several times slower under load).
They meet without httpx's client: what it does between the two (redirects, cookies, the environment's proxies,
merging of addresses and headers) is not wanted here, and costs more than half of a call.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import uuid4

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from services.kit import log, strictjson
from services.kit.problem import Malformed, UpstreamUnavailable, UpstreamWrong

MAX_ANSWER: Final = 16 * 1024 * 1024
_AWAY: Final = frozenset({502, 503, 504})
_FIRST_SERVER_ERROR: Final = 500
_FIRST_REDIRECT: Final = 300
_FIRST_CLIENT_ERROR: Final = 400
_CONNECTIONS: Final = 100
_IDLE_SECONDS: Final = 4
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "turvavork"}
_log = log.get_logger(__name__)


class Signer(Protocol):
    """Makes the token of one call (``kit.tokens``)."""

    def token(self, audience: str, subject: str, purpose: str) -> str:
        """A short-lived token for one audience, on behalf of a subject, for a purpose."""
        ...


class Acting(Protocol):
    """On whose behalf a call is made (``kit.policy.Caller``)."""

    @property
    def subject(self) -> str:
        """Person, X-Road client or worker."""
        ...


class Response:
    """A whole answer; the body has been read within the limits."""

    __slots__ = ("content", "headers", "status_code")

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content

    def json(self) -> Any:  # noqa: ANN401 - the caller validates it
        """The body as strict JSON; raises UpstreamWrong when it is none."""
        media = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if media != "application/json" and not (media.startswith("application/") and "json" in media):
            raise UpstreamWrong("the answer is not JSON")
        try:
            return strictjson.loads(self.content)
        except Malformed:
            raise UpstreamWrong("the answer is not strict JSON") from None


class ServiceClient:
    """One per process and target; close it at the end. Times are in seconds."""

    def __init__(  # noqa: PLR0913 - limits with names and defaults
        self,
        *,
        base_url: str,
        audience: str,
        signer: Signer,
        connect_timeout: float = 0.5,
        read_timeout: float = 5.0,
        max_answer: int = MAX_ANSWER,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._audience = audience
        self._signer = signer
        self._connect, self._read = connect_timeout, read_timeout
        self._max_answer = max_answer
        self._base = base_url.rstrip("/")
        self._transport = transport or AiohttpTransport(client=_session)

    async def request(  # noqa: PLR0913 - one call, said in full
        self,
        method: str,
        path: str,
        *,
        act_for: Acting,
        purpose: str,
        json: Any = None,  # noqa: ANN401 - whatever is JSON
        written: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - one limit for the whole call, in seconds
        request_id: str | None = None,
    ) -> Response:
        """One call; answers below 500 are returned, also refusals.

        ``written`` is a body that is JSON already; ``timeout`` bounds the whole call and is the read timeout
        when not given; ``request_id`` is that of the request that is served, or new. Raises
        UpstreamUnavailable when the service cannot be reached in time or answers 502, 503 or 504;
        UpstreamWrong for other answers from 500, for redirects, and for answers that are too large or no
        HTTP. Nothing is tried again.
        """
        seconds = timeout or self._read
        said = httpx.Headers(_HEADERS | dict(headers or {}))
        said.update(self._standing(act_for, purpose, request_id))
        if written is not None:
            said["Content-Type"] = "application/json"
        request = httpx.Request(
            method,
            f"{self._base}{path}",
            json=json,
            content=written,
            params=params,
            headers=said,
            extensions={"timeout": httpx.Timeout(seconds, connect=self._connect).as_dict()},
        )
        try:
            async with asyncio.timeout(seconds):
                return self._judged(await self._exchanged(request))
        except (httpx.TransportError, TimeoutError, OSError) as error:
            _log.warning("service-unreachable", target=self._audience, exc_info=error)
            raise UpstreamUnavailable from None
        except aiohttp.ClientError as error:  # what the transport does not map: bytes that are no HTTP
            _log.warning("service-answered-wrongly", target=self._audience, exc_info=error)
            raise UpstreamWrong from None

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()

    def _standing(self, act_for: Acting, purpose: str, request_id: str | None) -> dict[str, str]:
        token = self._signer.token(self._audience, act_for.subject, purpose)
        return {
            "Authorization": f"Bearer {token}",
            "X-Purpose": purpose,
            "X-Request-Id": request_id or log.REQUEST_ID.get() or str(uuid4()),
        }

    async def _exchanged(self, request: httpx.Request) -> Response:
        response = await self._transport.handle_async_request(request)
        try:
            chunks, size = [], 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > self._max_answer:
                    raise UpstreamWrong("the answer is too large")
                chunks.append(chunk)
        finally:
            await response.aclose()
        return Response(response.status_code, response.headers, b"".join(chunks))

    def _judged(self, response: Response) -> Response:
        status = response.status_code
        if status in _AWAY:
            raise UpstreamUnavailable
        if status >= _FIRST_SERVER_ERROR or _FIRST_REDIRECT <= status < _FIRST_CLIENT_ERROR:
            _log.warning("service-answered-wrongly", target=self._audience, status=status)
            raise UpstreamWrong
        return response


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
