"""What a database must be before a service trusts it: durable, of our schema, not to be bypassed."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

OLDEST_SERVER: Final = 160000  # PostgreSQL 16
DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")
LOGS: Final = ("audit",)


class UnsafeDatabase(Exception):  # noqa: N818 - it says what the database is
    """The service must not start on this database; the message says why and what to do."""


async def check(connection: AsyncConnection, *, head: str, personal: Sequence[str] = ()) -> None:
    """Raises :class:`UnsafeDatabase` for the first thing that is wrong.

    Args:
        connection: in the role with which the service works.
        head: the schema version that the program was shipped with.
        personal: tables that must be under row-level security; those that have a policy always must.
    """
    await _check_server(connection)
    await _check_role(connection)
    await _check_version(connection, head)
    await _check_log(connection)
    await _check_row_security(connection, personal)


async def _check_server(connection: AsyncConnection) -> None:
    version = int((await connection.execute(text("show server_version_num"))).scalar_one())
    if version < OLDEST_SERVER:
        raise UnsafeDatabase(f"PostgreSQL {version // 10000} is too old: 16 or newer is needed.")
    for setting in DURABLE:
        value = (await connection.execute(text(f"show {setting}"))).scalar_one()
        if value == "off":
            raise UnsafeDatabase(
                f"{setting} is off: an acknowledged change could be lost. Set {setting} = on."
            )


_ROLE: Final = text("""
    select current_user as name,
           (select rolsuper from pg_roles where rolname = current_user) as super,
           (select string_agg(rolname, ', ' order by rolname) from pg_roles
            where rolbypassrls and pg_has_role(current_user, oid, 'MEMBER')) as bypassing,
           (select string_agg(c.relname, ', ' order by c.relname) from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
              and pg_has_role(current_user, c.relowner, 'MEMBER')) as owned
""")


async def _check_role(connection: AsyncConnection) -> None:
    role = (await connection.execute(_ROLE)).one()
    if role.super:
        raise UnsafeDatabase(
            f"The role {role.name} is a superuser: use the role made for the service, …_app."
        )
    if role.bypassing:
        raise UnsafeDatabase(f"The role {role.name} may bypass row-level security (by {role.bypassing}).")
    if role.owned:
        raise UnsafeDatabase(
            f"The role {role.name} owns tables ({role.owned}): owners are for migrations only."
        )


async def _check_version(connection: AsyncConnection, head: str) -> None:
    present = (await connection.execute(text("select to_regclass('public.alembic_version')"))).scalar()
    if present is None:
        raise UnsafeDatabase(
            f"The database has no schema, version {head} is needed: run `turvavork migrate`."
        )
    rows = await connection.execute(text("select version_num from public.alembic_version"))
    versions = [str(version) for version in rows.scalars()]
    if versions != [head]:
        found = ", ".join(versions) or "none"
        raise UnsafeDatabase(f"The schema has version {found}, {head} is needed: run `turvavork migrate`.")


async def _check_log(connection: AsyncConnection) -> None:
    for log in LOGS:
        may_change = await connection.execute(
            text("select has_table_privilege(to_regclass(:log), 'UPDATE, DELETE, TRUNCATE')"), {"log": log}
        )
        answer = may_change.scalar_one()
        if answer is None:
            raise UnsafeDatabase(
                f"The table {log} is missing: nothing could be done without leaving no trace."
            )
        if answer:
            raise UnsafeDatabase(
                f"The service's role may change or delete rows of {log}: grant insert and select."
            )


_OPEN_TABLES: Final = text("""
    select c.relname from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and not (c.relrowsecurity and c.relforcerowsecurity)
      and (c.relname = any (:personal) or c.oid in (select polrelid from pg_policy))
    union all
    select name from unnest(:personal) name where to_regclass('public.' || quote_ident(name)) is null
    order by 1
""")


async def _check_row_security(connection: AsyncConnection, personal: Sequence[str]) -> None:
    rows = await connection.execute(_OPEN_TABLES, {"personal": list(personal)})
    tables = ", ".join(rows.scalars())
    if tables:
        raise UnsafeDatabase(f"Row-level security is not enabled and forced on: {tables}.")
