"""Builders for what stands on a database: a policy, a permit of it, an open Database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.policy import Appointment, Caller, Permit, Policy

AUDIT_KEY = bytes(range(32))
NOW = datetime(2017, 3, 2, 12, 0, tzinfo=UTC)
REQUEST = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"

OPERATIONS = ["list_notes", "get_note", "write_note"]
POLICY = Policy.from_data(
    {
        "version": "2017-01-01",
        "status": "draft",
        "source": "tests",
        "reason": "a small table",
        "relations": {"anywhere": {}, "same-region": {"region": "region"}},
        "rules": [
            {
                "id": "notes-of-the-region",
                "effect": "allow",
                "roles": ["coordinator"],
                "operations": OPERATIONS,
                "relation": "same-region",
                "states": "any",
                "purposes": ["case-work"],
                "fields": ["basic", "identity"],
            },
        ],
    }
)


def a_caller(region: str = "polva", subject: str = "member-1") -> Caller:
    return Caller.member(subject, (Appointment("coordinator", {"region": region}),))


def a_permit(operation: str = "write_note", region: str = "polva", subject: str = "member-1") -> Permit:
    return POLICY.permit(a_caller(region, subject), operation, "case-work")


def a_database(where: Any, **kwargs: Any) -> Database:
    given: dict[str, Any] = {"service": "kit", "clock": FixedClock(NOW), "audit_key": AUDIT_KEY}
    return Database(where.url, **(given | {"migrations": where.folder} | kwargs))


class Kit(SimpleNamespace):
    """What the tests of the kit build with."""

    now, request, policy = NOW, REQUEST, POLICY
    clock = staticmethod(lambda: FixedClock(NOW))
    caller, permit, database = staticmethod(a_caller), staticmethod(a_permit), staticmethod(a_database)


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit


@pytest.fixture
async def database(kit_database: Any) -> AsyncIterator[Database]:
    """An open database, its schema fresh."""
    running = a_database(kit_database)
    try:
        await running.open()
        yield running
    finally:
        await running.close()


@pytest.fixture
async def owner(kit_database: Any) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The superuser of the test's database, who sees everything."""
    connection = await asyncpg.connect(kit_database.admin_url)
    yield connection
    await connection.close()
