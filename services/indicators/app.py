"""What is plugged into what."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from fastapi import FastAPI

from services.indicators import catalog
from services.indicators.actions.consuming import Consumer
from services.indicators.outbound import PURPOSE, Feed
from services.indicators.routes import router
from services.indicators.settings import Settings
from services.indicators.worker import Worker
from services.kit import keys, logbook
from services.kit.access import RemoteAppointments
from services.kit.client import ServiceClient
from services.kit.clock import Clock, SystemClock
from services.kit.db import Database
from services.kit.logbook import LogBook
from services.kit.policy import Caller, Policy
from services.kit.refusals import RefusalAuditor
from services.kit.sequencer import Sequencer
from services.kit.tokens import ServiceSigner, TokenVerifier
from services.kit.web import ServiceSpec, create_service

NAME: Final = "indicators"
PERSONAL: Final = ("fact_case", "fact_person", "fact_transfer")


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """The service; keys, published data and the database are looked at when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        own, at = settings or Settings(), clock or SystemClock()
        database, cases = _database(own, at), _cases(own, at)
        app.state.database = database
        app.state.refusals = RefusalAuditor(database)
        app.state.catalog = catalog.load()
        app.state.policy = Policy.load(catalog.PACKAGE)
        app.state.verifier = TokenVerifier.from_keys(NAME, own.keys, at, development=own.development)
        app.state.appointments = RemoteAppointments(
            cases, service=NAME, path="/api/cases/v1/offices", purpose="accountability"
        )
        app.state.logbook = _logbook(own)
        try:
            await app.state.logbook.open(database)
            yield
        finally:
            await cases.aclose()
            await database.close()

    async def readiness() -> Mapping[str, bool]:
        return {"database": await app.state.database.ready()}

    app = create_service(
        ServiceSpec(
            name=NAME,
            title="Turvavõrk: indicators",
            description=(
                "Figures from facts without identities. The official channel is exact, by right, and not for "
                "publication; the release withholds small figures and whatever would let a reader work them "
                "out."
            ),
            routers=[router, logbook.router],
            lifespan=lifespan,
            readiness=readiness,
        )
    )
    return app


def create_worker(settings: Settings | None = None, clock: Clock | None = None) -> Worker:
    """What runs beside the service: takes the feed of ``cases`` and orders the audit log."""
    own, at = settings or Settings(), clock or SystemClock()
    database, cases = _database(own, at), _cases(own, at)
    caller = Caller.system("worker:feed", NAME)
    permit = Policy.load(catalog.PACKAGE).permit(caller, "apply_events", PURPOSE)

    async def close() -> None:
        await cases.aclose()
        await database.close()

    book = _logbook(own)
    sequencer = Sequencer(database, book.logs, *book.trees())
    consumer = Consumer(database, Feed(cases, caller), permit)
    watches = book.watches(database, own.witness_folder)
    return Worker(consumer, sequencer, partial(book.open, database), close, watches)


def _database(own: Settings, clock: Clock) -> Database:
    return Database(
        own.database_url,
        service=NAME,
        clock=clock,
        audit_key=keys.load_secret(own.keys, f"{NAME}.audit"),
        pool_size=own.pool_size,
        personal=PERSONAL,
    )


def _logbook(own: Settings) -> LogBook:
    return LogBook(NAME, keys.load_log_signing(own.keys, NAME))


def _cases(own: Settings, clock: Clock) -> ServiceClient:
    signer = ServiceSigner(NAME, keys.load_signing(own.keys, NAME), clock)
    return ServiceClient(base_url=own.cases_url, audience="cases", signer=signer)
