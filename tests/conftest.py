"""One PostgreSQL for the session; a database per test is a copy of one that the real migrations made."""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import pytest_socket

from services.kit import migrate
from system import databases
from system.postgres import Cluster

KIT_MIGRATIONS = Path(__file__).parent / "kit" / "migrations"


def pytest_runtest_setup() -> None:
    """No test talks to the world; loopback is for the database and for journeys."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@dataclass(frozen=True)
class TestDatabase:
    """A migrated, empty database; URLs for its roles. ``folder`` is None for a service's own migrations."""

    __test__ = False

    name: str
    url: str
    owner_url: str
    auditor_url: str
    admin_url: str
    folder: Path | None = None


ServiceDatabase = Callable[[str], TestDatabase]


def _apart(work: Callable[[], object]) -> None:
    """Runs something that starts its own event loop, also while a test's loop runs."""
    thread = ThreadPoolExecutor(1)
    try:
        thread.submit(work).result()
    finally:
        thread.shutdown()


def _sql(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    _apart(lambda: asyncio.run(run()))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this session's own, on a free port; gone afterwards."""
    with Cluster.temporary() as running:
        yield running
        if running.pid is not None:
            os.kill(running.pid, signal.SIGQUIT)  # at once: nothing of it is worth a checkpoint


@pytest.fixture(scope="session")
def service_database(cluster: Cluster) -> ServiceDatabase:
    """Gives a fresh database with a service's schema at each call: ``service_database("cases")``."""
    templates: dict[str, Path | None] = {}
    numbers = itertools.count(1)

    def prepare(service: str) -> Path | None:
        folder = KIT_MIGRATIONS if service == "kit" else None
        _apart(lambda: asyncio.run(databases.prepare(cluster.admin_url, service, cluster.passwords)))
        _apart(lambda: migrate.upgrade(service, cluster.url(service, f"{service}_owner"), folder=folder))
        return folder

    def fresh(service: str) -> TestDatabase:
        if service not in templates:
            templates[service] = prepare(service)
        name = f"{service}_{next(numbers)}"
        _sql(cluster.admin_url, f"create database {name} template {service} owner {service}_owner")
        return TestDatabase(
            name,
            url=cluster.url(name, f"{service}_app"),
            owner_url=cluster.url(name, f"{service}_owner"),
            auditor_url=cluster.url(name, f"{service}_auditor"),
            admin_url=cluster.url(name, "postgres"),
            folder=templates[service],
        )

    return fresh


@pytest.fixture
def kit_database(service_database: ServiceDatabase) -> TestDatabase:
    """A database with every table that the kit offers; see ``tests/kit/migrations``."""
    return service_database("kit")
