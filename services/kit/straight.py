"""A straight way to the few paths on which the load is: past the router and the layers around it.

Routers try one route after the other, and wrap each request several times. What comes on a straight way has
the outer layers (the edge, the service's own) and is answered as on every other path, problems included.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kit.problem import Problem

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
Told: TypeAlias = Callable[[Request, Problem], Awaitable[Response]]


class Straight:
    """The innermost layer. ``ways`` are endpoints by method and whole path, which a route has as well."""

    def __init__(self, app: ASGIApp, *, ways: Mapping[tuple[str, str], Endpoint], told: Told) -> None:
        self._app, self._ways, self._told = app, dict(ways), told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        way = self._ways.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if way is None:
            await self._app(scope, receive, send)
            return
        scope["endpoint"] = way
        request = Request(scope, receive, send)
        try:
            answer = await way(request)
        except Problem as problem:
            answer = await self._told(request, problem)
        await answer(scope, receive, send)
