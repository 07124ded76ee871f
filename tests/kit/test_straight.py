from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from services.kit.log.output import PROCESSORS
from services.kit.problem import Conflict, Problem
from services.kit.web import ServiceRouter, ServiceSpec, create_service

CANARY = "Maasikas"
PATH = "/straight"
router = ServiceRouter()


@router.route(PATH, methods=["POST"])
async def take(request: Request) -> Response:
    match await request.body():
        case b"refuse":
            raise Conflict("it is taken", headers={"Retry-After": "5"})
        case b"crash":
            raise RuntimeError(CANARY)
        case body:
            return PlainTextResponse(f"{body.decode()} {request.state.layer}", 202)


@router.get(PATH)
async def get_it() -> Response:
    return PlainTextResponse("got")


class Layer:
    """A layer of the service: whoever is not let in does not get to an endpoint."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["query_string"]:
            await PlainTextResponse("shut", 404)(scope, receive, send)
            return
        scope["state"]["layer"] = "passed"
        await self._app(scope, receive, send)


def a_service(*, straight: bool) -> FastAPI:
    return create_service(
        ServiceSpec(
            name="things",
            title="Things",
            description="d",
            outside=[router],
            max_body=1000,
            inner=[Middleware(Layer)],
            straight={("POST", PATH): take} if straight else {},
        )
    )


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as client:
        yield client


async def told(app: FastAPI, method: str, path: str, body: bytes) -> tuple[object, ...]:
    """All that can be seen of a request from outside: the answer, the refusals, the access line."""
    refused: list[str] = []

    async def record(request: Request, problem: Problem) -> None:
        refused.append(f"{problem.slug} {request.url.path}")

    app.state.refusals = record
    headers = {"X-Request-Id": "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"}
    async with client_of(app) as client:
        with capture_logs(processors=PROCESSORS) as lines:
            answer = await client.request(method, path, content=body, headers=headers)
    access = {name: value for name, value in lines[-1].items() if name not in {"time", "duration_ms"}}
    return answer.status_code, answer.content, sorted(answer.headers.raw), refused, access


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", PATH, b"good", 202),
        ("POST", PATH, b"refuse", 409),
        ("POST", PATH, b"crash", 500),
        ("POST", PATH, b"x" * 1001, 413),
        ("POST", f"{PATH}?shut", b"good", 404),
        ("POST", f"{PATH}/", b"good", 404),
        ("PUT", PATH, b"good", 405),
        ("GET", PATH, b"", 200),
    ],
)
async def test_what_goes_straight_is_answered_as_what_does_not(
    method: str, path: str, body: bytes, status: int
) -> None:
    straight = await told(a_service(straight=True), method, path, body)
    routed = await told(a_service(straight=False), method, path, body)
    assert straight == routed
    assert straight[0] == status
    assert CANARY not in repr(straight)


async def test_the_router_has_no_part_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    app = a_service(straight=True)

    async def lost(*_: object) -> None:
        raise AssertionError("the router was asked")

    monkeypatch.setattr(type(app.router), "__call__", lost)
    async with client_of(app) as client:
        assert (await client.post(PATH, content=b"good")).text == "good passed"
        assert (await client.get(PATH)).status_code == 500
