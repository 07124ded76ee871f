"""``expand``: what hangs on a thing comes with it, as its own address would answer.

A route says which of its sub-resources may be asked for::

    @router.get("/notes/{note_id}", ...)
    @expands("remarks", "readers")
    async def get_note(...)

Each is then asked for at its own address, in this process, with the caller's own headers, after the thing
itself was read and committed: so rights, row-level security, cuts and audit rows are those of the
sub-resource, and the number of queries is the sum of both. A refusal stands in its place and spoils nothing.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from fastapi import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from services.kit import sparse

EXPAND: Final = "expand"
EXPANDED: Final = "expanded"
_ATTRIBUTE: Final = "expands"
_OK: Final = 200
_JSON: Final = ("application/json", "application/problem+json")
#: Of the thing itself alone, not of what hangs on it.
_OWN: Final = frozenset({b"content-length", b"content-type", b"if-match", b"if-none-match", b"x-request-id"})

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def expands(*names: str) -> Callable[[Endpoint], Endpoint]:
    """Marks the function of a route: these sub-resources, by the last word of their addresses."""

    def marked(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, names)
        return endpoint

    return marked


def expandable(endpoint: object) -> tuple[str, ...]:
    """What :func:`expands` says of a route's function."""
    found: tuple[str, ...] = getattr(endpoint, _ATTRIBUTE, ())
    return found


def wanted(request: Request, endpoint: object) -> tuple[str, ...]:
    """What the reader asks for, each once; Malformed for what the route does not have."""
    known = expandable(endpoint)
    given = sparse.words(request, EXPAND) if known else None
    if given is None:
        return ()
    if not set(given) <= set(known):
        raise sparse.unknown(EXPAND, known)
    return tuple(dict.fromkeys(given))


class Expanded(Response):
    """An answer that asks for what goes beside it when it leaves: its own transaction is over by then.

    The answer of the thing itself is looked at no sooner: until the commit the guard may cut it.
    """

    def __init__(self, request: Request, answer: Response, names: Sequence[str]) -> None:
        super().__init__(status_code=answer.status_code)
        self._request, self._answer, self._names = request, answer, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Asks, and sends the whole."""
        parts = [f"{json.dumps(name)}:".encode() + await _asked(self._request, name) for name in self._names]
        body = bytes(self._answer.body)
        self.raw_headers = [pair for pair in self._answer.raw_headers if pair[0] != b"content-length"]
        comma = b"" if body == b"{}" else b","
        self.body = body[:-1] + comma + b'"%b":{%b}}' % (EXPANDED.encode(), b",".join(parts))
        self.raw_headers.append((b"content-length", str(len(self.body)).encode()))
        await super().__call__(scope, receive, send)


def expanded(request: Request, answer: Response) -> Response:
    """The answer of a route, with what its reader asked for beside it."""
    names: Sequence[str] = getattr(request.state, EXPAND, ())
    return Expanded(request, answer, names) if names and answer.status_code == _OK else answer


async def _asked(request: Request, name: str) -> bytes:
    """What the sub-resource answers, as JSON: status, version, body."""
    status, headers, body = await _call(request, f"{request.scope['path']}/{name}")
    if headers.get("content-type") not in _JSON:
        raise TypeError(f"{name} answers no JSON: it cannot stand beside another thing")
    tag = json.dumps(headers.get("etag"))
    return f'{{"status":{status},"etag":{tag},"body":'.encode() + body + b"}"


async def _call(request: Request, path: str) -> tuple[int, dict[str, str], bytes]:
    """One more request of the same caller, under the same id."""
    kept = [pair for pair in request.scope["headers"] if pair[0] not in _OWN]
    scope: Scope = {
        **{name: request.scope.get(name) for name in ("type", "asgi", "http_version", "scheme", "server")},
        "client": request.scope.get("client"),
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [*kept, (b"x-request-id", request.state.request_id.encode())],
        "state": {},
    }
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    await request.app(scope, receive, send)
    start, *rest = told
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], headers, b"".join(message.get("body", b"") for message in rest)
