"""What is plugged into what."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import httpx
from fastapi import FastAPI
from starlette.middleware import Middleware

from services.exchange.actions.gate import Gate
from services.exchange.actions.intake import Intake, Terms
from services.exchange.actions.status import Statuses
from services.exchange.catalog import offered, regions
from services.exchange.outbound.breaker import Breaker
from services.exchange.outbound.cases import Cases
from services.exchange.routes import rest, soap
from services.exchange.routes.xroad import Door, XRoad
from services.exchange.settings import Settings
from services.exchange.store.sealing import Sealer
from services.kit import keys
from services.kit.access import RemoteAppointments
from services.kit.client import ServiceClient
from services.kit.clock import Clock, SystemClock
from services.kit.db import Database
from services.kit.policy import Policy
from services.kit.refusals import RefusalAuditor
from services.kit.sealed import KeyRing
from services.kit.tokens import ServiceSigner, TokenVerifier
from services.kit.web import MIB, ServiceSpec, create_service

NAME: Final = "exchange"
PACKAGE: Final = "services.exchange"
PERSONAL: Final = ("inbox", "incident")
_SHORTEST_SECRET: Final = 16
_XROAD_MOST: Final = (
    21 * MIB
)  # above what the gateway lets through: beyond our own cap we read on, and refuse


class UnsafeSettings(Exception):  # noqa: N818 - it says what the settings are
    """The service must not start with these settings; the message says what to do."""


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    cases_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The service; keys, published data and the database are opened when it starts.

    ``clock`` and ``cases_transport`` stand in for the machine's clock and for ``cases`` in tests.
    """
    own = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _plug(app, own, clock or SystemClock(), cases_transport, stack)
            yield

    async def readiness() -> Mapping[str, bool]:
        database: Database = app.state.database
        return {"database": await database.ready()}

    app = create_service(
        ServiceSpec(
            name=NAME,
            title="Turvavõrk: exchange",
            description=(
                "Messages over X-Road, in and out: what was received, what was delivered, what waits for a "
                "person. The services for X-Road clients are described by the WSDL at /xroad/soap?wsdl and "
                "the document at /xroad/rest/marac/v1/openapi.json, on the X-Road listener."
            ),
            outside=[soap.router, rest.router, rest.documents],
            lifespan=lifespan,
            readiness=readiness,
            larger_bodies={"/xroad/": _XROAD_MOST},
            errors_as={soap.PATH: soap.fault},
        )
    )
    app.user_middleware.append(
        Middleware(Door, secret=own.gateway_secret)
    )  # innermost: logged and told as all
    return app


async def _plug(
    app: FastAPI,
    own: Settings,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
    stack: AsyncExitStack,
) -> None:
    if len(own.gateway_secret) < _SHORTEST_SECRET:
        raise UnsafeSettings(
            f"TURVAVORK_EXCHANGE_GATEWAY_SECRET must have at least {_SHORTEST_SECRET} characters."
        )
    database = Database(
        own.database_url,
        service=NAME,
        clock=clock,
        audit_key=keys.load_secret(own.keys, f"{NAME}.audit"),
        pool_size=own.pool_size,
        personal=PERSONAL,
    )
    stack.push_async_callback(database.close)
    await database.open()
    client = ServiceClient(
        base_url=own.cases_url,
        audience="cases",
        signer=ServiceSigner(NAME, keys.load_signing(own.keys, NAME), clock),
        transport=transport,
    )
    stack.push_async_callback(client.aclose)
    app.state.database = database
    app.state.policy = Policy.load(PACKAGE)
    app.state.refusals = RefusalAuditor(database)
    app.state.verifier = TokenVerifier.from_keys(NAME, own.keys, clock, development=own.development)
    app.state.appointments = RemoteAppointments(
        client, service=NAME, path="/api/cases/v1/appointments", purpose="accountability"
    )
    app.state.xroad = _xroad(own, database, Cases(client, Breaker()), app.state.policy, clock)


def _intake(own: Settings, database: Database, cases: Cases, clock: Clock) -> Intake:
    return Intake(
        database=database,
        sealer=Sealer(KeyRing.from_file(own.keys / f"{NAME}.kek.json"), clock),
        cases=cases,
        statuses=Statuses(database, cases, budget=own.hand_over_budget),
        regions=regions.load(),
        terms=Terms(deferred=own.hand_over == "deferred", budget=own.hand_over_budget),
    )


def _xroad(own: Settings, database: Database, cases: Cases, policy: Policy, clock: Clock) -> XRoad:
    return XRoad(
        offered=offered.load(own.xroad_instance),
        policy=policy,
        gate=Gate(places=own.intake_places, queue=own.intake_queue, patience=own.intake_patience),
        intake=_intake(own, database, cases, clock),
        statuses=Statuses(database, cases, budget=own.hand_over_budget),
        max_body=MIB,
    )
