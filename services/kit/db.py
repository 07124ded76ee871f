"""The database: one transaction per request, its audit rows within it, committed before the answer leaves.

Nobody but ``kit.db`` and ``kit.work`` commits. A database that cannot be reached, or that goes away at any
moment up to and including the commit, is a 503 with ``Retry-After``: never a 500, never a success.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.kit import audit, driver, outage, safety, strictroute
from services.kit.access import permit as permit_for
from services.kit.calendar import format_instant
from services.kit.clock import Clock
from services.kit.driver import Row
from services.kit.leaving import Guard
from services.kit.migrate import asyncpg_url, head
from services.kit.policy import Caller, Permit
from services.kit.problem import UpstreamUnavailable
from services.kit.safety import UnsafeDatabase
from services.kit.sealed import OPENED
from services.kit.work import Work

__all__ = ["Database", "UnsafeDatabase", "Work", "unit_of_work"]

CONNECT_SECONDS: Final = 3.0
POOL_SECONDS: Final = 3.0
COMMAND_SECONDS: Final = 10.0  # a server that is stopped, not dead, answers nothing at all
START_SECONDS: Final = 20.0
PAUSE_SECONDS: Final = 0.2
SETTINGS: Final = {
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",  # what is asked for is nearly always in memory
    "standard_conforming_strings": "on",
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
}


class Database:
    """A service's database: the pool, and the only ways to use it."""

    def __init__(  # noqa: PLR0913 - each is one fact about the service
        self,
        url: str,
        *,
        service: str,
        clock: Clock,
        audit_key: bytes,
        pool_size: int = 10,
        personal: Sequence[str] = (),
        migrations: Path | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Makes the pool; connects with :meth:`open`.

        Args:
            url: ``postgresql://…`` in the role ``<db>_app``.
            service: its name; tells where the migrations are.
            clock: gives ``Work.now``.
            audit_key: keys the handles of the audit log; 32 bytes.
            pool_size: connections at the most.
            personal: tables that must be under row-level security, whether they have policies or not.
            migrations: other migrations than the service's, for tests.
            guard: looks at what leaves a transaction that opened something sealed.
        """
        self.clock, self.guard = clock, guard
        self._service, self._personal, self._migrations = service, personal, migrations
        self._handles = audit.Handles(audit_key)
        self._url = asyncpg_url(url)
        self._settings = SETTINGS | {"application_name": f"turvavork {service}"}
        self._engine = create_async_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",  # transactions are kit.driver's
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": COMMAND_SECONDS,
                "server_settings": self._settings,
            },
        )
        event.listen(self._engine.sync_engine, "handle_error", outage.translate)
        event.listen(self._engine.sync_engine, "checkout", outage.refuse_closed)

    async def open(self, *steps: Callable[[], Awaitable[object]], patience: float = START_SECONDS) -> None:
        """Waits ``patience`` seconds for a server that stays while it is checked; UnsafeDatabase at once.

        ``steps`` are what else is done before the service starts, in this order; a server that goes away
        during one of them is waited for, and all are done again.
        """
        version = head(self._service, folder=self._migrations)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while True:
            try:
                await self._check(version)
                for step in steps:
                    await step()
            except UpstreamUnavailable as error:
                if loop.time() > deadline:
                    why = outage.name_of(error.__cause__ or error)
                    raise UpstreamUnavailable(f"the database cannot be reached: {why}") from error
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()

    async def ready(self) -> bool:
        """Whether the database answers now; for ``/readyz``."""
        try:
            connection = await self._begin({})
        except UpstreamUnavailable:
            return False
        await driver.release(connection)
        return True

    @asynccontextmanager
    async def work(self, permit: Permit, request_id: str) -> AsyncIterator[Work]:
        """One transaction: committed with its audit rows at the end, rolled back by any exception.

        The permit's facts are set first, for row-level security, and hold for this transaction alone.
        Raises UpstreamUnavailable (503) when the database is not there, at the commit as well.
        """
        now = self.clock.now()
        of_request = {"turvavork.request": request_id, "turvavork.at": format_instant(now)}
        connection = await self._begin({**permit.facts(), **of_request})
        before = OPENED.get()
        try:
            work = Work(connection, permit, request_id, now, self._handles, self.guard)
            OPENED.set(work.opened)
            yield work
            await work.finish()
        finally:
            OPENED.set(before)
            await asyncio.shield(driver.release(connection))

    async def look(self, statement: str, *values: object) -> Sequence[Row]:
        """The rows of one reading statement: one round trip, without transaction and facts.

        For what must be known before there is a permit, such as who holds which office; row-level security
        shows nothing to it. Asked once more when the pooled connection was dead.
        """
        for is_last in (False, True):
            connection = await self._connect()
            try:
                return await driver.fetch(connection, statement, *values)
            except UpstreamUnavailable:
                if is_last:
                    raise
            finally:
                await asyncio.shield(connection.close())
        raise AssertionError

    async def audit_refusal(  # noqa: PLR0913 - the words of one row
        self,
        caller: Caller,
        operation: str,
        purpose: str,
        problem_slug: str,
        *,
        rule_id: str | None,
        request_id: str,
        client: str | None = None,
        objects: Sequence[str] = (),
    ) -> None:
        """Commits the row of a refusal, after the refused work was rolled back; 503 if it cannot.

        ``objects`` are the ids that were asked for, whether there is anything under them or not.
        """
        entry = audit.Entry(
            **audit.capacity(caller, self._handles),
            recorded_at=self.clock.now(),
            purpose=purpose,
            basis=None,
            operation=operation,
            action="refuse",
            objects=[self._handles.of(thing) for thing in objects],
            fields=[],
            decision="deny",
            rule_id=rule_id,
            problem=problem_slug,
            request_id=request_id,
            client=client,
        )
        connection = await self._begin({})
        try:
            await audit.write(connection, [entry])
            await driver.commit(connection)
        except outage.DRIVER_ERRORS as error:
            raise outage.unavailable(error) from error
        finally:
            await asyncio.shield(driver.release(connection))

    async def dedicated(
        self, settings: Mapping[str, str] = MappingProxyType({})
    ) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection outside the pool, for a session lock or LISTEN; the caller closes it."""
        url = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            return await asyncpg.connect(
                url,
                timeout=CONNECT_SECONDS,
                command_timeout=COMMAND_SECONDS,
                server_settings=self._settings | dict(settings),
            )
        except outage.DRIVER_ERRORS as error:
            raise outage.unavailable(error) from error

    async def _check(self, version: str) -> None:
        connection = await self._connect()
        try:
            await safety.check(connection, head=version, personal=self._personal)
        finally:
            await connection.close()

    async def _connect(self) -> AsyncConnection:
        try:
            return await self._engine.connect()
        except (PoolTimeout, DBAPIError, *outage.DRIVER_ERRORS) as error:
            raise outage.unavailable(error) from error

    async def _begin(self, facts: Mapping[str, str]) -> AsyncConnection:
        """Begins; once more when the pooled connection was dead, since nothing has been done on it yet."""
        for is_last in (False, True):
            connection = await self._connect()
            try:
                await driver.begin(connection, facts)
            except BaseException as error:
                await asyncio.shield(connection.close())
                if is_last or not isinstance(error, UpstreamUnavailable):
                    raise
            else:
                return connection
        raise AssertionError


def unit_of_work(operation: str) -> Callable[..., AsyncIterator[Work]]:
    """The request's permit and transaction, committed before the answer leaves.

    Always ``Annotated[Work, Depends(unit_of_work("…"), scope="function")]``: with the default scope the
    commit would come after the answer.
    """

    async def opened(
        request: Request, permit: Annotated[Permit, Depends(permit_for(operation))]
    ) -> AsyncIterator[Work]:
        database: Database = request.app.state.database
        wanted = strictroute.wanted(request)
        async with database.work(permit, request.state.request_id) as work:
            work.only = wanted
            yield work

    opened.is_sparse = True  # type: ignore[attr-defined] # kit.openapi tells of it
    return opened
