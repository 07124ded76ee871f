"""What is plugged into what."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final

import httpx
from fastapi import FastAPI
from starlette.middleware import Middleware

from services.exchange.actions import delivery as deliveries
from services.exchange.actions.amendments import Amendments
from services.exchange.actions.callouts import CallOutDesk
from services.exchange.actions.casework import AgencyWork
from services.exchange.actions.depths import Depths
from services.exchange.actions.feed import Follower
from services.exchange.actions.flags import Flags
from services.exchange.actions.gate import Gate
from services.exchange.actions.handover import HandOver
from services.exchange.actions.incidents import Incidents
from services.exchange.actions.intake import Intake, Terms
from services.exchange.actions.keys import rewrap_all
from services.exchange.actions.notices import Notices
from services.exchange.actions.originals import Originals
from services.exchange.actions.receipts import Receipts
from services.exchange.actions.record import Records
from services.exchange.actions.repair import Repair
from services.exchange.actions.repair import Terms as RepairTerms
from services.exchange.actions.status import Statuses
from services.exchange.actions.usage import Keeper, Tracker
from services.exchange.catalog import contracts, offered, regions, tracker
from services.exchange.model import callouts as callout_words
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.outbound.breaker import Breaker
from services.exchange.outbound.cases import Cases
from services.exchange.outbound.casework import CaseWork
from services.exchange.outbound.disclosures import DisclosureFeed
from services.exchange.outbound.feed import CaseFeed
from services.exchange.outbound.flags import FlagRegister
from services.exchange.outbound.logs import PERIOD_SECONDS as SELDOM
from services.exchange.outbound.logs import RemoteLog
from services.exchange.outbound.securityserver import SecurityServer, Tls
from services.exchange.outbound.witness import PATH, PERIOD_SECONDS, XRoadWitness
from services.exchange.routes import callouts, messages, partners, rest, rest_casework, rest_documents, soap
from services.exchange.routes import tracker as tracking
from services.exchange.routes.xroad import Door, LoggedRefusals, XRoad
from services.exchange.rules import delivery as rules
from services.exchange.settings import Settings
from services.exchange.store.bodies import Bodies
from services.exchange.store.sealing import Sealer
from services.exchange.wire import address
from services.exchange.worker import Line, Worker
from services.kit import keys, logbook
from services.kit.access import RemoteAppointments
from services.kit.client import ServiceClient
from services.kit.clock import Clock, SystemClock
from services.kit.db import Database
from services.kit.logbook import LogBook
from services.kit.policy import Caller, Permit, Policy
from services.kit.refusals import RefusalAuditor
from services.kit.sealed import BlindIndex, KeyRing
from services.kit.sequencer import Sequencer
from services.kit.tokens import ServiceSigner, TokenVerifier
from services.kit.web import MIB, ServiceSpec, create_service
from services.kit.witness import OwnLog, Watch

NAME: Final = "exchange"
PACKAGE: Final = "services.exchange"
LOGS: Final = ("audit", "message_log")
PERSONAL: Final = (
    *("inbox", "incident", "outbox", "outbox_queue", "outbox_try", "partner_pause", "data_usage"),
    "flag_count",
    "usage_decision",
)
_DESCRIPTION: Final = (
    "Messages over X-Road, in and out: what was received, what was delivered, what waits for a person. The "
    "services for X-Road clients are described by the WSDL at /xroad/soap?wsdl and the document at "
    "/xroad/rest/marac/v1/openapi.json, on the X-Road listener."
)
_SHORTEST_SECRET: Final = 16
_SOAP_READ: Final = 21 * MIB  # beyond our own cap SOAP is read on, and then refused


class UnsafeSettings(Exception):  # noqa: N818 - it says what the settings are
    """The service must not start with these settings; the message says what to do."""


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    cases_transport: httpx.AsyncBaseTransport | None = None,
    server_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The service; keys, published data and the database are opened when it starts.

    ``clock`` and the transports stand in for the machine's clock, ``cases`` and the security server in tests.
    """
    own = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _plug(app, own, clock or SystemClock(), cases_transport, stack)
            app.state.callouts = _callouts(own, app.state.database, server_transport)
            stack.push_async_callback(app.state.callouts.server.aclose)
            yield

    async def readiness() -> Mapping[str, bool]:
        database: Database = app.state.database
        return {"database": await database.ready()}

    async def measure() -> None:
        depths: Depths = app.state.depths
        await depths.measure()

    app = create_service(
        ServiceSpec(
            name=NAME,
            title="Turvavõrk: exchange",
            description=_DESCRIPTION,
            routers=[messages.router, partners.router, callouts.router, logbook.router],
            outside=[soap.router, rest.router, rest_casework.router, rest_documents.router, tracking.router],
            lifespan=lifespan,
            readiness=readiness,
            measure=measure,
            larger_bodies={soap.PATH: _SOAP_READ},
            errors_as={soap.PATH: soap.fault, tracking.PREFIX: tracking.problem},
            inner=[Middleware(Door, secret=own.gateway_secret)],  # logged and told as all
            straight={
                ("POST", soap.PATH): soap.call,
                ("POST", f"{rest.PREFIX}/referrals"): rest.submit_straight,
            },
        )
    )
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
    database = _database(own, clock)
    stack.push_async_callback(database.close)
    app.state.logbook = _logbook(own)
    await app.state.logbook.open(database)
    client = _client(own, clock, transport)
    stack.push_async_callback(client.aclose)
    app.state.database = database
    app.state.reasons = contracts.reasons()
    app.state.policy = Policy.load(PACKAGE)
    records = Records(database, app.state.policy)
    app.state.refusals = LoggedRefusals(RefusalAuditor(database), records)
    app.state.partners = tuple(contracts.directory(own.xroad_instance).partners)
    app.state.depths = Depths(database, app.state.policy, app.state.partners)
    app.state.verifier = TokenVerifier.from_keys(NAME, own.keys, clock, development=own.development)
    app.state.appointments = RemoteAppointments(
        client, service=NAME, path="/api/cases/v1/offices", purpose="accountability"
    )
    app.state.originals = Originals(Sealer(_ring(own), clock), Bodies(_ring(own), clock))
    flags = Flags(database, FlagRegister(client, Breaker(), budget=own.flag_budget), own.flag_quota)
    app.state.xroad = _xroad(own, app, client, flags, clock, records)


def _callouts(own: Settings, database: Database, transport: httpx.AsyncBaseTransport | None) -> CallOutDesk:
    directory = contracts.directory(own.xroad_instance)
    server = SecurityServer(own.security_server_url, directory.us, tls=_tls(own), transport=transport)
    demanded = own.request_hash == "demanded"
    return CallOutDesk(database, server, directory.us, directory.asked(callout_words.KIND), demanded)


def create_worker(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    cases_transport: httpx.AsyncBaseTransport | None = None,
    server_transport: httpx.AsyncBaseTransport | None = None,
) -> Worker:
    """What happens without a caller; transports stand in for ``cases`` and the security server in tests."""
    own, moments = settings or Settings(), clock or SystemClock()
    database, book = _database(own, moments), _logbook(own)
    client, figures = _client(own, moments, cases_transport), _indicators(own, moments)
    others = [RemoteLog(client, "cases"), RemoteLog(figures, "indicators")]
    directory = contracts.directory(own.xroad_instance)
    server = SecurityServer(own.security_server_url, directory.us, tls=_tls(own), transport=server_transport)
    policy = Policy.load(PACKAGE)
    bodies = Bodies(_ring(own), moments)
    feed = CaseFeed(client)
    notices = Notices(directory, feed, bodies)
    courier = deliveries.Courier(
        database=database,
        server=server,
        notices=notices,
        bodies=bodies,
        permit=_worker_permit(policy, "delivery", "deliver_message", "delivery"),
        child_permit=_worker_permit(policy, "delivery", "send_child_notice", "delivery"),
        terms=_delivery_terms(own),
    )

    async def closed() -> None:
        for each in (server, client, figures):
            await each.aclose()
        await database.close()

    return Worker(
        sequencer=Sequencer(database, book.logs, *book.trees()),
        hand_over=_hand_over(database, Sealer(_ring(own), moments), client, policy),
        follower=Follower(database, feed, notices, _worker_permit(policy, "feed", "apply_event", "delivery")),
        keeper=_keeper(database, client, policy),
        lines=[
            Line(partner, courier, places=own.delivery_places, lease=own.delivery_lease)
            for partner in directory.partners
        ],
        opened=partial(book.open, database),
        watches=_watches(own, database, server, Records(database, policy), others),
        closed=closed,
    )


def _keeper(database: Database, client: ServiceClient, policy: Policy) -> Keeper:
    permit = _worker_permit(policy, "disclosures", "apply_disclosure", "accountability")
    return Keeper(database, DisclosureFeed(client), tracker.load(), permit)


def _watches(
    own: Settings,
    database: Database,
    server: SecurityServer,
    records: Records,
    others: Sequence[RemoteLog],
) -> list[Watch]:
    """What brings checkpoints to the witnesses that there are: ours to a folder, everybody's to a partner."""
    found = [*_logbook(own).watches(database, own.witness_folder)]
    if own.witness is not None:
        provider, _, code = f"{own.xroad_instance}/{own.witness}".rpartition("/")
        service = ServiceId(ClientId.parse(provider), code, None)
        witness = XRoadWitness(server, service, address.of_service(service, PATH), records.write)
        found.append(Watch(witness, [OwnLog(database, log) for log in LOGS], period=PERIOD_SECONDS))
        found += [
            Watch(witness, [each], period=SELDOM) for each in others
        ]  # one that is away delays no other
    return found


def _hand_over(database: Database, sealer: Sealer, client: ServiceClient, policy: Policy) -> HandOver:
    repair = Repair(database, sealer, Cases(client, Breaker()), RepairTerms())
    return HandOver(database, repair, _worker_permit(policy, "intake", "hand_over_referral", "intake"))


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
    return LogBook(NAME, keys.load_log_signing(own.keys, NAME), LOGS)


def _client(own: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> ServiceClient:
    return ServiceClient(
        base_url=own.cases_url,
        audience="cases",
        signer=ServiceSigner(NAME, keys.load_signing(own.keys, NAME), clock),
        transport=transport,
    )


def _indicators(own: Settings, clock: Clock) -> ServiceClient:
    signer = ServiceSigner(NAME, keys.load_signing(own.keys, NAME), clock)
    return ServiceClient(base_url=own.indicators_url, audience="indicators", signer=signer)


def _ring(own: Settings) -> KeyRing:
    return KeyRing.from_file(own.keys / f"{NAME}.kek.json")


def _tls(own: Settings) -> Tls | None:
    if own.security_server_authority is None:
        return None
    return Tls(own.security_server_authority, own.security_server_certificate, own.security_server_key)


def _worker_permit(policy: Policy, worker: str, operation: str, purpose: str) -> Permit:
    return policy.permit(Caller.system(f"worker:{worker}", NAME), operation, purpose)


def _delivery_terms(own: Settings) -> deliveries.Terms:
    retry = rules.Terms(
        first=timedelta(seconds=own.delivery_first_wait),
        longest=timedelta(seconds=own.delivery_longest_wait),
        tries_of_unknown=own.delivery_tries,
    )
    lease, demanded = timedelta(seconds=own.delivery_lease), own.request_hash == "demanded"
    return deliveries.Terms(lease, demanded, retry)


def _xroad(  # noqa: PLR0913, PLR0917 - what it is plugged together of
    own: Settings, app: FastAPI, client: ServiceClient, flags: Flags, clock: Clock, records: Records
) -> XRoad:
    database: Database = app.state.database
    cases = Cases(client, Breaker())
    statuses = Statuses(database, cases, budget=own.hand_over_budget)
    intake = Intake(
        database=database,
        sealer=Sealer(_ring(own), clock),
        cases=cases,
        statuses=statuses,
        regions=regions.load(),
        terms=Terms(
            places=0 if own.hand_over == "deferred" else own.hand_over_places,
            slow=own.hand_over_slow,
            budget=own.hand_over_budget,
        ),
    )
    return XRoad(
        offered=offered.load(own.xroad_instance),
        policy=app.state.policy,
        gate=Gate(
            places=own.intake_places,
            queue=own.intake_queue,
            patience=own.intake_patience,
            share=own.intake_share,
        ),
        intake=intake,
        amendments=Amendments(database, intake),
        incidents=Incidents(database, intake),
        statuses=statuses,
        flags=flags,
        agency_work=AgencyWork(database, CaseWork(client, Breaker())),
        records=records,
        tracker=Tracker(database, BlindIndex(keys.load_secret(own.keys, keys.DISCLOSURES)), tracker.load()),
        receipts=Receipts(database),
        max_body=MIB,
    )


async def rotate(settings: Settings | None = None) -> int:
    """Wraps the key of every message anew under the active key-encryption key; how many were older."""
    own = settings or Settings()
    database = _database(own, SystemClock())
    try:
        await database.open()
        return await rewrap_all(database, Policy.load(PACKAGE), _ring(own))
    finally:
        await database.close()
