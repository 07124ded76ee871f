"""Constant statements, given to the driver itself: what every request runs, and reads that come in numbers.

SQLAlchemy's share of a small statement is several times the driver's own (a greenlet, a cursor, the shape of
the result, worked out each time). What is composed at run time goes through it; what is the same each time
goes this way, in the same transaction. Placeholders are the server's: ``$1``, ``$2``.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import outage

if TYPE_CHECKING:
    import asyncpg


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


async def insert(connection: AsyncConnection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    """Executes one statement for each row; raises as :func:`fetch` does."""
    try:
        await _driver(connection).executemany(statement, rows)
    except outage.DRIVER_ERRORS as error:
        raise await _judged(connection, error) from error


def _driver(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    assert connection.sync_connection is not None  # noqa: S101 - it was opened
    found = connection.sync_connection.connection.driver_connection
    return cast("asyncpg.Connection[asyncpg.Record]", found)


async def _judged(connection: AsyncConnection, error: Exception) -> Exception:
    """What the caller is told; a connection that is lost does not go back to the pool."""
    if outage.is_lost(error):
        await connection.invalidate()
    return outage.unavailable(error) if outage.is_outage(error) else error
