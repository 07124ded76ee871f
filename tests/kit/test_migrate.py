import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.kit import migrate
from system import databases
from system.postgres import Cluster

KIT = Path(__file__).parent / "migrations"
NEXT = """
from services.kit.migrate import execute

revision = "{revision}"
down_revision = "{down}"


def upgrade() -> None:
    execute("create table later (id integer); {more}")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The kit's migrations, to which a test may add."""
    shutil.copytree(KIT, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "migrations"


@pytest.fixture
async def fresh(cluster: Cluster) -> AsyncIterator[SimpleNamespace]:
    """A database with its own roles, migrated to 0001, and its superuser's connection."""
    name = f"fresh_{uuid4().hex[:8]}"
    await databases.prepare(cluster.admin_url, name, cluster.passwords)
    owner_url = cluster.url(name, f"{name}_owner")
    await _upgrade(owner_url, KIT)
    admin = await asyncpg.connect(cluster.url(name, "postgres"))
    yield SimpleNamespace(owner_url=owner_url, fetchval=admin.fetchval)
    await admin.close()


def _add(folder: Path, more: str = "") -> None:
    text = NEXT.format(revision="0002", down="0001", more=more)
    (folder / "versions" / "0002_later.py").write_text(text)


async def _upgrade(owner_url: str, folder: Path) -> None:
    await asyncio.to_thread(migrate.upgrade, "kit", owner_url, folder=folder)


async def test_a_migrated_database_is_at_the_head_that_was_shipped(kit_database: Any) -> None:
    connection = await asyncpg.connect(kit_database.url)
    try:
        version = await connection.fetchval("select version_num from alembic_version")
        comment = await connection.fetchval("select obj_description('note'::regclass)")
    finally:
        await connection.close()
    assert version == migrate.head("kit", folder=kit_database.folder) == "0001"
    assert comment == "100 % of the notes: a colon :here means itself"


async def test_the_next_version_is_added_and_again_changes_nothing(fresh: Any, folder: Path) -> None:
    _add(folder)
    for _ in range(2):
        await _upgrade(fresh.owner_url, folder)
        assert await fresh.fetchval("select version_num from alembic_version") == "0002"
    assert await fresh.fetchval("select to_regclass('later')") == "later"


async def test_a_step_that_fails_takes_the_whole_run_back(fresh: Any, folder: Path) -> None:
    _add(folder, more="select 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await _upgrade(fresh.owner_url, folder)
    assert await fresh.fetchval("select version_num from alembic_version") == "0001"
    assert await fresh.fetchval("select to_regclass('later')") is None


async def test_two_runs_at_the_same_time_wait_for_each_other(fresh: Any, folder: Path) -> None:
    _add(folder, more="select pg_sleep(0.2);")
    await asyncio.gather(*(_upgrade(fresh.owner_url, folder) for _ in range(2)))
    assert await fresh.fetchval("select version_num from alembic_version") == "0002"


def test_a_service_ships_its_migrations() -> None:
    for service in ("cases", "exchange", "indicators"):
        assert migrate.head(service)


def test_a_folder_without_versions_has_no_head(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    with pytest.raises(LookupError, match="holds no version"):
        migrate.head("kit", folder=tmp_path)


@pytest.mark.parametrize("url", ["", "sqlite://", "mysql://x/y", "host=x"])
def test_a_url_of_something_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        migrate.asyncpg_url(url)
    assert not url or url not in str(refused.value)


def test_a_url_gets_the_driver() -> None:
    url = migrate.asyncpg_url("postgresql://kit_app:p%40ss@127.0.0.1:5/kit")
    assert (url.drivername, url.password) == ("postgresql+asyncpg", "p@ss")
