"""The provider side of the security server: what POLIS and STAR send to the exchange."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from uuid import uuid4

import httpx

from system.securityserver import soap
from system.securityserver.faults import Generation, XRoadError, refused_as, soap_fault, spell

SOAP_PATH: Final = "/xroad/soap"
REST_PATH: Final = "/xroad/rest/marac"
#: A security server waits this long for a provider unless told otherwise; connecting has a limit of its own.
TIMEOUT: Final = httpx.Timeout(60.0, connect=30.0)
_CHUNK: Final = 8192


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the partner's information system gets back; ``code``: the security server's refusal, if any."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    code: str | None = None


async def _chunks(raw: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), _CHUNK):
        yield raw[start : start + _CHUNK]


class ProviderSide:
    """Sends requests the way a provider-side server does: chunked, no accepted encoding, few headers."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def push_soap(self, raw: bytes, *, content_type: str = "text/xml;charset=UTF-8") -> Outcome:
        """Send a SOAP message of a partner and check the answer as the two servers do."""
        try:
            with refused_as("client"):
                message = soap.read(raw, content_type)
            headers = {"Content-Type": content_type, "SOAPAction": '""', "Accept-Encoding": ""}
            answer = await self._send("POST", SOAP_PATH, headers, raw)
            told = answer.headers.get("content-type")
            body = soap.pass_on(message, raw, answer.status_code, told, answer.content)
            return Outcome(200, body, {"Content-Type": "text/xml;charset=UTF-8"})
        except XRoadError as error:
            code = spell(error.code, Generation.NEW)
            return Outcome(200, soap_fault(code, error.message), {"Content-Type": "text/xml"}, code)

    async def push_rest(  # noqa: PLR0913 - the parts of a REST request
        self,
        method: str,
        path: str,
        *,
        client: str,
        message_id: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Send a REST message of a partner; ``path`` follows the service code, e.g. ``/v1/referrals``."""
        forwarded = {
            "Accept": "application/json",
            "Accept-Encoding": "",
            **({"Content-Type": "application/json"} if body is not None else {}),
            **(headers or {}),
            "X-Road-Client": "/".join(quote(part, safe="") for part in client.split("/")),
            "X-Road-Id": message_id,
            "X-Road-Request-Id": str(uuid4()),
        }
        try:
            answer = await self._send(method, REST_PATH + path, forwarded, body)
        except XRoadError as error:
            code = spell(error.code, Generation.NEW)
            return Outcome(500, b"", {"X-Road-Error": code}, code)
        told = {name: value for name, value in answer.headers.items() if not name.startswith("x-road-")}
        return Outcome(answer.status_code, answer.content, {**told, "x-road-id": message_id})

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> httpx.Response:
        content = None if body is None else _chunks(body)
        try:
            return await self._client.request(method, path, headers=headers, content=content, timeout=TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise XRoadError("server.serverproxy.network_error", "Could not connect") from error
        except (httpx.HTTPError, OSError) as error:
            raise XRoadError("server.serverproxy.io_error", "Connection broke") from error
