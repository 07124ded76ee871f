from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.kit import keys
from services.kit.policy import Appointment
from services.kit.tokens import AccessTokenIssuer, Identity, ServiceSigner
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from services.riskscore.app import create_app
from services.riskscore.catalog import load_catalog
from services.riskscore.model import Instrument
from services.riskscore.rules import Scorer
from services.riskscore.settings import Settings

OFFICES = {
    "maret": (Appointment("coordinator", {"region": "polva"}),),
    "olga": (Appointment("programme-officer"),),
    "nobody": (),
}


class Offices:
    """Appointments as another service would tell them."""

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        return OFFICES.get(identity.subject, ())


@pytest.fixture(scope="session")
def dash() -> Scorer:
    return load_catalog().find("dash", None, None)


@pytest.fixture(scope="session")
def an_instrument(dash: Scorer) -> Any:
    def make(**changes: Any) -> Instrument:
        return replace(dash.instrument, **changes)

    return make


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("riskscore-keys")
    keys.ensure(folder)
    return folder


@pytest.fixture(scope="session")
async def app(key_folder: Path) -> AsyncIterator[FastAPI]:
    made = create_app(Settings(keys=key_folder, development=True))
    async with made.router.lifespan_context(made):
        made.state.appointments = Offices()
        yield made


@pytest.fixture(scope="session")
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://riskscore/api/riskscore/v1") as client:
        yield client


@pytest.fixture(scope="session")
def as_person(key_folder: Path) -> Callable[..., dict[str, str]]:
    issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, keys.load_issuer(key_folder, "development"))

    def headers(subject: str, purpose: str = "case-work") -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.issue(subject)}", "X-Purpose": purpose}

    return headers


@pytest.fixture(scope="session")
def as_service(key_folder: Path) -> Callable[..., dict[str, str]]:
    def headers(service: str, subject: str, purpose: str = "intake") -> dict[str, str]:
        signer = ServiceSigner(service, keys.load_signing(key_folder, service))
        token = signer.token("riskscore", subject, purpose)
        return {"Authorization": f"Bearer {token}", "X-Purpose": purpose}

    return headers
