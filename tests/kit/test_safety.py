import asyncio
import re
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from services.kit import safety
from services.kit.db import Database, UnsafeDatabase
from system import pgprocess
from system.postgres import Cluster


async def _check(kit: Any, url: str, **expected: Any) -> None:
    """Connects as the service does, and checks."""
    database: Database = kit.database(SimpleNamespace(url=url, folder=None))
    connection = await database._connect()
    try:
        await safety.check(connection, **({"head": "0001"} | expected))
    finally:
        await connection.close()
        await database.close()


@pytest.fixture
def check(kit_database: Any, kit: Any) -> Any:
    return partial(_check, kit, kit_database.url)


async def test_a_database_as_the_migrations_leave_it_is_safe(check: Any) -> None:
    await check(personal=["note"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("alter role kit_app set synchronous_commit = off", "synchronous_commit is off"),
        ("alter role kit_app bypassrls", "kit_app may bypass row-level security"),
        ("alter role kit_app superuser", "kit_app is a superuser"),
        ("grant kit_owner to kit_app", r"kit_app owns tables \(.*audit.*\)"),
        ("update alembic_version set version_num = '0000'", "has version 0000, 0001 is needed"),
        ("delete from alembic_version", "has version none, 0001 is needed"),
        ("drop table alembic_version", "has no schema, version 0001 is needed"),
        ("alter table note disable row level security", "not enabled and forced on: note"),
        ("alter table note no force row level security", "not enabled and forced on: note"),
        ("grant update on audit to kit_app", "may change or delete rows of audit"),
        ("grant truncate on audit to kit_app", "may change or delete rows of audit"),
        ("drop table audit cascade", "audit is missing"),
    ],
)
async def test_an_unsafe_database_is_refused_with_the_reason(
    check: Any, owner: Any, change: str, said: str
) -> None:
    undo = {
        "alter role kit_app set synchronous_commit = off": "alter role kit_app reset synchronous_commit",
        "alter role kit_app bypassrls": "alter role kit_app nobypassrls",
        "alter role kit_app superuser": "alter role kit_app nosuperuser",
        "grant kit_owner to kit_app": "revoke kit_owner from kit_app",
    }.get(change)
    await owner.execute(change)
    try:
        with pytest.raises(UnsafeDatabase, match=said):
            await check()
    finally:
        if undo:
            await owner.execute(undo)


async def test_membership_in_a_role_that_bypasses_is_enough(check: Any, owner: Any) -> None:
    await owner.execute("create role backdoor bypassrls; grant backdoor to kit_app")
    try:
        with pytest.raises(UnsafeDatabase, match=re.escape("(by backdoor)")):
            await check()
    finally:
        await owner.execute("drop role backdoor")


async def test_personal_tables_must_exist_and_be_protected(check: Any) -> None:
    with pytest.raises(UnsafeDatabase, match=r"forced on: event, person\."):
        await check(personal=["note", "event", "person"])


async def test_an_old_server_is_refused(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "OLDEST_SERVER", 990000)
    with pytest.raises(UnsafeDatabase, match="is too old"):
        await check()


@pytest.mark.slow
def test_a_server_that_may_lose_acknowledged_changes_is_refused(
    kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Cluster.temporary() as cluster:
        for setting in ("fsync", "full_page_writes"):
            cluster.stop()
            monkeypatch.setitem(pgprocess.SETTINGS, setting, "off")
            cluster.start()
            with pytest.raises(UnsafeDatabase, match=f"{setting} is off"):
                asyncio.run(_check(kit, cluster.admin_url))
            monkeypatch.undo()
