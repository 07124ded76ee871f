"""What a database is told, in the order in which it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from services.kit import driver
from services.kit.db import Database

Told = tuple[str, tuple[Any, ...]]


@contextmanager
def heard(database: Database) -> Iterator[list[Told]]:
    """Statements and their values, through SQLAlchemy and past it."""
    told: list[Told] = []
    fetch, engine = driver.fetch, database._engine.sync_engine

    def hear(*arguments: Any) -> None:
        told.append((arguments[2], arguments[3]))

    async def hear_and_fetch(connection: Any, statement: str, *values: object) -> Any:
        told.append((statement, values))
        return await fetch(connection, statement, *values)

    event.listen(engine, "before_cursor_execute", hear)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "fetch", hear_and_fetch)
        try:
            yield told
        finally:
            event.remove(engine, "before_cursor_execute", hear)
