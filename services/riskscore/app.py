"""What is plugged into what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.kit import keys
from services.kit.access import RemoteAppointments
from services.kit.client import ServiceClient
from services.kit.clock import SystemClock
from services.kit.policy import Policy
from services.kit.tokens import ServiceSigner, TokenVerifier
from services.kit.web import ServiceSpec, create_service
from services.riskscore.catalog import PACKAGE, load_catalog
from services.riskscore.routes import router
from services.riskscore.settings import Settings

NAME = "riskscore"


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service; keys and published data are read when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        own = settings or Settings()
        clock = SystemClock()
        app.state.catalog = load_catalog()
        app.state.policy = Policy.load(PACKAGE)
        app.state.verifier = TokenVerifier.from_keys(NAME, own.keys, clock, development=own.development)
        cases = ServiceClient(
            base_url=own.cases_url,
            audience="cases",
            signer=ServiceSigner(NAME, keys.load_signing(own.keys, NAME), clock),
        )
        app.state.appointments = RemoteAppointments(
            cases, service=NAME, path="/api/cases/v1/offices", purpose="accountability"
        )
        try:
            yield
        finally:
            await cases.aclose()

    return create_service(
        ServiceSpec(
            name=NAME,
            title="Turvavõrk: risk scores",
            description=(
                "Scores risk questionnaires from published instruments. A pure function: requests hold item "
                "keys and coded answers, nothing about anybody; nothing is stored. A score is a threshold "
                "for referral, never an automatic refusal."
            ),
            routers=[router],
            lifespan=lifespan,
        )
    )
