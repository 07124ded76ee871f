"""The simulator as one web application: consumer side at ``/`` and ``/r1/…``, control at ``/control``."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from httpx_aiohttp import HttpxAiohttpClient
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from services.kit.clock import Clock, SystemClock
from system.securityserver.behaviour import Behaviour
from system.securityserver.callouts import CallOutRegister
from system.securityserver.children import ChildRegister
from system.securityserver.consumer import ConsumerSide
from system.securityserver.control import Control, refuse_wish
from system.securityserver.ledger import Ledger
from system.securityserver.metaservices import MetaServices
from system.securityserver.partners import Polis, Star
from system.securityserver.provider import ProviderSide

_VERBS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the gateway's X-Road listener is, which certificate opens it, where the ledger is kept."""

    xroad_url: str = "http://127.0.0.1:8481"
    ledger: Path | None = None
    certificate: Path | None = None
    certificate_key: Path | None = None
    authority: Path | None = None


def gateway_client(settings: Settings) -> httpx.AsyncClient:
    """The client for the gateway's X-Road listener, with the security server's certificate if any."""
    verify: ssl.SSLContext | bool = True
    if settings.authority is not None:
        verify = ssl.create_default_context(cafile=str(settings.authority))
        if settings.certificate is not None:
            verify.load_cert_chain(settings.certificate, settings.certificate_key)
    return HttpxAiohttpClient(
        base_url=settings.xroad_url, verify=verify, trust_env=False, follow_redirects=False
    )


def _beside(ledger: Path | None) -> Path | None:
    """Where notices about children are written: beside the ledger of the others."""
    return None if ledger is None else ledger.with_name(f"{ledger.stem}-children{ledger.suffix}")


async def _ready(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
    return JSONResponse({"status": "ready"})


def create_app(
    settings: Settings | None = None, *, client: httpx.AsyncClient | None = None, clock: Clock | None = None
) -> Starlette:
    """The simulator; ``client`` reaches the exchange (made from the settings when it is not given)."""
    settings = settings or Settings()
    to_gateway = client or gateway_client(settings)
    ledger = Ledger(clock or SystemClock(), settings.ledger)
    behaviour = Behaviour()
    meta = MetaServices()
    children = ChildRegister(clock or SystemClock(), _beside(settings.ledger))
    callouts = CallOutRegister()
    side = ConsumerSide(behaviour, Polis(ledger, callouts), Star(ledger, children), meta)
    control = Control(behaviour, ledger, ProviderSide(to_gateway), children, callouts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001 - Starlette's signature
        yield
        await to_gateway.aclose()

    app = Starlette(
        routes=[
            Route("/", side.take_soap, methods=["POST"]),
            Route("/r1/{path:path}", side.take_rest, methods=_VERBS),
            Route("/listClients", meta.list_clients),
            Mount("/control", routes=control.routes()),
            Route("/healthz", _ready),
            Route("/readyz", _ready),
        ],
        exception_handlers={ValidationError: refuse_wish},
        lifespan=lifespan,
    )
    app.state.services = meta.services
    return app
