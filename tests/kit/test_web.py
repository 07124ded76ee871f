import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Query, Request
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict
from starlette.responses import PlainTextResponse, Response
from structlog.testing import capture_logs

from services.kit.log.output import PROCESSORS
from services.kit.problem import Conflict, Kind, Problem, UpstreamUnavailable
from services.kit.web import ServiceRouter, ServiceSpec, create_service

CANARY = "Maasikas"
ONE = UUID("9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab")


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int


class Closed(Conflict):
    """A service's own error."""

    slug = "thing-closed"


router = ServiceRouter()
outside = ServiceRouter()


@router.get("/things")
async def list_things(limit: Annotated[int, Query(ge=1, le=100)] = 10) -> list[Thing]:
    return [Thing(size=limit)]


@router.post("/things", status_code=201)
async def create_thing(thing: Thing) -> Thing:
    return thing


@router.get("/things/{thing_id}")
async def get_thing(thing_id: UUID) -> Thing:
    if thing_id != ONE:
        raise Closed("the thing is closed", headers={"Retry-After": "5"})
    return Thing(size=1)


@router.put("/crash")
async def crash(thing: Thing) -> Thing:
    raise RuntimeError(f"case of {CANARY} {thing}")


@router.get("/lie")
async def lie() -> Thing:
    return {"size": CANARY}  # type: ignore[return-value]


@router.get("/teapot")
async def teapot() -> Thing:
    raise HTTPException(418, CANARY)


@outside.post("/xroad/soap", include_in_schema=False)
async def soap(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@outside.get("/xroad/soap/crash", include_in_schema=False)
async def soap_crash() -> Response:
    raise RuntimeError(CANARY)


def fault(problem: Problem, request_id: str) -> Response:
    return PlainTextResponse(f"<Fault>{problem.slug} {request_id}</Fault>", status_code=500)


def a_service(**options: object) -> FastAPI:
    spec = {
        "name": "things",
        "title": "Things",
        "description": "d",
        "routers": [router],
        "outside": [outside],
    }
    return create_service(ServiceSpec(**(spec | options)))  # type: ignore[arg-type]


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as client:
        yield client


async def call(method: str, path: str, app: FastAPI | None = None, **options: object) -> httpx.Response:
    async with client_of(app or a_service()) as client:
        return await client.request(method, path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "slug"),
    [
        ("GET", "/nowhere", {}, 404, "not-found"),
        ("GET", "/api/things/v1/things/", {}, 404, "not-found"),
        ("GET", "/api/things/v2/things", {}, 404, "not-found"),
        ("GET", "/docs", {}, 404, "not-found"),
        ("GET", "/openapi.json", {}, 404, "not-found"),
        ("DELETE", "/api/things/v1/things", {}, 405, "method-not-allowed"),
        ("ODD", "/api/things/v1/things", {}, 405, "method-not-allowed"),
        ("POST", "/healthz", {}, 405, "method-not-allowed"),
        ("POST", "/api/things/v1/things", {"content": b"{"}, 415, "unsupported-media-type"),
        ("POST", "/api/things/v1/things", {"json": {"size": "x"}}, 422, "malformed"),
        ("POST", "/api/things/v1/things", {"json": {"size": 1, CANARY: 1}}, 422, "malformed"),
        ("POST", "/api/things/v1/things", {"json": {"size": "1" * 2_000_000}}, 413, "too-large"),
        ("GET", "/api/things/v1/things?limit=0", {}, 422, "malformed"),
        ("GET", "/api/things/v1/things?limit=%00", {}, 422, "malformed"),
        ("GET", f"/api/things/v1/things?limit={CANARY}", {}, 422, "malformed"),
        ("GET", f"/api/things/v1/things/{CANARY}", {}, 422, "malformed"),
        ("GET", "/api/things/v1/things/00000000-0000-4000-8000-000000000000", {}, 409, "thing-closed"),
        ("GET", "/api/things/v1/teapot", {}, 422, "malformed"),
        ("PUT", "/api/things/v1/crash", {"json": {"size": 1}}, 500, "internal-error"),
        ("GET", "/api/things/v1/lie", {}, 500, "internal-error"),
    ],
)
async def test_every_error_has_one_shape(
    method: str, path: str, options: dict[str, object], status: int, slug: str
) -> None:
    with capture_logs(processors=PROCESSORS) as lines:
        response = await call(method, path, **options)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body["type"] == f"urn:turvavork:problem:{slug}"
    assert body["status"] == status
    assert body["instance"] == f"urn:uuid:{response.headers['x-request-id']}"
    assert set(body) <= {"type", "title", "status", "instance", "detail", "errors"}
    assert CANARY not in response.text + repr(lines)
    assert lines[-1]["event"] == "request"


async def test_an_error_speaks_the_callers_language_and_carries_its_headers() -> None:
    path = "/api/things/v1/things/00000000-0000-4000-8000-000000000000"
    response = await call("GET", path, headers={"Accept-Language": "ru"})
    assert response.json()["title"] == Conflict.titles["ru"]
    assert response.json()["detail"] == "the thing is closed"
    assert response.headers["retry-after"] == "5"
    assert response.headers["content-language"] == "ru"


async def test_wrong_fields_are_told_in_the_callers_language() -> None:
    response = await call("GET", "/api/things/v1/things?limit=0", headers={"Accept-Language": "et"})
    assert response.json()["errors"] == [
        {"pointer": "query:limit", "code": "too-small", "reason": "arv on liiga väike (1)"}
    ]


async def test_a_method_that_is_not_allowed_is_answered_with_all_that_are() -> None:
    assert (await call("DELETE", "/api/things/v1/things")).headers["allow"] == "GET, POST"
    assert (await call("DELETE", f"/api/things/v1/things/{ONE}")).headers["allow"] == "GET"


async def test_good_requests_are_answered_and_logged_by_their_template() -> None:
    labels = {
        "service": "things",
        "method": "GET",
        "route": "/api/things/v1/things/{thing_id}",
        "status": "200",
    }
    before = REGISTRY.get_sample_value("http_request_seconds_count", labels) or 0
    with capture_logs(processors=PROCESSORS) as lines:
        response = await call("GET", f"/api/things/v1/things/{ONE}")
    assert (response.status_code, response.json()) == (200, {"size": 1})
    assert lines[-1]["route"] == "/api/things/v1/things/{thing_id}"
    assert REGISTRY.get_sample_value("http_request_seconds_count", labels) == before + 1


async def test_where_it_is_said_bodies_are_larger_and_errors_look_otherwise() -> None:
    app = a_service(larger_bodies={"/xroad/": 2_000_000}, errors_as={"/xroad/soap": fault})
    large = b"a" * 1_500_000
    assert (await call("POST", "/xroad/soap", app, content=large)).text == "1500000"
    assert (await call("POST", "/api/things/v1/things", app, content=large)).status_code == 413
    too_large = await call("POST", "/xroad/soap", app, content=large * 2)
    assert too_large.text == f"<Fault>too-large {too_large.headers['x-request-id']}</Fault>"
    assert "method-not-allowed" in (await call("PUT", "/xroad/soap", app)).text
    assert "not-found" in (await call("GET", "/xroad/soap/x", app)).text
    crashed = await call("GET", "/xroad/soap/crash", app)
    assert "internal-error" in crashed.text
    assert CANARY not in crashed.text
    assert (await call("GET", "/xroad/other", app)).headers["content-type"] == "application/problem+json"


async def test_a_refusal_is_recorded_before_it_is_answered() -> None:
    app = a_service()
    recorded: list[str] = []

    async def record(request: Request, problem: Problem) -> None:
        recorded.append(f"{problem.slug} {request.state.request_id}")

    app.state.refusals = record
    response = await call("GET", "/api/things/v1/things?limit=0", app)
    assert recorded == [f"malformed {response.headers['x-request-id']}"]


async def test_a_refusal_that_cannot_be_recorded_is_not_told() -> None:
    app = a_service()

    async def record(_request: Request, _problem: Problem) -> None:
        raise UpstreamUnavailable

    app.state.refusals = record
    response = await call("GET", "/api/things/v1/things/00000000-0000-4000-8000-000000000000", app)
    assert response.status_code == 503
    assert response.json()["type"].endswith(":upstream-unavailable")


async def test_it_lives_and_is_ready() -> None:
    async def readiness() -> Mapping[str, bool]:
        return {"database": True}

    app = a_service(readiness=readiness)
    assert (await call("GET", "/healthz", app)).json() == {"status": "ok"}
    assert (await call("GET", "/readyz", app)).json() == {"status": "ready"}


async def test_it_says_what_it_lacks() -> None:
    async def readiness() -> Mapping[str, bool]:
        return {"schema": False, "database": True, "keys": False}

    response = await call("GET", "/readyz", a_service(readiness=readiness))
    assert response.status_code == 503
    assert response.json()["type"].endswith(":not-ready")
    assert [error["code"] for error in response.json()["errors"]] == ["keys", "schema"]


async def test_a_readiness_check_that_fails_or_hangs_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kit.web._READY_SECONDS", 0.01)

    async def broken() -> Mapping[str, bool]:
        raise ConnectionError(CANARY)

    async def hanging() -> Mapping[str, bool]:
        await asyncio.Event().wait()
        return {}

    for readiness in (broken, hanging):
        with capture_logs(processors=PROCESSORS) as lines:
            response = await call("GET", "/readyz", a_service(readiness=readiness))
        assert response.status_code == 503
        assert lines[0]["event"] == "readiness-check-failed"
        assert CANARY not in response.text + repr(lines)


async def test_metrics_are_served() -> None:
    response = await call("GET", "/metrics")
    assert "http_request_seconds_bucket" in response.text


async def test_figures_are_measured_when_they_are_asked_for_and_told_also_when_they_cannot_be() -> None:
    measured = []

    async def measure() -> None:
        measured.append(1)
        if len(measured) > 1:
            raise UpstreamUnavailable

    app = a_service(measure=measure)
    for times in (1, 2):
        response = await call("GET", "/metrics", app)
        assert (response.status_code, len(measured)) == (200, times)
        assert "http_request_seconds_bucket" in response.text


async def test_the_document_and_its_page_are_served_under_the_prefix() -> None:
    app = a_service()
    document = await call("GET", "/api/things/v1/openapi.json", app)
    assert document.json() == app.openapi()
    assert set(document.json()["paths"]) >= {"/api/things/v1/things", "/api/things/v1/things/{thing_id}"}
    assert not any("xroad" in path or "healthz" in path for path in document.json()["paths"])
    page = await call("GET", "/api/things/v1/docs", app)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "GET /api/things/v1/things" in page.text


async def _lifespan(app: FastAPI) -> list[str]:
    sent: list[str] = []
    given = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, str]:
        return next(given)

    async def send(message: Mapping[str, object]) -> None:
        sent.append(str(message["type"]))

    await app({"type": "lifespan", "state": {}}, receive, send)  # type: ignore[arg-type]
    return sent


async def test_start_and_stop_run_the_lifespan_and_are_logged() -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.policy = "open"
        steps.append("opened")
        yield
        steps.append("closed")

    app = a_service(lifespan=lifespan)
    with capture_logs(processors=PROCESSORS) as lines:
        assert await _lifespan(app) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert steps == ["opened", "closed"]
    assert app.state.policy == "open"
    assert [line["event"] for line in lines] == ["service-started", "service-stopped"]


async def test_a_service_that_cannot_start_says_why_to_the_operator(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        raise RuntimeError("the database has fsync off")
        yield

    with capture_logs(processors=PROCESSORS) as lines, pytest.raises(RuntimeError):
        await _lifespan(a_service(lifespan=lifespan))
    assert lines[0]["event"] == "service-refused-to-start"
    assert "fsync" not in repr(lines)
    assert capsys.readouterr().err == "things does not start: RuntimeError: the database has fsync off\n"


def test_a_services_own_problem_keeps_the_kind_of_its_branch() -> None:
    assert Closed.kind is Kind.CONFLICT
    assert Closed().status == 409
