"""Which errors of the database mean *not now*: they become a 503 with ``Retry-After``."""

from typing import Final

import asyncpg
from sqlalchemy.engine.interfaces import AdaptedConnection, ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from services.kit import log
from services.kit.problem import UpstreamUnavailable

#: How the driver says that its connection is no good: the last when the server dies between two messages.
LOST: Final = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
DRIVER_ERRORS: Final = (*LOST, asyncpg.PostgresError)
ABORTED: Final = "25P02"  # an earlier error of the transaction was swallowed: our mistake, not an outage
RETRY_AFTER: Final = {"Retry-After": "2"}
# Classes: connection, resources (also a full disk), operator, system. Codes: read-only, idle and transaction
# timeouts, serialisation, deadlock, lock timeout.
_CLASSES: Final = ("08", "53", "57", "58")
_CODES: Final = frozenset({"25006", "25P03", "25P04", "40001", "40P01", "55P03"})
_CONNECTION_IS_GONE: Final = ("08", "57P", "25P03")
_log = log.get_logger(__name__)


def unavailable(cause: BaseException) -> UpstreamUnavailable:
    """The answer while the database does not take it; the log has the cause, without its words."""
    state = sqlstate(cause).lower() or "none"
    _log.warning("database-unavailable", cause=name_of(cause), reason=f"sqlstate-{state}")
    return UpstreamUnavailable(headers=RETRY_AFTER)


def name_of(error: BaseException) -> str:
    """The driver's name for an error, such as ``InvalidPasswordError``."""
    inner = getattr(error, "orig", None) or error
    return type(getattr(inner, "driver_exception", None) or inner).__name__


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of a driver's error, also within SQLAlchemy's; empty when it has none."""
    inner = getattr(error, "orig", None) or error
    return getattr(inner, "sqlstate", None) or ""


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the database is not there, or not now; the others are our mistakes."""
    state = sqlstate(error)
    return isinstance(error, LOST) or state.startswith(_CLASSES) or state in _CODES


def is_lost(error: BaseException) -> bool:
    """Whether a driver's error says that its connection is no good any more."""
    return isinstance(error, LOST) or sqlstate(error).startswith(_CONNECTION_IS_GONE)


def translate(context: ExceptionContext) -> UpstreamUnavailable | None:
    """SQLAlchemy's ``handle_error`` listener: replaces outages, drops the pool of dead connections."""
    error = context.original_exception
    # SQLAlchemy's adapter wraps what the driver says; the driver itself may take its connection for open.
    if isinstance(getattr(error, "driver_exception", error), OSError | asyncpg.InternalClientError):
        context.is_disconnect = True
    if sqlstate(error).startswith(_CONNECTION_IS_GONE):
        context.is_disconnect = True
    lost = context.is_disconnect and isinstance(error, Exception)
    return unavailable(error) if lost or is_outage(error) else None


def refuse_closed(connection: AdaptedConnection, *_: object) -> None:
    """SQLAlchemy's ``checkout`` listener: where the server has closed one connection, all are made anew."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
