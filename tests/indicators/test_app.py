from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.indicators.app import create_app, create_worker
from services.indicators.settings import Settings
from services.indicators.worker import Worker
from services.kit.db import UnsafeDatabase
from services.kit.policy import Policy


def test_every_operation_has_a_row_in_the_table_of_access() -> None:
    paths = create_app().openapi()["paths"]
    operations = {operation["operationId"] for path in paths.values() for operation in path.values()}
    known = Policy.load("services.indicators").operations()
    assert operations <= known
    assert known - operations == {"get_official_values", "apply_events"}


async def test_the_service_is_ready_when_its_database_is(
    a_service: Callable[[str], FastAPI], service_database: Any
) -> None:
    app = a_service(service_database("indicators").url)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")
    async with app.router.lifespan_context(app), client:
        assert (await client.get("/readyz")).json() == {"status": "ready"}


async def test_a_role_that_may_do_everything_is_refused(
    a_service: Callable[[str], FastAPI], service_database: Any
) -> None:
    app = a_service(service_database("indicators").owner_url)
    with pytest.raises(UnsafeDatabase):
        async with app.router.lifespan_context(app):
            pass


async def test_the_worker_is_plugged_together(key_folder: Path, service_database: Any) -> None:
    settings = Settings(keys=key_folder, database_url=service_database("indicators").url)
    assert isinstance(create_worker(settings), Worker)
