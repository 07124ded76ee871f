"""The service in process, on a fresh database, with a scorer that the test moves."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.cases.app import create_app
from services.kit import keys
from services.kit.ids import new_reference
from services.kit.tokens import AccessTokenIssuer, ServiceSigner
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from tests.cases.routes.network import Network

Build = Callable[..., Any]
POLIS = "ee-dev/GOV/70008747/polis"


@dataclass
class Served:
    """A client of the running service."""

    app: FastAPI
    http: httpx.AsyncClient
    folder: Path
    world: Any

    def headers(self, subject: str, service: str, purpose: str) -> dict[str, str]:
        signer = ServiceSigner(service, keys.load_signing(self.folder, service))
        return {"Authorization": f"Bearer {signer.token('cases', subject, purpose)}", "X-Purpose": purpose}

    async def put(self, message: dict[str, Any], **changes: Any) -> httpx.Response:
        """Hands a referral over, as ``exchange`` does."""
        client = changes.pop("client", POLIS)
        sender = {"client": client, "reference": changes.pop("sender_reference", str(uuid4())), "version": 1}
        return await self.http.put(
            f"/api/cases/v1/intake/{changes.pop('reference', None) or new_reference()}",
            json={"sender": sender, **message},
            headers=self.headers(changes.pop("subject", client), "exchange", "intake"),
        )

    async def correct(self, reference: str, message: dict[str, Any], **changes: Any) -> httpx.Response:
        """Hands a correction over, as ``exchange`` does."""
        client = changes.pop("client", POLIS)
        sender = {"client": client, "reference": changes.pop("sender_reference", "A-1")}
        sender["version"] = changes.pop("version", 2)
        return await self.http.put(
            f"/api/cases/v1/intake/{reference}/correction",
            json={"sender": sender, **message},
            headers=self.headers(changes.pop("subject", client), "exchange", "intake"),
        )

    async def withdraw(self, reference: str, **changes: Any) -> httpx.Response:
        """Hands a withdrawal over, as ``exchange`` does."""
        client = changes.pop("client", POLIS)
        sender = {"client": client, "reference": changes.pop("sender_reference", "A-1")}
        sender["version"] = changes.pop("version", 1)
        return await self.http.put(
            f"/api/cases/v1/intake/{reference}/withdrawal",
            json={"sender": sender, "reason": changes.pop("reason", "sent-in-error")},
            headers=self.headers(changes.pop("subject", client), "exchange", "intake"),
        )

    async def get(self, path: str, subject: str, service: str, purpose: str) -> httpx.Response:
        return await self.http.get(f"/api/cases/v1{path}", headers=self.headers(subject, service, purpose))

    async def ask(
        self,
        path: str,
        subject: str = "dev:coordinator:polva:",
        method: str = "GET",
        purpose: str = "case-work",
        **rest: Any,
    ) -> httpx.Response:
        """Asks as a person does."""
        issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, keys.load_issuer(self.folder, "development"))
        headers = {"Authorization": f"Bearer {issuer.issue(subject)}", "X-Purpose": purpose}
        headers |= rest.pop("headers", {})
        return await self.http.request(method, f"/api/cases/v1{path}", headers=headers, **rest)

    async def taken(self, message: dict[str, Any], **changes: Any) -> str:
        """Hands a referral over; its internal id."""
        answer = await self.put(message, **changes)
        assert answer.status_code == 201, answer.text
        return str(await self.world.referral_id(answer.json()["reference"]))

    async def opened(self, message: dict[str, Any], *agencies: str) -> str:
        """A case, made by the coordinator of its region with these agencies; its id."""
        referral = await self.taken(message)
        answer = await self.ask(
            f"/referrals/{referral}/screening",
            f"dev:coordinator:{message['region']}:",
            "POST",
            json={"decision": "accept", "reason": None, "note": None, "agencies": list(agencies)},
            headers={"If-Match": '"1"'},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["caseId"])


@pytest.fixture(scope="session")
def routes() -> FastAPI:
    """The service, which reads its settings when it starts: its routes take longer to make than a test."""
    return create_app()


@pytest_asyncio.fixture
async def served(
    world: Any, key_folder: Path, routes: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Served]:
    app = routes
    url = world.database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("TURVAVORK_CASES_DATABASE_URL", url)
    monkeypatch.setenv("TURVAVORK_KEYS", str(key_folder))
    monkeypatch.setenv("TURVAVORK_DEVELOPMENT", "1")
    async with app.router.lifespan_context(app):
        app.state.intake = replace(app.state.intake, riskscore=world.riskscore)
        app.state.correcting = replace(app.state.correcting, intake=app.state.intake)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://cases") as http:
            yield Served(app, http, key_folder, world)


@pytest.fixture
def network(served: Served, a_message: Callable[..., Any]) -> Network:
    """A network at work, on the 4th of May 2017."""
    served.app.state.database.clock = served.world.clock
    return Network(served, a_message)
