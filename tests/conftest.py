"""One PostgreSQL for the session; databases are copies of one that the real migrations made."""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
import pytest_socket

from services.kit import migrate
from system import databases
from system.postgres import Cluster

KIT_MIGRATIONS = Path(__file__).parent / "kit" / "migrations"
TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
# What a test may have changed besides rows: then its database is not lent again.
FINGERPRINT = """
    select md5(string_agg(line, chr(10) order by line)) from (
        select concat_ws(' ', relname, relkind, relacl, relrowsecurity, relforcerowsecurity) from pg_class
        where relnamespace = 'public'::regnamespace
        union all select concat_ws(' ', tgname, tgenabled) from pg_trigger where not tgisinternal
        union all select concat_ws(' ', proname, proacl, prosrc) from pg_proc
        where pronamespace = 'public'::regnamespace
        union all select version_num from alembic_version
        union all select epoch from log_epoch
    ) schema (line)
"""
Result = TypeVar("Result")


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


@dataclass
class Template:
    """The database of a service as its migrations leave it."""

    folder: Path | None
    fingerprint: str
    empty_tables: list[str]
    idle: list[TestDatabase] = field(default_factory=list)


def _apart(work: Callable[[], Result]) -> Result:
    """Runs something that starts its own event loop, also while a test's loop runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def _connected(
    url: str, work: Callable[["asyncpg.Connection[asyncpg.Record]"], Coroutine[Any, Any, Result]]
) -> Result:
    async def run() -> Result:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return _apart(lambda: asyncio.run(run()))


class Databases:
    """Makes databases by copying, and lends them to one test after the other."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._templates: dict[str, Template] = {}
        self._numbers = itertools.count(1)

    def fresh(self, service: str) -> TestDatabase:
        template, cluster = self._template(service), self._cluster
        name = f"{service}_{next(self._numbers)}"
        make = f"create database {name} template {service} owner {service}_owner"
        _connected(cluster.admin_url, lambda connection: connection.execute(make))
        return TestDatabase(
            name,
            url=cluster.url(name, f"{service}_app"),
            owner_url=cluster.url(name, f"{service}_owner"),
            auditor_url=cluster.url(name, f"{service}_auditor"),
            admin_url=cluster.url(name, "postgres"),
            folder=template.folder,
        )

    def lend(self, service: str) -> TestDatabase:
        idle = self._template(service).idle
        return idle.pop() if idle else self.fresh(service)

    def take_back(self, service: str, lent: TestDatabase) -> None:
        """Empties what the migrations leave empty; a database of another shape is not lent again."""
        template = self._template(service)

        async def clean(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
            if not await connection.fetchval("select to_regclass('alembic_version') is not null"):
                return False
            if await connection.fetchval(FINGERPRINT) != template.fingerprint:
                return False
            deletes = "; ".join(f"delete from {table}" for table in template.empty_tables)  # noqa: S608 - of the catalogue
            await connection.execute(
                f"set lock_timeout = '5s'; set session_replication_role = replica; {deletes}"
            )
            return True

        if _connected(lent.admin_url, clean):
            template.idle.append(lent)

    def _template(self, service: str) -> Template:
        if service not in self._templates:
            self._templates[service] = self._make_template(service)
        return self._templates[service]

    def _make_template(self, service: str) -> Template:
        cluster, folder = self._cluster, KIT_MIGRATIONS if service == "kit" else None
        _apart(lambda: asyncio.run(databases.prepare(cluster.admin_url, service, cluster.passwords)))
        _apart(lambda: migrate.upgrade(service, cluster.url(service, f"{service}_owner"), folder=folder))

        async def look(connection: "asyncpg.Connection[asyncpg.Record]") -> Template:
            tables = [row["relname"] for row in await connection.fetch(TABLES)]
            empty = [
                name for name in tables if not await connection.fetchval(f"select exists (table {name})")
            ]
            return Template(folder, await connection.fetchval(FINGERPRINT), empty)

        return _connected(cluster.url(service, "postgres"), look)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this session's own, on a free port; gone afterwards."""
    with Cluster.temporary() as running:
        yield running
        if running.pid is not None:
            os.kill(running.pid, signal.SIGQUIT)  # at once: nothing of it is worth a checkpoint


@pytest.fixture(scope="session")
def all_databases(cluster: Cluster) -> Databases:
    return Databases(cluster)


@pytest.fixture(scope="session")
def service_database(all_databases: Databases) -> Callable[[str], TestDatabase]:
    """Gives a fresh database with a service's schema at each call: ``service_database("cases")``."""
    return all_databases.fresh


@pytest.fixture
def lent_database(all_databases: Databases) -> Iterator[Callable[[str], TestDatabase]]:
    """The same for one test and cheaper: an empty database that earlier tests may have used."""
    lent: list[tuple[str, TestDatabase]] = []

    def lend(service: str) -> TestDatabase:
        lent.append((service, all_databases.lend(service)))
        return lent[-1][1]

    yield lend
    for service, database in lent:
        all_databases.take_back(service, database)


@pytest.fixture
def kit_database(lent_database: Callable[[str], TestDatabase]) -> TestDatabase:
    """A database with every table that the kit offers; see ``tests/kit/migrations``."""
    return lent_database("kit")
