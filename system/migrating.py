"""`turvavork migrate`: databases that somebody else runs, or the embedded one."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from system import state
from system.databases import migrate, passwords_in, prepare
from system.postgres import Cluster

ADMIN = "TURVAVORK_POSTGRES_ADMIN_URL"


def migrate_all(services: Sequence[str], data: Path, say: Callable[[str], None]) -> None:
    """Bring the databases of these services to their newest schema.

    InUseError when the embedded PostgreSQL is meant and a system runs on it (which has migrated it).
    """
    elsewhere = [service for service in services if _url(service, "OWNER_")]
    for service in elsewhere:
        if admin := told(ADMIN):
            urls = [_url(service, kind) for kind in ("OWNER_", "", "AUDITOR_")]
            asyncio.run(prepare(admin, service, passwords_in(*filter(None, urls))))
        migrate(service, _url(service, "OWNER_"))
        say(f"{service}: migrated")
    embedded = [service for service in services if service not in elsewhere]
    if embedded:
        with state.only_one(data.resolve()), Cluster(data.resolve() / "postgres") as cluster:
            for service in embedded:
                asyncio.run(prepare(cluster.admin_url, service, cluster.passwords))
                migrate(service, cluster.url(service, f"{service}_owner"))
                say(f"{service}: migrated")


def _url(service: str, kind: str) -> str:
    return told(f"TURVAVORK_{service.upper()}_{kind}DATABASE_URL")


def told(name: str) -> str:
    """Give a setting from the environment, or from its file in TURVAVORK_SECRETS, else ''."""
    folder = os.environ.get("TURVAVORK_SECRETS")
    if not os.environ.get(name) and folder:
        for path in Path(folder).iterdir():
            if path.name.upper() == name:
                return path.read_text().strip()
    return os.environ.get(name, "")
