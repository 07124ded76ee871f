"""`turvavork keys rotate` and `rewrap`: a new key-encryption key, and everything wrapped under it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.kit import keys
from system import state
from system.environment import database_url
from system.postgres import Cluster

SEALING: Final = ("cases", "exchange")


def rotate(folder: Path, say: Callable[[str], None]) -> None:
    """Adds a key-encryption key per service that seals; it is the active one from their next start."""
    for service in SEALING:
        say(f"{service}: key-encryption key {keys.rotate_kek(folder, service)} is active from the next start")
    say("Restart the services, then run `turvavork keys rewrap`; only then may an old key leave its file.")


def rewrap(folder: Path, data: Path, say: Callable[[str], None]) -> None:
    """Wraps every data key anew under the active key, while everything runs.

    The databases are those of ``TURVAVORK_<SERVICE>_DATABASE_URL``, else of the embedded PostgreSQL that runs
    on the data folder; FileNotFoundError when there is neither.
    """
    os.environ["TURVAVORK_KEYS"] = str(folder)
    for service in SEALING:
        os.environ[f"TURVAVORK_{service.upper()}_DATABASE_URL"] = _url(service, data)
    from services.cases.app import rotate as of_cases  # noqa: PLC0415 - reads the settings above
    from services.exchange.app import rotate as of_exchange  # noqa: PLC0415

    say(f"cases: {asyncio.run(of_cases())} keys wrapped anew")
    say(f"exchange: {asyncio.run(of_exchange())} keys wrapped anew")


def _url(service: str, data: Path) -> str:
    running = state.read(data.resolve())
    ports = {each["name"]: each["port"] for each in running["programs"]} if running else {}
    port = ports.get("postgres")
    cluster = Cluster(data.resolve() / "postgres", port=port) if port else None
    found = database_url(service, "app", cluster)
    if found is None:
        raise FileNotFoundError(
            f"No database of {service} is known: start `turvavork up`, or set "
            f"TURVAVORK_{service.upper()}_DATABASE_URL."
        )
    return found
