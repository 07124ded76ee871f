"""The simulated security server, and a client of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from services.exchange.outbound.securityserver import SecurityServer
from services.kit.clock import FixedClock
from system.securityserver.app import create_app
from tests.exchange.outbound.doubles import US


@pytest.fixture
async def network() -> AsyncIterator[httpx.AsyncClient]:
    """The simulated security server with its partners."""
    app = create_app(client=httpx.AsyncClient(), clock=FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ss") as client:
        yield client


@pytest.fixture
async def server(network: httpx.AsyncClient) -> AsyncIterator[SecurityServer]:
    found = SecurityServer("http://ss", US, transport=network._transport)
    yield found
    await found.aclose()
