"""What the service refuses to start with, and what it promises before it starts."""

from pathlib import Path
from typing import Any

import pytest

from services.exchange.app import UnsafeSettings, _delivery_terms, create_app
from services.exchange.settings import Settings


@pytest.mark.parametrize("secret", ["", "short"])
async def test_without_a_gateway_secret_it_does_not_start(keys_folder: Path, secret: str) -> None:
    app = create_app(Settings(keys=keys_folder, gateway_secret=secret))
    with pytest.raises(UnsafeSettings, match="TURVAVORK_EXCHANGE_GATEWAY_SECRET"):
        async with app.router.lifespan_context(app):
            pytest.fail("it started")


@pytest.mark.parametrize(("told", "expected"), [("compared", False), ("demanded", True)])
def test_c04_that_the_hash_must_be_there_is_a_setting(told: Any, expected: bool) -> None:  # noqa: FBT001
    assert _delivery_terms(Settings(request_hash=told)).hash_demanded is expected


def test_its_document_is_made_without_settings() -> None:
    assert create_app(Settings()).openapi()["info"]["title"] == "Turvavõrk: exchange"


async def test_it_is_ready_with_its_database(exchange: Any) -> None:
    assert (await exchange.http.get("/readyz")).status_code == 200
    assert (await exchange.http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/xroad", "/api/exchange/v1/nothing"])
async def test_elsewhere_is_nothing(exchange: Any, path: str) -> None:
    answer = await exchange.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
