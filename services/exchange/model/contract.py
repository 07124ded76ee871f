"""A partner that we call over X-Road, and the contract by which one of its services takes a notice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from services.exchange.model.xroad import ClientId, ServiceId


@dataclass(frozen=True, slots=True)
class SoapContract:
    """A SOAP operation; ``wsdl`` is the name of the partner's WSDL among our data.

    ``fields`` are header fields that only this partner knows, by ``{namespace}name``.
    """

    service: ServiceId
    wsdl: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RestContract:
    """A REST service; ``path`` follows the service code, ``schema`` is the JSON Schema of the body."""

    service: ServiceId
    path: str
    schema: str


Contract: TypeAlias = SoapContract | RestContract


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner: who it is, what people call it, and how it takes each kind of notice."""

    client: ClientId
    names: Mapping[str, str]
    contracts: Mapping[str, Contract]


@dataclass(frozen=True, slots=True)
class Subscription:
    """An event that makes a notice: for the sender of the referral, or for children through this partner."""

    event: str
    kind: str
    through: ClientId | None = None
