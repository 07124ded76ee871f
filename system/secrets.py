"""What containers are told in files: keys, passwords, addresses of databases; made once."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from services.kit import keys
from system.databases import ROLES, STATEFUL, role_names

CONTAINER_USER: Final = 10001  # the user of the image, see Dockerfile
HOST: Final = "postgres:5432"
_INFIX: Final = {"owner": "OWNER_", "app": "", "auditor": "AUDITOR_"}


def make(folder: Path) -> list[Path]:
    """Makes what is missing under ``secrets/`` and ``keys/``; never overwrites. The files that are new.

    Readable by their owner alone. Made by root they belong to the image's user; made by somebody else they
    belong to that user, as whom the containers then must run (``TURVAVORK_UID``, ``TURVAVORK_GID``).
    """
    inside = folder / "secrets"
    inside.mkdir(parents=True, exist_ok=True, mode=0o700)
    admin = _once(inside / "postgres_password", secrets.token_urlsafe(32))
    made = [path for path, text in _files(inside, admin) if _write(path, text)]
    before = set((folder / "keys").glob("*"))
    keys.ensure(folder / "keys")
    made += sorted(set((folder / "keys").glob("*")) - before)
    if os.geteuid() == 0:
        for path in (folder, inside, folder / "keys", *inside.iterdir(), *(folder / "keys").iterdir()):
            os.chown(path, CONTAINER_USER, CONTAINER_USER)
    return made


def _files(inside: Path, admin: str) -> Iterator[tuple[Path, str]]:
    yield inside / "turvavork_postgres_admin_url", f"postgresql://postgres:{admin}@{HOST}/postgres"
    yield inside / "turvavork_exchange_gateway_secret", secrets.token_urlsafe(32)
    for service in STATEFUL:
        names = role_names(service)
        for role in ROLES:
            word = secrets.token_urlsafe(32)
            name = f"turvavork_{service}_{_INFIX[role].lower()}database_url"
            yield inside / name, f"postgresql://{names[role]}:{word}@{HOST}/{service}"


def _once(path: Path, text: str) -> str:
    _write(path, text)
    return path.read_text()


def _write(path: Path, text: str) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return True
