"""What is plugged into what."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import httpx
from fastapi import FastAPI
from starlette.datastructures import State

from services.cases import catalog as published
from services.cases.actions.accesses import Accesses
from services.cases.actions.agenda import Agendas
from services.cases.actions.appointments import Appointments
from services.cases.actions.callouts import CallOutAsker
from services.cases.actions.casework import Casework
from services.cases.actions.children import ChildProtection
from services.cases.actions.consent import Consenting
from services.cases.actions.correcting import Correcting
from services.cases.actions.disclosures import Discloser
from services.cases.actions.duties import Duties
from services.cases.actions.evaluating import Evaluating
from services.cases.actions.events import Feed
from services.cases.actions.exclusions import Exclusions
from services.cases.actions.flags import Flags
from services.cases.actions.incidents import Incidents
from services.cases.actions.intake import Intake
from services.cases.actions.keys import rewrap_all
from services.cases.actions.meetings import Meetings
from services.cases.actions.members import LocalAppointments, seed_development
from services.cases.actions.monitoring import Monitoring
from services.cases.actions.networks import NetworkKeeper
from services.cases.actions.participants import Participants
from services.cases.actions.parties import Parties
from services.cases.actions.plan import Plans
from services.cases.actions.records import Records
from services.cases.actions.repeats import RepeatFinder
from services.cases.actions.scoring import Rescorer
from services.cases.actions.screening import Screener
from services.cases.actions.seals import Seals
from services.cases.actions.sessions import Logins, Sessions
from services.cases.actions.shares import Expiry, Sharing
from services.cases.actions.withdrawing import Withdrawing
from services.cases.catalog import Catalog
from services.cases.outbound import Police, RiskScore
from services.cases.routes import (
    accesses,
    agenda,
    amendments,
    appointments,
    children,
    consent,
    disclosures,
    duties,
    evaluation,
    events,
    exclusions,
    flags,
    history,
    incidents,
    intake,
    meetings,
    members,
    monitoring,
    networks,
    notices,
    participants,
    parties,
    plan,
    planning,
    reading,
    records,
    seals,
    sessions,
    shares,
    writing,
)
from services.cases.settings import Settings
from services.cases.store.events import Arrivals
from services.cases.worker import Worker
from services.kit import keys, logbook
from services.kit.client import ServiceClient
from services.kit.clock import Clock, SystemClock
from services.kit.db import Database
from services.kit.logbook import LogBook
from services.kit.policy import Policy
from services.kit.refusals import RefusalAuditor
from services.kit.sealed import BlindIndex, KeyRing, Pseudonyms
from services.kit.sequencer import Sequencer
from services.kit.tokens import (
    AccessTokenIssuer,
    OidcIdTokenVerifier,
    OidcKeys,
    OidcLogoutVerifier,
    ServiceSigner,
    TokenVerifier,
)
from services.kit.tokens.signing import ACCESS_ISSUER
from services.kit.web import ServiceSpec, create_service

NAME: Final = "cases"
LOGS: Final = ("audit", "event", "disclosure")
PERSONAL: Final = (
    "referral_correction",
    "referral_repeat",
    "person",
    "person_index",
    "referral",
    "assessment",
    "marac_case",
    "participation",
    "child_notice",
    "disclosure",
    "flag_alarm",
    "case_step",
    "member_identity",
    "case_exclusion",
    "case_seal",
    "case_named",
    "duty",
    "plan_action",
    "plan_action_version",
    "network_member",
    "agenda_item",
    "consent_fact",
    "share",
    "monitoring",
    "checkpoint",
    "incident",
    "evaluation",
    "appointment",
    "absence",
    "meeting_signature",
    "case_person",
    "person_entry",
    "member_session",
    "issuer_logout",
)
_ROUTERS: Final = (
    intake.router,
    amendments.router,
    events.router,
    disclosures.router,
    flags.router,
    notices.router,
    children.router,
    reading.router,
    writing.router,
    history.router,
    duties.router,
    meetings.router,
    agenda.router,
    consent.router,
    shares.router,
    monitoring.router,
    incidents.router,
    evaluation.router,
    participants.router,
    exclusions.router,
    seals.router,
    accesses.router,
    plan.router,
    planning.router,
    parties.router,
    records.router,
    members.router,
    networks.router,
    appointments.router,
    sessions.router,
    logbook.router,
)
_DESCRIPTION: Final = (
    "People, referrals, cases and who may see them. A referral is taken once, scored, and screened by a "
    "person; acceptance makes a case. Personal values are sealed under a key per case; every answer is "
    "cut to what the caller may see and leaves a row in the audit log."
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service and its worker have in common."""

    settings: Settings
    clock: Clock
    catalog: Catalog
    policy: Policy
    database: Database
    ring: KeyRing
    logbook: LogBook
    riskscore: RiskScore
    police: Police

    def discloser(self) -> Discloser:
        """Makes disclosures under the key that ``exchange`` has as well."""
        index = BlindIndex(keys.load_secret(self.settings.keys, keys.DISCLOSURES))
        return Discloser(self.catalog.disclosures, index)

    @classmethod
    def of(cls, settings: Settings) -> "Parts":
        """Reads keys and published data, connects to nothing; KeyFileError, DataFileError, PolicyError."""
        clock = SystemClock()
        signer = ServiceSigner(NAME, keys.load_signing(settings.keys, NAME), clock)
        return cls(
            settings=settings,
            clock=clock,
            catalog=published.load(),
            policy=Policy.load(published.PACKAGE),
            database=Database(
                settings.database_url,
                service=NAME,
                clock=clock,
                audit_key=keys.load_secret(settings.keys, f"{NAME}.audit"),
                pool_size=settings.pool_size,
                personal=PERSONAL,
            ),
            ring=KeyRing.from_file(settings.keys / f"{NAME}.kek.json"),
            logbook=LogBook(NAME, keys.load_log_signing(settings.keys, NAME)),
            riskscore=RiskScore(
                ServiceClient(base_url=settings.riskscore_url, audience="riskscore", signer=signer)
            ),
            police=Police(ServiceClient(base_url=settings.exchange_url, audience="exchange", signer=signer)),
        )


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service; keys and published data are read, and the database is checked, when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            parts = Parts.of(settings or Settings())
            stack.push_async_callback(parts.riskscore.aclose)
            stack.push_async_callback(parts.police.aclose)
            stack.push_async_callback(parts.database.close)
            seed = partial(seed_development, parts.database, parts.policy, parts.catalog)
            await parts.logbook.open(parts.database, *([seed] if parts.settings.development else []))
            app.state.database, app.state.logbook = parts.database, parts.logbook
            arrivals = Arrivals(parts.database)
            stack.push_async_callback(_ended, asyncio.create_task(arrivals.run()))
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            _plug(app, parts, arrivals, http)
            yield

    async def readiness() -> Mapping[str, bool]:
        database: Database | None = getattr(app.state, "database", None)
        return {"database": database is not None and await database.ready()}

    app = create_service(
        ServiceSpec(
            name=NAME,
            title="Turvavõrk: cases",
            description=_DESCRIPTION,
            routers=_ROUTERS,
            lifespan=lifespan,
            readiness=readiness,
        )
    )
    return app


async def _ended(listening: asyncio.Task[None]) -> None:
    """Ends the listening; raises what it died of, if it did: the feed was slow since then."""
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening


def _plug(app: FastAPI, parts: Parts, arrivals: Arrivals, http: httpx.AsyncClient) -> None:
    own, state = parts.settings, app.state
    index = BlindIndex(keys.load_secret(own.keys, "cases.blind-index"))
    pseudonyms = Pseudonyms(keys.load_secret(own.keys, "cases.pseudonym"))
    state.catalog, state.policy = parts.catalog, parts.policy
    state.ring, state.index = parts.ring, index
    state.verifier = TokenVerifier.from_keys(NAME, own.keys, parts.clock, development=own.development)
    state.appointments = LocalAppointments(parts.database)
    state.refusals = RefusalAuditor(parts.database)
    state.intake = Intake(
        database=parts.database,
        catalog=parts.catalog,
        riskscore=parts.riskscore,
        ring=parts.ring,
        index=index,
        patience=own.score_patience,
    )
    discloser = parts.discloser()
    state.flags = Flags(parts.catalog.flags, index, discloser)
    state.child_protection = ChildProtection(parts.catalog, parts.ring, discloser)
    state.correcting = Correcting(state.intake, pseudonyms)
    state.withdrawing = Withdrawing(parts.catalog)
    state.screener = Screener(parts.catalog, parts.ring, pseudonyms)
    _plug_casework(state, parts, index)
    state.feed = Feed(parts.database, arrivals, time.monotonic)
    state.sessions = Sessions(
        database=parts.database,
        policy=parts.policy,
        logins=_logins(parts, http),
        issuer=AccessTokenIssuer(ACCESS_ISSUER, keys.load_issuer(own.keys, "access"), parts.clock),
        index=index,
        longest=timedelta(hours=own.session_hours),
    )


def _plug_casework(state: State, parts: Parts, index: BlindIndex) -> None:
    """What hangs on a case, and who works on cases."""
    state.casework = Casework(parts.catalog, parts.ring)
    state.offices = Appointments(parts.catalog, parts.ring)
    state.plans = Plans(parts.catalog, state.casework)
    state.networks = NetworkKeeper(parts.catalog, parts.ring)
    state.meetings = Meetings(parts.catalog)
    state.participants = Participants(parts.catalog, state.meetings)
    state.agendas = Agendas(parts.catalog, state.casework, state.meetings)
    state.consenting = Consenting(parts.catalog, state.casework)
    state.sharing = Sharing(parts.catalog, state.casework, parts.discloser())
    state.monitoring = Monitoring(parts.catalog, state.casework, Duties(parts.catalog.clocks))
    state.incidents = Incidents(parts.catalog, state.casework)
    state.evaluating = Evaluating(parts.catalog, state.casework)
    state.exclusions = Exclusions(parts.catalog, state.casework)
    state.accesses = Accesses(state.casework)
    state.seals = Seals(parts.catalog, state.casework)
    state.records = Records(state.casework, parts.catalog, index)
    state.parties = Parties(state.casework, state.records, index)


def _logins(parts: Parts, http: httpx.AsyncClient) -> Logins | None:
    """Whose logins are good; None where no issuer is set."""
    issuer, client = parts.settings.oidc_issuer, parts.settings.oidc_client_id
    if issuer is None or client is None:
        return None
    found, acr = OidcKeys(issuer, http), parts.settings.oidc_acr
    return Logins(
        OidcIdTokenVerifier(issuer, client, found, parts.clock, acr=acr),
        OidcLogoutVerifier(issuer, client, found, parts.clock),
    )


def create_worker(settings: Settings | None = None) -> Worker:
    """The worker: sequencer of the logs, and scores for referrals that wait."""
    parts = Parts.of(settings or Settings())
    rescorer = Rescorer(parts.database, parts.policy, parts.riskscore, parts.ring, parts.catalog.transitions)
    sequencer = Sequencer(parts.database, LOGS, *parts.logbook.trees())
    opened = partial(parts.logbook.open, parts.database)
    casework = Casework(parts.catalog, parts.ring)
    sharing = Sharing(parts.catalog, casework, parts.discloser())
    asker = CallOutAsker(
        parts.database, parts.policy, parts.police, parts.ring, parts.catalog, parts.discloser()
    )
    return Worker(
        parts.database,
        sequencer,
        rescorer,
        parts.riskscore,
        opened,
        parts.logbook.watches(parts.database, parts.settings.witness_folder),
        asker,
        parts.settings.call_outs_per_second,
        RepeatFinder(parts.database, parts.policy, parts.catalog.repeats),
        Expiry(parts.database, parts.policy, sharing),
    )


async def rotate(settings: Settings | None = None) -> int:
    """Wraps every data key anew under the active key-encryption key; how many were under an older one."""
    parts = Parts.of(settings or Settings())
    try:
        await parts.database.open()
        return await rewrap_all(parts.database, parts.policy, parts.ring)
    finally:
        await parts.riskscore.aclose()
        await parts.police.aclose()
        await parts.database.close()


async def seed(settings: Settings | None = None) -> int:
    """Appoints the development members, where development is on; how many appointments are new.

    Raises PermissionError elsewhere: their tokens would be worth nothing, and their rights a risk.
    """
    parts = Parts.of(settings or Settings())
    if not parts.settings.development:
        raise PermissionError("development members are for development: set TURVAVORK_DEVELOPMENT=1")
    try:
        await parts.database.open()
        return await seed_development(parts.database, parts.policy, parts.catalog)
    finally:
        await parts.riskscore.aclose()
        await parts.police.aclose()
        await parts.database.close()
