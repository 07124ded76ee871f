"""The consumer side of the security server: what the exchange sends out, on the way to POLIS and STAR."""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from system.securityserver import callouts, children, metaservices, partners, soap, witness
from system.securityserver.behaviour import Behaviour, Effect, Rule
from system.securityserver.faults import Generation, XRoadError, refused_as, rest_error, soap_error
from system.securityserver.metaservices import MetaServices
from system.securityserver.partners import Answer, Polis, Star
from system.securityserver.witness import LogWitness

_POLIS_SERVICES: Final = frozenset(f"{partners.POLIS}/{name}/v1" for name in ("caseNotice", callouts.SERVICE))
#: The services of STAR and of the witness, and the path of each.
_STAR_PATHS: Final = {
    f"{partners.STAR}/caseNotice": partners.STAR_PATH,
    f"{partners.STAR}/{children.SERVICE}": children.PATH,
    f"{witness.WITNESS}/{witness.SERVICE}": witness.PATH,
}
_SERVICE_PARTS: Final = 5
_NETWORK: Final = "server.serverproxy.network_error"
_FAILED: Final = "server.serverproxy.service_failed"


class Cut(Response):
    """Begins an answer and breaks the connection in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Send less than was promised, then fail."""
        headers = [(b"content-type", b"text/xml"), (b"content-length", b"100000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<?xml", "more_body": True})
        raise ConnectionResetError("cut as told")


class ConsumerSide:
    """Checks a request as a real security server does, forwards it, checks the answer, stamps it."""

    def __init__(self, behaviour: Behaviour, polis: Polis, star: Star, meta: MetaServices) -> None:
        self._behaviour, self._meta = behaviour, meta
        self._polis = polis
        self._star = star
        self.log_witness = LogWitness()

    async def take_soap(self, request: Request) -> Response:
        """``POST /``: a SOAP message of ours."""
        raw = await request.body()
        generation = Generation.NEW
        try:
            with refused_as("client"):
                message = soap.read(raw, request.headers.get("content-type"))
            _check_caller(message)
            if message.service_code in metaservices.SOAP_SERVICES:
                return self._meta.soap(message, raw)
            _check_service(message)
            reference = partners.polis_words(message).get("reference") or message.fields.get("issue", "")
            rule = self._behaviour.next("polis", reference, message.service_code)
            generation = rule.generation if rule else generation
            return await self._deliver_soap(message, raw, rule)
        except XRoadError as error:
            return soap_error(error, generation)

    async def _deliver_soap(self, message: soap.Message, raw: bytes, rule: Rule | None) -> Response:
        early = await _before(rule)
        if early is not None:
            return early
        answer = self._polis.take(message, raw, rule)
        if rule is not None and rule.effect is Effect.DUPLICATE:
            answer = self._polis.take(message, raw, rule)
        late = _after(rule)
        if late is not None:
            return late
        if rule is not None and rule.effect is Effect.STATUS:
            raise XRoadError(f"{_FAILED}.http_error", f"Server responded with error {rule.status}")
        body = answer.body
        if rule is not None and rule.effect is Effect.MISMATCH:
            body = body.replace(message.fields["id"].encode(), str(uuid4()).encode())
            return Response(body, 200, media_type=answer.content_type)
        wrong = rule is not None and rule.effect is Effect.WRONG_HASH
        content = soap.pass_on(message, b"other" if wrong else raw, answer.status, answer.content_type, body)
        return Response(content, 200, media_type="text/xml;charset=UTF-8")

    async def take_rest(self, request: Request) -> Response:
        """``/r1/…``: a REST message of ours."""
        raw = await request.body()
        generation = Generation.NEW
        try:
            service, path = _address(request)
            client = _client(request.headers)
            _check_rest_caller(client)
            if service.rpartition("/")[2] in metaservices.REST_SERVICES:
                return self._stamped(request, client, service)
            _check_rest_service(service)
            rule = self._behaviour.next("star", partners.reference_of(raw), service.rpartition("/")[2])
            generation = rule.generation if rule else generation
            return await self._deliver_rest(request, (client, service, path), raw, rule)
        except XRoadError as error:
            return rest_error(error, generation)

    def _stamped(self, request: Request, client: str, service: str) -> Response:
        """A metadata service, with the headers that every answer over REST has."""
        answer = self._meta.rest(service, request.query_params.get("serviceCode"))
        answer.headers["X-Road-Client"], answer.headers["X-Road-Service"] = client, service
        answer.headers["X-Road-Id"] = request.headers.get("x-road-id") or f"ee-dev-{uuid4()}"
        answer.headers["X-Road-Request-Id"] = str(uuid4())
        return answer

    async def _deliver_rest(
        self, request: Request, address: tuple[str, str, str], raw: bytes, rule: Rule | None
    ) -> Response:
        early = await _before(rule)
        if early is not None:
            return early
        client, service, path = address
        message_id = request.headers.get("x-road-id") or f"ee-dev-{uuid4()}"
        answer = self._forward_rest(request, (service, path), message_id, raw, rule)
        if rule is not None and rule.effect is Effect.DUPLICATE:
            answer = self._forward_rest(request, (service, path), message_id, raw, rule)
        late = _after(rule)
        if late is not None:
            return late
        mismatch = rule is not None and rule.effect is Effect.MISMATCH
        headers = {
            **dict(answer.headers),
            "X-Road-Client": client,
            "X-Road-Service": service,
            "X-Road-Id": str(uuid4()) if mismatch else message_id,
            "X-Road-Request-Id": str(uuid4()),
            "X-Road-Request-Hash": soap.request_hash(raw),
        }
        return Response(answer.body, answer.status, headers=headers, media_type=answer.content_type)

    def _forward_rest(
        self, request: Request, address: tuple[str, str], message_id: str, raw: bytes, rule: Rule | None
    ) -> Answer:
        service, path = address
        if path != _STAR_PATHS[service]:
            return Answer(404, "application/json", b'{"code":"PATH"}')
        if request.method != "POST":
            return Answer(405, "application/json", b'{"code":"METHOD"}')
        if soap.media_type(request.headers.get("content-type")) != "application/json":
            return Answer(415, "application/json", b'{"code":"CONTENT_TYPE"}')
        if path == witness.PATH:
            return self.log_witness.take(raw)
        if path == children.PATH:
            return self._star.children.take(message_id, raw, rule)
        return self._star.take(message_id, raw, rule)


def _check_caller(message: soap.Message) -> None:
    if message.is_fault:
        raise XRoadError("client.invalid_body", "A request cannot be a fault")
    if message.fields["client"] != partners.TURVAVORK:
        raise XRoadError("server.clientproxy.unknown_member", "Client is not of this security server")


def _check_service(message: soap.Message) -> None:
    if message.fields["service"] not in _POLIS_SERVICES:
        raise XRoadError("server.serverproxy.unknown_service", "Unknown service")


def _check_rest_caller(client: str) -> None:
    if client != partners.TURVAVORK:
        raise XRoadError("server.clientproxy.unknown_member", "Client is not of this security server")


def _check_rest_service(service: str) -> None:
    if service not in _STAR_PATHS:
        raise XRoadError("server.serverproxy.unknown_service", "Unknown service")


def _address(request: Request) -> tuple[str, str]:
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    parts = raw_path.decode("ascii").partition("?")[0].split("/")[2:]
    if len(parts) < _SERVICE_PARTS or not all(parts[:_SERVICE_PARTS]):
        raise XRoadError("client.bad_request", "Service id must have five parts")
    service = "/".join(unquote(part) for part in parts[:_SERVICE_PARTS])
    return service, "".join(f"/{part}" for part in parts[_SERVICE_PARTS:])


def _client(headers: Mapping[str, str]) -> str:
    client = headers.get("x-road-client", "")
    if len(client.split("/")) not in (3, 4) or not all(client.split("/")):
        raise XRoadError("client.bad_request", "Invalid Client Id")
    return "/".join(unquote(part) for part in client.split("/"))


async def _before(rule: Rule | None) -> Response | None:
    """What happens before the partner gets anything."""
    if rule is None:
        return None
    if rule.effect is Effect.DELAY:
        await asyncio.sleep(rule.milliseconds / 1000)
    if rule.effect is Effect.DOWN:
        raise XRoadError(_NETWORK, "Could not connect to any target host")
    if rule.effect is Effect.FAULT:
        raise XRoadError(rule.code, "Told to fail")
    if rule.effect is Effect.GARBAGE:
        return Response("<html><body>Bad Gateway</body></html>", 502, media_type="text/html")
    return Cut() if rule.effect is Effect.CUT_BEFORE else None


def _after(rule: Rule | None) -> Response | None:
    """What happens after the partner got it and before its answer is on the way."""
    return Cut() if rule is not None and rule.effect is Effect.CUT_AFTER else None
