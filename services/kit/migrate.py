"""Migrations: Alembic as the runner, plain SQL as the language, one transaction for all steps of a run.

A service keeps ``migrations/versions/NNNN_<what>.py`` and an ``env.py`` of two lines::

    from services.kit.migrate import run_env

    run_env()
"""

import asyncio
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command, context, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.kit.schema import grants

_ONE_AT_A_TIME = 7_261_002  # advisory lock: two runs of `turvavork migrate` wait for each other


def asyncpg_url(url: str) -> URL:
    """The URL of a PostgreSQL database (``postgresql://…``) with the one driver that we use; ValueError."""
    if not url.startswith(("postgresql://", "postgres://", "postgresql+asyncpg://")):
        raise ValueError("The database URL is missing or is no postgresql://…: set TURVAVORK_…_DATABASE_URL.")
    return make_url(url).set(drivername="postgresql+asyncpg")


def head(service: str, *, folder: Path | None = None) -> str:
    """The newest version that this program was shipped with.

    Args:
        service: its name; the migrations lie in ``services/<name>/migrations``.
        folder: other migrations, for tests.
    """
    newest = _shipped(service) if folder is None else _newest(service, folder)
    if newest is None:
        raise LookupError(f"services/{service}/migrations holds no version")
    return newest


@cache
def _shipped(service: str) -> str | None:
    return _newest(service, None)


def _newest(service: str, folder: Path | None) -> str | None:
    return ScriptDirectory.from_config(_config(service, folder)).get_current_head()


def upgrade(service: str, owner_url: str, *, folder: Path | None = None) -> None:
    """Brings a database to :func:`head`, as its owner; all steps or none. Not from within an event loop.

    The roles ``<db>_app`` and ``<db>_auditor`` must exist. Arguments as for :func:`head`.
    """
    asyncio.run(_upgrade(_config(service, folder), owner_url))


def run_env() -> None:
    """The whole of an ``env.py``: runs the steps on the connection that :func:`upgrade` opened."""
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()


def execute(script: str) -> None:
    """Runs SQL of any number of statements within the migration; colons and percent signs mean themselves."""
    bind = op.get_bind()
    bind.execute(text("select 1"))  # the driver opens the transaction with the first statement that it sees
    driver: Any = bind.connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(script))


async def _upgrade(config: Config, owner_url: str) -> None:
    engine = create_async_engine(asyncpg_url(owner_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
            await connection.run_sync(_run, config)
    finally:
        await engine.dispose()


def _run(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    driver: Any = connection.connection.dbapi_connection
    driver.run_async(lambda raw: raw.execute(grants("alembic_version")))


def _config(service: str, folder: Path | None) -> Config:
    config = Config()
    location = folder or Path(str(files(f"services.{service}"))) / "migrations"
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
