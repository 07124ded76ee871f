"""One database per stateful service, with the roles owner (migrates), app (the service), auditor (reads)."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from services.kit.migrate import upgrade
from system.passwords import Passwords

STATEFUL = ("cases", "exchange", "indicators")
ROLES = ("owner", "app", "auditor")
# What a role may be, said in full each time: a role that somebody widened is narrowed again.
ROLE_LIMITS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT"


def role_names(database: str) -> Mapping[str, str]:
    """Give the three roles of a database by their kind, e.g. owner → cases_owner."""
    return {kind: f"{database}_{kind}" for kind in ROLES}


async def prepare(admin_url: str, database: str, passwords: Passwords | Mapping[str, str]) -> None:
    """Make the database and its roles, or put them right. Safe to repeat.

    `passwords` gives the password of each role name. Nobody but the three roles may connect; `app` and
    `auditor` may use the schema and own nothing, what they may read is granted by the migrations.
    """
    names = role_names(database)
    admin = await asyncpg.connect(admin_url)
    try:
        for name in names.values():
            word = passwords.of(name) if isinstance(passwords, Passwords) else passwords[name]
            known = await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name)
            verb = "ALTER" if known else "CREATE"
            await admin.execute(f"{verb} ROLE {_name(name)} {ROLE_LIMITS} PASSWORD {_literal(word)}")
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            await admin.execute(
                f"CREATE DATABASE {_name(database)} OWNER {_name(names['owner'])} TEMPLATE template0 "
                "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
            )
        await admin.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
        for kind in ("app", "auditor"):
            await admin.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {_name(names[kind])}")
    finally:
        await admin.close()
    await _prepare_schema(with_database(admin_url, database), names)


def migrate(service: str, owner_url: str) -> None:
    """Bring the service's database to its newest schema. Not from within an event loop."""
    upgrade(service, owner_url)


def passwords_in(*urls: str) -> dict[str, str]:
    """Read the password of each role out of the URLs with which services will connect."""
    parts = [urlsplit(url) for url in urls]
    return {
        unquote(part.username): unquote(part.password) for part in parts if part.username and part.password
    }


def with_database(url: str, database: str) -> str:
    """Give the same URL to another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def _prepare_schema(url: str, names: Mapping[str, str]) -> None:
    inside = await asyncpg.connect(url)
    try:
        await inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await inside.execute(f"ALTER SCHEMA public OWNER TO {_name(names['owner'])}")
        for kind in ("app", "auditor"):
            await inside.execute(f"GRANT USAGE ON SCHEMA public TO {_name(names[kind])}")
    finally:
        await inside.close()


def _name(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _literal(word: str) -> str:
    if "\\" in word or "\0" in word:
        raise ValueError("a database password may hold neither a backslash nor NUL")
    return "'" + word.replace("'", "''") + "'"
