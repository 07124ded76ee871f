"""Where a REST service of X-Road is, at our own security server."""

from typing import Final
from urllib.parse import quote

from services.exchange.model.xroad import ClientId, ServiceId

_ROOT: Final = "/r1"


def of_service(service: ServiceId, rest: str = "") -> str:
    """``/r1/instance/class/code/subsystem/service`` and the rest, which is the service's own business.

    Source: X-Road message protocol for REST, section 4.1: each part is encoded by itself. The protocol leaves
    the subsystem open; security servers demand it: ValueError without one.
    """
    return f"{of_provider(service.provider)}/{quote(service.code, safe='')}{rest}"


def of_provider(provider: ClientId) -> str:
    """What stands before the service code; ValueError for a member without subsystem."""
    if provider.subsystem is None:
        raise ValueError("a REST service is called at a subsystem")
    return f"{_ROOT}/{provider}"
