"""What each program is told: its own database, its own secret, and nobody else's."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from system.databases import STATEFUL
from system.gateway import Doors
from system.ports import LOOPBACK, Reservation, reserve
from system.postgres import Cluster
from system.programs import SERVICES
from system.tls import Certificates

PASSED_ON = {"PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPATH"}
INTERNAL = (*SERVICES, "simulator", "postgres")  # who listens behind the two doors
SECRET_ENDINGS = ("_DATABASE_URL", "_ADMIN_URL", "_GATEWAY_SECRET")


@dataclass(frozen=True)
class Layout:
    """Ports, addresses and secrets of one start. Its internal ports are nobody else's until it is closed."""

    data: Path
    doors: Doors
    certificates: Certificates | None
    reservations: Mapping[str, Reservation] = field(
        default_factory=lambda: {name: reserve() for name in INTERNAL}, repr=False
    )
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    training: bool = False

    def close(self) -> None:
        """Give the internal ports back, once nobody listens on them any more."""
        for reservation in self.reservations.values():
            reservation.close()

    @property
    def ports(self) -> Mapping[str, int]:
        """The internal port of each program that has one."""
        return {name: reservation.port for name, reservation in self.reservations.items()}

    @property
    def keys(self) -> Path:
        """Folder of the key files."""
        return self.data / "keys"

    @property
    def logs(self) -> Path:
        """Folder of the logs."""
        return self.data / "log"

    @property
    def scheme(self) -> str:
        """Scheme of both doors."""
        return "http" if self.certificates is None else "https"

    @property
    def api_url(self) -> str:
        """Where people and frontends come in."""
        return f"{self.scheme}://{LOOPBACK}:{self.doors.api_port}"

    @property
    def xroad_url(self) -> str:
        """Where the security server comes in."""
        return f"{self.scheme}://{LOOPBACK}:{self.doors.xroad_port}"

    def service_urls(self) -> dict[str, str]:
        """Where services find each other, past the gateway."""
        return {name: f"http://{LOOPBACK}:{self.ports[name]}" for name in SERVICES}


def passed_on() -> dict[str, str]:
    """Give what a child may see of our own environment: our settings, but no secret of another program."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON or (name.startswith("TURVAVORK_") and not name.endswith(SECRET_ENDINGS))
    }


def database_url(service: str, role: str, cluster: Cluster | None) -> str | None:
    """Give the URL from our environment if it names a database, else that of the embedded cluster."""
    variable = f"TURVAVORK_{service.upper()}_{'OWNER_' if role == 'owner' else ''}DATABASE_URL"
    if service_is_external(service):
        return os.environ.get(variable)
    return None if cluster is None else cluster.url(service, f"{service}_{role}")


def service_is_external(service: str) -> bool:
    """Tell whether the service's database is named in our environment."""
    return bool(os.environ.get(f"TURVAVORK_{service.upper()}_DATABASE_URL"))


def of_service(service: str, layout: Layout, cluster: Cluster | None) -> dict[str, str]:
    """Give the environment of a service and of its worker."""
    told = passed_on() | {
        "TURVAVORK_KEYS": str(layout.keys),
        "TURVAVORK_DEVELOPMENT": "1",
        "TURVAVORK_TRAINING": "1" if layout.training else "0",
        "TURVAVORK_EXCHANGE_SECURITY_SERVER_URL": os.environ.get(
            "TURVAVORK_EXCHANGE_SECURITY_SERVER_URL", f"http://{LOOPBACK}:{layout.ports['simulator']}"
        ),
        **{f"TURVAVORK_{name.upper()}_URL": url for name, url in layout.service_urls().items()},
    }
    if service == "exchange":
        told["TURVAVORK_EXCHANGE_GATEWAY_SECRET"] = layout.secret
    if service in STATEFUL and (url := database_url(service, "app", cluster)) is not None:
        told[f"TURVAVORK_{service.upper()}_DATABASE_URL"] = url
    return told


def of_simulator(layout: Layout) -> dict[str, str]:
    """Give the environment of the simulated security server."""
    told = passed_on() | {
        "TURVAVORK_SIMULATOR_XROAD_URL": layout.xroad_url,
        "TURVAVORK_SIMULATOR_LEDGER": str(layout.data / "simulator" / "ledger.jsonl"),
    }
    if layout.certificates is not None:
        told |= {
            "TURVAVORK_SIMULATOR_CERTIFICATE": str(layout.certificates.client.certificate),
            "TURVAVORK_SIMULATOR_KEY": str(layout.certificates.client.key),
            "TURVAVORK_SIMULATOR_AUTHORITY": str(layout.certificates.authority.certificate),
        }
    return told
