"""The furnished house; its content is read and refused, never changed, so that all tests share it."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from services.cases.app import create_app
from services.cases.outbound import RiskScore
from services.cases.settings import Settings
from services.kit.client import ServiceClient
from tests.cases.routes.access.full import Full
from tests.cases.routes.access.house import House


class _Signer:
    def token(self, audience: str, subject: str, purpose: str) -> str:
        return "token"


def _scored(request: httpx.Request) -> httpx.Response:
    answers = json.loads(request.content)["answers"]
    items = [
        {"key": key, "number": number, "answer": answer, "contribution": int(answer == "yes")}
        for number, (key, answer) in enumerate(answers.items(), 1)
    ]
    return httpx.Response(
        200,
        json={
            "instrument": "dash",
            "version": "2026-11",
            "contentHash": "sha256:00",
            "status": "draft",
            "engine": "test/1",
            "score": sum(item["contribution"] for item in items),
            "maximum": 24,
            "band": "standard",
            "grounds": ["professional-judgement"],
            "range": {"lowest": 1, "highest": 23, "lowestBand": "standard", "highestBand": "high"},
            "unanswered": ["afraid-of"],
            "items": items,
        },
    )


def _scorer() -> RiskScore:
    transport = httpx.MockTransport(_scored)
    client = ServiceClient(
        base_url="http://riskscore", audience="riskscore", signer=_Signer(), transport=transport
    )
    return RiskScore(client)


@pytest_asyncio.fixture(scope="session")
async def house(service_database: Callable[[str], Any], key_folder: Path) -> AsyncIterator[House]:
    database = service_database("cases")
    app = create_app(Settings(database_url=database.url, keys=key_folder, development=True))
    scorer = _scorer()
    async with app.router.lifespan_context(app):
        app.state.intake = replace(app.state.intake, riskscore=scorer)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://cases") as http:
            furnished = House(app, http, key_folder, database.admin_url)
            await furnished.furnish()
            yield furnished
    await scorer.aclose()


@pytest_asyncio.fixture(scope="session")
async def full(house: House) -> Full:
    """Everything in the house with every field."""
    return await Full.of(house)
