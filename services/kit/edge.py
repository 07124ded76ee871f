"""The outermost layer of every service, as one pure ASGI middleware.

It gives each request its id, caps the body, turns a crash into a problem that says nothing, and writes the
access line and the metrics with the route's template: no query string and no parameter values.
"""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit import log, metrics
from services.kit.answer import Answers
from services.kit.problem import InternalError, Malformed, NotFound, Problem, TooLarge

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PERCENT = re.compile(rb"%([0-9a-fA-F]{2})")
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_FIRST_ERROR: Final = 400
_GONE: Final = 499  # the caller hung up before the answer began
_log = log.get_logger(__name__)


class BrokenOffError(Exception):
    """The answer had begun when the service crashed: the connection is cut, so none takes it as whole."""


class Edge:
    """Wraps the application.

    ``caps`` maps path prefixes to the most bytes that a body may have (the longest prefix counts);
    ``templates`` maps the identity of a route object, or of the endpoint of a plain route, to its full path
    template.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        caps: Mapping[str, int],
        answers: Answers,
        templates: Mapping[int, str],
    ) -> None:
        self._app = app
        self._service = service
        self._caps = sorted(caps.items(), key=lambda item: -len(item[0]))
        self._answers = answers
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cap = next(most for prefix, most in self._caps if scope["path"].startswith(prefix))
        call = _Call(scope, receive, send, cap)
        token = log.REQUEST_ID.set(call.request_id)
        try:
            await self._serve(call)
        finally:
            self._tell(call)
            log.REQUEST_ID.reset(token)

    async def _serve(self, call: "_Call") -> None:
        try:
            _check_text(call.scope)
            await self._app(call.scope, call.receive, call.send)
        except ClientDisconnect:
            return  # nobody is there to be answered; the access line says 499
        except Problem as problem:
            await self._answer(call, problem)
        except Exception as error:  # noqa: BLE001 - the last net: whatever it is, the caller gets a problem
            metrics.CRASHES.labels(self._service).inc()
            _log.error("request-crashed", exc_info=error)
            await self._answer(call, InternalError())

    async def _answer(self, call: "_Call", problem: Problem) -> None:
        if call.status is not None:
            raise BrokenOffError from None
        await self._answers(problem, call.scope)(call.scope, call.receive, call.send)

    def _tell(self, call: "_Call") -> None:
        seconds = time.perf_counter() - call.began
        status = call.status or _GONE
        method = call.scope["method"] if call.scope["method"] in _METHODS else "other"
        matched = call.scope.get("route", call.scope.get("endpoint"))
        route = self._templates.get(id(matched), "unmatched")
        metrics.REQUESTS.labels(self._service, method, route, str(status)).observe(seconds)
        if route not in _QUIET or status >= _FIRST_ERROR:
            took = round(seconds * 1000, 1)
            _log.info("request", method=method, route=route, status=status, duration_ms=took)


class _Call:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, max_body: int) -> None:
        self.scope = scope
        self.began = time.perf_counter()
        self.status: int | None = None
        self._receive, self._send = receive, send
        self._max_body, self._taken = max_body, 0
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        self.request_id = given.lower() if _UUID.fullmatch(given) else str(uuid4())
        scope.setdefault("state", {})["request_id"] = self.request_id
        length = headers.get("content-length", "0")
        self._announced = (
            int(length[:18]) if length.isdecimal() else 0
        )  # of a long number its beginning will do

    async def receive(self) -> Message:
        """The server's next message; raises TooLarge at the first one too many, announced or real."""
        if self._announced > self._max_body:
            raise TooLarge
        message = await self._receive()
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            if self._taken > self._max_body:
                raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        """Passes the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = list(message.get("headers", ()))
            message["headers"] = [*present, *self._standing(present)]
        await self._send(message)

    def _standing(self, present: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
        yield b"x-request-id", self.request_id.encode("ascii")
        yield b"x-content-type-options", b"nosniff"
        if all(name.lower() != b"cache-control" for name, _ in present):
            yield b"cache-control", b"no-store"


def _check_text(scope: Scope) -> None:
    """Refuses a path or query that is no text which a store could keep, before anybody looks at it."""
    if "\0" in scope["path"] or "\ufffd" in scope["path"]:
        raise NotFound
    query = _PERCENT.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), scope["query_string"])
    try:
        clean = "\0" not in query.decode("utf-8")
    except UnicodeDecodeError:
        clean = False
    if not clean:
        raise Malformed("the query string is not UTF-8 text")
