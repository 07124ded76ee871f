"""Transactions and constant statements, by the driver itself: what every request needs.

SQLAlchemy's share of a small statement is several times the driver's own (a greenlet, a cursor, the shape of
the result, worked out each time). What is composed at run time goes through it; what is the same each time
goes this way, in the same transaction. Placeholders are the server's: ``$1``, ``$2``. SQLAlchemy's connection
is in its autocommit mode, so that the transaction is ours alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import outage


class Row(Protocol):
    """A row, by the names of its columns."""

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - what the column holds
        """The value of a column."""


async def fetch(connection: AsyncConnection, statement: str, *values: object) -> Sequence[Row]:
    """The rows of one statement; UpstreamUnavailable (503) when the database is not there, or not now.

    Raises asyncpg.PostgresError for our own mistakes.
    """
    try:
        return await _driver(connection).fetch(statement, *values)
    except outage.DRIVER_ERRORS as error:
        raise await _judged(connection, error) from error


async def begin(connection: AsyncConnection, facts: Mapping[str, str]) -> None:
    """Begins a transaction in which these settings hold, in one message; raises as :func:`fetch` does.

    A connection on which this did not succeed, or was cancelled, does not go back to the pool: it may be in
    the middle of a transaction that nobody knows of.
    """
    message = _beginning(facts)
    try:
        # SQLAlchemy is told, too: it then refuses to go on with another connection when this one is lost
        await connection.begin()
        await _driver(connection).execute(message)
    except BaseException as error:
        await asyncio.shield(connection.invalidate())
        if isinstance(error, outage.DRIVER_ERRORS):
            raise await _judged(connection, error) from error
        raise


async def commit(connection: AsyncConnection) -> None:
    """Commits, and raises as :func:`fetch` does.

    COMMIT of a transaction in which an error was swallowed rolls back, and says so by nothing but the name of
    what it did.
    """
    try:
        done = await _driver(connection).execute("commit")
    except outage.DRIVER_ERRORS as error:
        raise await _judged(connection, error) from error
    if done != "COMMIT":
        raise asyncpg.InFailedSQLTransactionError("current transaction is aborted, and was rolled back")


async def release(connection: AsyncConnection) -> None:
    """Back to the pool; what was not committed is rolled back, or the connection is given up."""
    try:
        if not connection.invalidated and _driver(connection).is_in_transaction():
            await _driver(connection).execute("rollback")
    except outage.DRIVER_ERRORS:
        await connection.invalidate()
    finally:
        await connection.close()


def _beginning(facts: Mapping[str, str]) -> str:
    """A message of several statements takes no parameters: the facts are written as literals."""
    settings = ", ".join(
        f"set_config({_literal(name)}, {_literal(value)}, true)" for name, value in facts.items()
    )
    return f"begin; select {settings}" if facts else "begin"


def _literal(text: str) -> str:
    # whole and safe where backslashes mean themselves, which kit.db sets for its sessions; none is needed
    if "\\" in text or "\0" in text:
        raise ValueError("a fact of the session has a character that cannot be written down")
    return "'" + text.replace("'", "''") + "'"


def _driver(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    assert connection.sync_connection is not None  # noqa: S101 - it was opened
    if connection.invalidated:
        raise asyncpg.InterfaceError("the connection was lost")
    found = connection.sync_connection.connection.driver_connection
    return cast("asyncpg.Connection[asyncpg.Record]", found)


async def _judged(connection: AsyncConnection, error: Exception) -> Exception:
    """What the caller is told; a connection that is lost does not go back to the pool."""
    if outage.is_lost(error) and not connection.invalidated:
        await connection.invalidate()
    return outage.unavailable(error) if outage.is_outage(error) else error
