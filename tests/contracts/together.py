"""The four services in one process, each on a database of its own, calling one another without a socket.

Everything is as in `app.py` but the wires: calls between services, and the issuer of logins.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import yaml
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OKPKey

from services.cases.actions.sessions import Logins
from services.cases.app import create_app as cases_app
from services.cases.outbound import RiskScore
from services.cases.settings import Settings as CasesSettings
from services.exchange.app import create_app as exchange_app
from services.exchange.settings import Settings as ExchangeSettings
from services.indicators.actions.consuming import Consumer
from services.indicators.app import create_app as indicators_app
from services.indicators.outbound import Feed
from services.indicators.settings import Settings as IndicatorsSettings
from services.kit import keys
from services.kit.access import RemoteAppointments
from services.kit.client import ServiceClient
from services.kit.clock import SystemClock
from services.kit.policy import Caller
from services.kit.sequencer import Sequencer
from services.kit.tokens import (
    AccessTokenIssuer,
    OidcIdTokenVerifier,
    OidcKeys,
    OidcLogoutVerifier,
    ServiceSigner,
)
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from services.riskscore.app import create_app as riskscore_app
from services.riskscore.settings import Settings as RiskscoreSettings
from tests.contracts.contract import ROOT

POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
SECRET = "a-gateway-secret-of-tests"
#: Where the callers hold their offices, and which roles are held somewhere.
OFFICE = {"region": "polva", "agency": "police"}
_BOUND = {"coordinator": ("region",), "chair": ("region",), "agency-member": ("region", "agency")}
LOGIN = "https://login.example/realm"
CLIENT = "turvavork-client"
TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
#: What the record of a refusal is made of.
EVIDENCE = frozenset({"audit", "audit_pending", "message_log", "message_log_pending"})

Counts = Mapping[str, int]
Copy = Callable[[str], Any]


@dataclass(frozen=True)
class Together:
    """The running services, and whoever may call them."""

    apps: Mapping[str, FastAPI]
    http: Mapping[str, httpx.AsyncClient]
    folder: Path
    admins: Mapping[str, "asyncpg.Connection[asyncpg.Record]"]
    key: OKPKey = field(
        default_factory=lambda: OKPKey.generate_key("Ed25519", {"kid": "login-1"}), repr=False
    )

    def person(self, role: str, purpose: str, region: str = "", agency: str = "") -> dict[str, str]:
        """Headers of a development member."""
        issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, keys.load_issuer(self.folder, "development"))
        token = issuer.issue(
            f"dev:{role}:{region}:{agency}", authenticated_at=int(SystemClock().now().timestamp())
        )
        return {"authorization": f"Bearer {token}", "x-purpose": purpose}

    def service(self, target: str, name: str, subject: str, purpose: str) -> dict[str, str]:
        """Headers of a service that speaks for a subject."""
        signer = ServiceSigner(name, keys.load_signing(self.folder, name))
        return {"authorization": f"Bearer {signer.token(target, subject, purpose)}", "x-purpose": purpose}

    def caller(self, service: str, operation: str) -> dict[str, str]:
        """Headers of somebody whom the first rule for an operation lets in; assignments come last."""
        own = [
            each for each in _rules(service) if each["effect"] == "allow" and operation in each["operations"]
        ]
        rule = next((each for each in own if each["relation"] != "assigned"), own[0])
        role, purpose = rule["roles"][0], rule["purposes"][0]
        kind, _, name = role.partition(":")
        if kind != "service":
            return self.person(role, purpose, **{key: OFFICE[key] for key in _BOUND.get(role, ())})
        spoken_for = rule.get("for", ["xroad"])
        subjects = {"xroad": POLIS, "worker": f"worker:{name}"}
        return self.service(service, name, subjects.get(spoken_for[0], role), purpose)

    def xroad(self, client: str = STAR) -> dict[str, str]:
        """Headers of an X-Road client behind the gateway's X-Road listener."""
        return {"x-turvavork-gateway": SECRET, "x-road-client": client, "x-road-id": str(uuid4())}

    def login(self, nonce: str) -> str:
        """An ID token of the issuer."""
        now = int(SystemClock().now().timestamp())
        said = {"iss": LOGIN, "sub": "EE48012310016", "aud": CLIENT, "nonce": nonce, "acr": "high"}
        times = {"iat": now - 10, "exp": now + 300}
        header = {"alg": "Ed25519", "kid": "login-1", "typ": "JWT"}
        return jwt.encode(header, {**said, "amr": ["idcard"], **times}, self.key, algorithms=["Ed25519"])

    async def rows(self, service: str, query: str, *arguments: Any) -> list[Any]:
        """What is in a database, past row-level security."""
        return list(await self.admins[service].fetch(query, *arguments))

    async def counts(self) -> Counts:
        """How many rows each table of each service has, when nothing is under way."""
        found: dict[str, int] = {}
        for service, admin in self.admins.items():
            tables = [table for (table,) in await admin.fetch(TABLES)]
            query = " union all ".join(f"select '{table}', count(*) from {table}" for table in tables)  # noqa: S608 - of the catalogue
            found |= {f"{service}.{table}": count for table, count in await admin.fetch(query)}
        return found

    async def read_feed(self) -> None:
        """Does the workers' part: events get their places, and indicators reads them."""
        cases = self.apps["cases"].state
        await Sequencer(cases.database, ("audit", "event"), *cases.logbook.trees()).drain()
        state = self.apps["indicators"].state
        worker = Caller.system("worker:feed", "indicators")
        feed = Feed(state.appointments._client, worker)  # the same wire
        await Consumer(state.database, feed, state.policy.permit(worker, "apply_events", "statistics")).step()

    async def put_aside(self) -> str:
        """An outgoing message that waits for an operator."""
        message, stream = uuid4(), uuid4()
        await self.rows(
            "exchange",
            """insert into outbox_queue (partner, stream, next_number, head, state)
               values ($1, $2, 2, 1, 'blocked')""",
            POLIS,
            stream,
        )
        await self.rows(
            "exchange",
            """insert into outbox (id, event_id, partner, stream, number, kind, reference, state, reason,
                 code, tries, created_at, protocol, method, target, content_type, digest, key_id)
               values ($1, $2, $3, $4, 1, 'caseNotice', 'TV-0123-4567-89AB-CDEF-0', 'quarantined',
                 'partner-refused', 'NO', 1, now(), 'soap', 'POST', '/', 'text/xml', sha256(''), $2)""",
            message,
            uuid4(),
            POLIS,
            stream,
        )
        return str(message)

    async def pause(self) -> str:
        """A pause of a partner."""
        pause = uuid4()
        await self.rows(
            "exchange",
            """insert into partner_pause (id, partner, reason, paused_at, paused_by)
               values ($1, $2, 'our-maintenance', now(), 'm-operator')""",
            pause,
            str(pause),
        )
        return str(pause)


@cache
def _rules(service: str) -> Sequence[Mapping[str, Any]]:
    table = yaml.safe_load((ROOT / "services" / service / "data" / "access.yaml").read_text())
    return list(table["rules"])


def grown(before: Counts, after: Counts) -> dict[str, int]:
    """Tables whose number of rows has changed, the record of refusals left out."""
    return {
        name: after[name] - count
        for name, count in before.items()
        if after[name] != count and name.partition(".")[2] not in EVIDENCE
    }


def audited(before: Counts, after: Counts, service: str) -> int:
    """How many rows the audit log of a service has got."""
    return after[f"{service}.audit"] - before[f"{service}.audit"]


@asynccontextmanager
async def together(folder: Path, copy: Copy) -> AsyncIterator[Together]:
    """Starts the services; ``copy`` gives a fresh database of a service."""
    own: dict[str, Any] = {"keys": folder, "development": True}
    bases = {service: copy(service) for service in ("cases", "exchange", "indicators")}
    async with AsyncExitStack() as stack:
        cases = cases_app(CasesSettings(database_url=bases["cases"].url, **own))
        to_cases = httpx.ASGITransport(cases)
        patient = {"hand_over_budget": 10.0, "intake_patience": 10.0}
        exchange = ExchangeSettings(
            database_url=bases["exchange"].url, gateway_secret=SECRET, **patient, **own
        )
        apps = {
            "cases": cases,
            "exchange": exchange_app(exchange, cases_transport=to_cases),
            "indicators": indicators_app(IndicatorsSettings(database_url=bases["indicators"].url, **own)),
            "riskscore": riskscore_app(RiskscoreSettings(**own)),
        }
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        http = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=f"http://{name}"
                )
            )
            for name, app in apps.items()
        }
        admins = {name: await asyncpg.connect(base.admin_url) for name, base in bases.items()}
        for admin in admins.values():
            stack.push_async_callback(admin.close)
        made = Together(apps, http, folder, admins)
        _wire(made, to_cases, stack)
        await made.read_feed()
        yield made


def _wire(made: Together, to_cases: httpx.ASGITransport, stack: AsyncExitStack) -> None:
    """Puts calls without sockets in the place of those that `app.py` makes."""

    def client(caller: str, target: str, transport: httpx.ASGITransport) -> ServiceClient:
        signer = ServiceSigner(caller, keys.load_signing(made.folder, caller))
        found = ServiceClient(
            base_url=f"http://{target}", audience=target, signer=signer, transport=transport
        )
        stack.push_async_callback(found.aclose)
        return found

    for name in ("riskscore", "indicators"):
        made.apps[name].state.appointments = RemoteAppointments(
            client(name, "cases", to_cases),
            service=name,
            path="/api/cases/v1/offices",
            purpose="accountability",
        )
    state = made.apps["cases"].state
    scorer = RiskScore(client("cases", "riskscore", httpx.ASGITransport(made.apps["riskscore"])))
    state.intake = replace(state.intake, riskscore=scorer, patience=10.0)
    state.reassessing = replace(state.reassessing, riskscore=scorer, patience=10.0)
    logins = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: _issuer(made.key, request)))
    stack.push_async_callback(logins.aclose)
    found = OidcKeys(LOGIN, logins)
    state.sessions = replace(
        state.sessions,
        logins=Logins(
            OidcIdTokenVerifier(LOGIN, CLIENT, found, SystemClock()),
            OidcLogoutVerifier(LOGIN, CLIENT, found, SystemClock()),
        ),
    )


def _issuer(key: OKPKey, request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("openid-configuration"):
        return httpx.Response(200, json={"issuer": LOGIN, "jwks_uri": "https://login.example/jwks"})
    return httpx.Response(200, json={"keys": [key.as_dict(private=False)]})
