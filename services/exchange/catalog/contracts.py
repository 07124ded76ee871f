"""Published data of what goes out: partners and their contracts, subscriptions, reasons of quarantine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.exchange.model.contract import Contract, Partner, RestContract, SoapContract, Subscription
from services.exchange.model.outbox import STOPPED, PauseReason, SkipReason
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.rules.delivery import Reason
from services.kit import datafile

_PACKAGE: Final = "services.exchange"


@dataclass(frozen=True, slots=True)
class Directory:
    """Who we are, whom we call, and which events make notices."""

    us: ClientId
    partners: Mapping[str, Partner]
    subscriptions: Mapping[str, tuple[Subscription, ...]]

    def asked(self, kind: str) -> SoapContract:
        """The one service that answers questions of this kind; DataFileError when it is not one of SOAP."""
        found = [one.contracts[kind] for one in self.partners.values() if kind in one.contracts]
        if len(found) != 1 or not isinstance(found[0], SoapContract):
            raise datafile.DataFileError(f"contracts.yaml needs one SOAP service for {kind}")
        return found[0]


def directory(instance: str) -> Directory:
    """The directory for an X-Road instance (``EE``, ``ee-test``, ``ee-dev``); raises DataFileError."""
    data: Any = datafile.load(_PACKAGE, "contracts.yaml", "contracts.schema.json")
    known: Any = datafile.load(_PACKAGE, "partners.yaml", "partners.schema.json")
    partners = [_partner(instance, row) for row in data["contracts"]]
    return Directory(
        us=ClientId.parse(f"{instance}/{known['provider']}"),
        partners={str(partner.client): partner for partner in partners},
        subscriptions=_subscriptions(instance),
    )


def reasons() -> Mapping[str, Mapping[str, str]]:
    """Why a message waits or was skipped, or a partner paused, in et, ru, en; DataFileError if one lacks."""
    data: Any = datafile.load(_PACKAGE, "quarantine.yaml", "quarantine.schema.json")
    known: Mapping[str, Mapping[str, str]] = data["reasons"]
    missing = sorted({*Reason, *SkipReason, *PauseReason, STOPPED} - set(known))
    if missing:
        raise datafile.DataFileError(f"quarantine.yaml lacks the reasons {missing}")
    return known


def _partner(instance: str, row: Mapping[str, Any]) -> Partner:
    client = ClientId.parse(f"{instance}/{row['client']}")
    contracts = {kind: _contract(client, told) for kind, told in row["services"].items()}
    return Partner(client, row["names"], contracts)


def _contract(client: ClientId, told: Mapping[str, Any]) -> Contract:
    if told["protocol"] == "soap":
        service = ServiceId(client, told["service"], told.get("version"))
        return SoapContract(service, told["wsdl"], told.get("fields", {}))
    return RestContract(ServiceId(client, told["service"], None), told["path"], told["schema"])


def _subscriptions(instance: str) -> Mapping[str, tuple[Subscription, ...]]:
    data: Any = datafile.load(_PACKAGE, "subscriptions.yaml", "subscriptions.schema.json")
    found: dict[str, tuple[Subscription, ...]] = {}
    for row in data["subscriptions"]:
        through = ClientId.parse(f"{instance}/{row['through']}") if "through" in row else None
        one = Subscription(row["event"], row["notice"], through)
        found[one.event] = (*found.get(one.event, ()), one)
    return found
