"""One way to build a service: plugs, a problem for every error, health, figures, documents."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, Response

from services.kit import log, metrics, openapi
from services.kit.answer import Answers, ErrorAnswer, framework_problem, language_of
from services.kit.edge import Edge
from services.kit.problem import FieldError, Malformed, NotReady, Problem
from services.kit.straight import Endpoint, Straight, Told
from services.kit.strictroute import ServiceRouter, StrictRoute, unreadable_body
from services.kit.validation import field_errors

__all__ = ["MIB", "Lifespan", "Readiness", "ServiceRouter", "ServiceSpec", "create_service"]

MIB: Final = 1024 * 1024
_READY_SECONDS: Final = 5
_log = log.get_logger(__name__)

Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
Measure = Callable[[], Awaitable[None]]
Refusals = Callable[[Request, Problem], Awaitable[None]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


async def _nothing_to_measure() -> None:
    pass


async def _always_ready() -> Mapping[str, bool]:
    return {}


@asynccontextmanager
async def _no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """What differs between services.

    ``routers`` are public under the prefix; ``outside`` ones are mounted as they are and stay out of the
    document. ``max_body`` is in bytes; ``larger_bodies`` and ``errors_as`` say by path prefix where more is
    taken and where errors are no problem+json. ``readiness`` names what the service needs (kebab-case) and
    whether it has it. ``measure`` sets figures that are taken when they are asked for. ``inner`` are the
    service's own layers, within the edge; ``straight`` ways (``kit.straight``) are within them.
    """

    name: str
    title: str
    description: str
    version: str = "1.0.0"
    routers: Sequence[APIRouter] = ()
    outside: Sequence[APIRouter] = ()
    lifespan: Lifespan = _no_lifespan
    readiness: Readiness = _always_ready
    measure: Measure = _nothing_to_measure
    max_body: int = MIB
    larger_bodies: Mapping[str, int] = field(default_factory=dict)
    errors_as: Mapping[str, ErrorAnswer] = field(default_factory=dict)
    inner: Sequence[Middleware] = ()
    straight: Mapping[tuple[str, str], Endpoint] = field(default_factory=dict)
    public_prefix: str = ""

    @property
    def prefix(self) -> str:
        """Where the public routes are."""
        return self.public_prefix or f"/api/{self.name}/v1"


def create_service(spec: ServiceSpec) -> FastAPI:
    """The application of a service; its ``openapi()`` is the published document."""
    app = FastAPI(
        title=spec.title,
        version=spec.version,
        description=spec.description,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_told(spec),
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.router.route_class = StrictRoute
    for router in spec.routers:
        app.include_router(router, prefix=spec.prefix)
    for router in spec.outside:
        app.include_router(router, include_in_schema=False)
    answers = Answers(spec.errors_as)
    _add_documents(app, spec)
    _add_probes(app, spec)
    told = _add_handlers(app, answers)
    app.user_middleware = [
        Middleware(
            Edge,
            service=spec.name,
            caps={"": spec.max_body, **spec.larger_bodies},
            answers=answers,
            templates=_templates(app) | {id(way): path for (_, path), way in spec.straight.items()},
        ),
        *spec.inner,
        Middleware(Straight, ways=spec.straight, told=told),
    ]
    return app


def _told(spec: ServiceSpec) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        started = False
        try:
            async with spec.lifespan(app):
                started = True
                _log.info("service-started")
                yield
            _log.info("service-stopped")
        except Exception as error:
            _log.critical("service-failed" if started else "service-refused-to-start", exc_info=error)
            if not started:  # no request has been served yet: the words are about the installation
                sys.stderr.write(f"{spec.name} does not start: {type(error).__name__}: {error}\n")
            raise

    return lifespan


def _templates(app: FastAPI) -> dict[int, str]:
    """By the identity of the route and of its endpoint: requests do not name a plain route."""
    found: dict[int, str] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        template = context.path_format or getattr(route, "path_format", None)
        if template is not None:
            found[id(route)] = found[id(getattr(route, "endpoint", route))] = template
    return found


def _add_documents(app: FastAPI, spec: ServiceSpec) -> None:
    document: openapi.Document = {}

    def build() -> openapi.Document:
        if not document:
            document.update(
                openapi.build(app, title=spec.title, version=spec.version, description=spec.description)
            )
        return document

    app.openapi = build  # type: ignore[method-assign] # how FastAPI wants its document replaced

    async def openapi_document() -> Response:
        return Response(openapi.render(build()), media_type="application/json")

    async def docs() -> Response:
        headers = {"Content-Security-Policy": openapi.CONTENT_SECURITY_POLICY}
        return HTMLResponse(openapi.page(build()), headers=headers)

    app.add_api_route(f"{spec.prefix}/openapi.json", openapi_document, include_in_schema=False)
    app.add_api_route(f"{spec.prefix}/docs", docs, include_in_schema=False)


def _add_probes(app: FastAPI, spec: ServiceSpec) -> None:
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz() -> Response:
        lacking = [name for name, ready in (await _checks(spec.readiness)).items() if not ready]
        if lacking:
            raise NotReady(errors=[FieldError("", name, "not available") for name in sorted(lacking)])
        return JSONResponse({"status": "ready"})

    async def figures() -> Response:
        try:
            await spec.measure()
        except Problem as problem:  # what is known without it is told all the same
            _log.warning("figures-not-measured", problem=problem.slug)
        return Response(metrics.render(), media_type=metrics.MEDIA_TYPE)

    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", figures)):
        app.add_api_route(path, endpoint, include_in_schema=False)


async def _checks(readiness: Readiness) -> Mapping[str, bool]:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            return await readiness()
    except Exception as error:  # noqa: BLE001 - whatever it is, the service is not ready
        _log.warning("readiness-check-failed", exc_info=error)
        return {"readiness-check": False}


def _add_handlers(app: FastAPI, answers: Answers) -> Told:
    """Every problem passes ``app.state.refusals``, where there is one, before it is answered.

    Returns what makes the answer for a problem.
    """

    async def answer(request: Request, problem: Problem) -> Response:
        record: Refusals | None = getattr(app.state, "refusals", None)
        if record is None:
            return answers(problem, request.scope)
        try:
            await record(request, problem)
        except Problem as failure:  # what cannot be recorded is not said
            return answers(failure, request.scope)
        return answers(problem, request.scope)

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101 - the framework dispatches by type
        return await answer(request, error)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - the framework dispatches by type
        return await answer(request, _malformed(request, error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - the framework dispatches by type
        return await answer(request, framework_problem(error.status_code, _allow(app, request)))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    return answer


def _malformed(request: Request, error: RequestValidationError) -> Problem:
    unreadable = unreadable_body(request)
    if unreadable is not None:
        return unreadable
    route = request.scope["route"]
    names = route.declared_names() if isinstance(route, StrictRoute) else frozenset()
    return Malformed(errors=field_errors(error.errors(), names, language_of(request.scope)))


def _allow(app: FastAPI, request: Request) -> Mapping[str, str]:
    """All methods of the path that was matched; the framework tells only those of the first route."""
    matched = request.scope.get("route")
    if not isinstance(matched, APIRoute):
        return {}
    contexts = list(iter_route_contexts(app.routes))
    path = next((c.path_format for c in contexts if c.original_route is matched), None)
    methods = {method for c in contexts if c.path_format == path for method in c.methods or ()}
    return {"Allow": ", ".join(sorted(methods))}
