"""Which actions answer which routes."""

import time
from datetime import timedelta

import httpx
from fastapi import FastAPI
from starlette.datastructures import State

from services.cases.actions.accesses import Accesses
from services.cases.actions.agenda import Agendas
from services.cases.actions.appointments import Appointments
from services.cases.actions.casework import Casework
from services.cases.actions.children import ChildProtection
from services.cases.actions.consent import Consenting
from services.cases.actions.contacts import Contacts
from services.cases.actions.correcting import Correcting
from services.cases.actions.discussions import Discussions
from services.cases.actions.duties import Duties
from services.cases.actions.erasures import Erasures
from services.cases.actions.evaluating import Evaluating
from services.cases.actions.events import Feed
from services.cases.actions.exclusions import Exclusions
from services.cases.actions.flags import Flags
from services.cases.actions.glass import GlassBreaker
from services.cases.actions.incidents import Incidents
from services.cases.actions.intake import Intake
from services.cases.actions.meetings import Meetings
from services.cases.actions.members import LocalAppointments
from services.cases.actions.merging import Merging
from services.cases.actions.minutes import MinutesKeeper
from services.cases.actions.monitoring import Monitoring
from services.cases.actions.networks import NetworkKeeper
from services.cases.actions.offers import Offers
from services.cases.actions.papers import Papers
from services.cases.actions.participants import Participants
from services.cases.actions.parties import Parties
from services.cases.actions.plan import Plans
from services.cases.actions.proposals import Proposals
from services.cases.actions.quality import Quality
from services.cases.actions.reassessing import Reassessing
from services.cases.actions.records import Records
from services.cases.actions.relations import Relations
from services.cases.actions.removals import Removals
from services.cases.actions.reported import Reported
from services.cases.actions.research import Research
from services.cases.actions.retention import Retaining
from services.cases.actions.safety import SafetyPlans
from services.cases.actions.screening import Screener
from services.cases.actions.seals import Seals
from services.cases.actions.searching import Searching
from services.cases.actions.sessions import Logins, Sessions
from services.cases.actions.shares import Sharing
from services.cases.actions.starts import Starts
from services.cases.actions.subject_access import SubjectAccess
from services.cases.actions.support_pool import SupportPool
from services.cases.actions.support_reports import SupportReports
from services.cases.actions.supporting import Supporting
from services.cases.actions.systems import Systems
from services.cases.actions.transfers import Transfers
from services.cases.actions.usage import UsageDesk
from services.cases.actions.withdrawing import Withdrawing
from services.cases.app.names import NAME
from services.cases.app.parts import Parts
from services.cases.model.transfers import PACKAGE_TYPE
from services.cases.store.events import Arrivals
from services.kit import keys
from services.kit.detached import Signer
from services.kit.paper import Press
from services.kit.refusals import RefusalAuditor
from services.kit.sealed import BlindIndex, Pseudonyms
from services.kit.tokens import (
    AccessTokenIssuer,
    OidcIdTokenVerifier,
    OidcKeys,
    OidcLogoutVerifier,
    TokenVerifier,
)
from services.kit.tokens.signing import ACCESS_ISSUER


def plug(app: FastAPI, parts: Parts, arrivals: Arrivals, http: httpx.AsyncClient) -> None:
    """Makes the actions, and puts them where routes find them; connects to nothing."""
    own, state = parts.settings, app.state
    index = BlindIndex(keys.load_secret(own.keys, "cases.blind-index"))
    pseudonyms = Pseudonyms(keys.load_secret(own.keys, "cases.pseudonym"))
    state.catalog, state.policy = parts.catalog, parts.policy
    state.ring, state.index = parts.ring, index
    state.verifier = TokenVerifier.from_keys(NAME, own.keys, parts.clock, development=own.development)
    state.appointments = LocalAppointments(parts.database)
    state.works_for = Systems(parts.catalog).works_for
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
    _plug_support(state, parts, index)
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
    state.safety_plans = SafetyPlans(parts.catalog, state.casework)
    state.starts = Starts(parts.catalog, parts.ring)
    state.networks = NetworkKeeper(parts.catalog, parts.ring)
    state.meetings = Meetings(parts.catalog)
    state.participants = Participants(parts.catalog, state.meetings)
    state.agendas = Agendas(parts.catalog, state.casework, state.meetings)
    state.discussions = Discussions(parts.catalog, state.casework, state.agendas, state.participants)
    state.minutes = MinutesKeeper(state.agendas, state.participants)
    state.papers, state.press = Papers(parts.catalog), Press(training=parts.settings.training)
    state.research = Research(parts.catalog, parts.ring, state.casework, state.agendas)
    state.consenting = Consenting(parts.catalog, state.casework)
    state.sharing = Sharing(parts.catalog, state.casework, parts.discloser())
    state.monitoring = Monitoring(parts.catalog, state.casework, Duties(parts.catalog.clocks))
    state.incidents = Incidents(parts.catalog, state.casework)
    state.reported = Reported(parts.catalog, state.casework, state.incidents, index)
    state.usage_desk = UsageDesk(parts.catalog, state.casework, parts.discloser())
    state.proposals = Proposals(parts.catalog, state.casework)
    state.evaluating = Evaluating(parts.catalog, state.casework)
    state.exclusions = Exclusions(parts.catalog, state.casework)
    state.accesses = Accesses(state.casework)
    state.glass = GlassBreaker(parts.catalog, parts.ring)
    state.seals = Seals(parts.catalog, state.casework)
    state.relations = Relations(state.casework, parts.catalog)
    state.merging = Merging(parts.catalog)
    state.searching = Searching(parts.catalog, parts.policy, parts.ring, index)
    state.retaining = Retaining(parts.catalog, state.casework)
    state.erasures = Erasures(parts.catalog, parts.ring)
    state.subject_access = SubjectAccess(parts.catalog, parts.ring, index, parts.discloser())
    state.records = Records(state.casework, parts.catalog, index)
    state.parties = Parties(state.casework, state.records, index)
    state.quality = Quality(parts.catalog, parts.ring)
    state.reassessing = Reassessing(
        parts.database, parts.catalog, state.casework, parts.riskscore, parts.settings.score_patience
    )
    signer = Signer(keys.load_signing(parts.settings.keys, keys.PACKAGES), PACKAGE_TYPE)
    state.transfers = Transfers(parts.catalog, state.casework, signer)


def _plug_support(state: State, parts: Parts, index: BlindIndex) -> None:
    """Support persons, services by need, and KKS; after :func:`_plug_casework`."""
    state.support_pool = SupportPool(parts.catalog, parts.ring, index)
    state.supporting = Supporting(parts.catalog, state.casework, parts.ring)
    state.contacts = Contacts(parts.catalog, state.casework, parts.ring)
    state.support_reports = SupportReports(parts.catalog, state.casework, parts.ring)
    state.offers = Offers(parts.catalog, state.casework)
    state.removals = Removals(parts.catalog, state.casework)


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
