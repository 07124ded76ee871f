"""What we offer over X-Road, and which clients may call it, as published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.exchange.model.xroad import ClientId

SUBMIT: Final = "submit_referral"
STATUS: Final = "get_referral_status"


@dataclass(frozen=True, slots=True)
class Operation:
    """A service that we offer: its name over SOAP, and the header fields that it demands."""

    name: str
    service_code: str
    service_version: str
    requires: frozenset[str]


@dataclass(frozen=True, slots=True)
class Offered:
    """Who we are, what we offer (by name, and by SOAP service), and which clients may call what."""

    provider: ClientId
    operations: Mapping[str, Operation]
    services: Mapping[tuple[str, str | None], Operation]
    rights: Mapping[ClientId, frozenset[str]]
