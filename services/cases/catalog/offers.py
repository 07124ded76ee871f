"""The published services that are offered by need."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.codes import Role
from services.cases.model.offers import OfferAction, OfferRules, Service
from services.kit import datafile

_REASONS = {
    OfferAction.REFUSE: "refusals",
    OfferAction.END: "endings",
    OfferAction.WITHDRAW: "withdrawals",
}


def offers() -> OfferRules:
    """Services and reasons; raises DataFileError for a service or giver that cannot be."""
    file: dict[str, Any] = read("offers")
    agencies = {row["code"] for row in read("agencies")["agencies"]}
    services = {row["code"]: _service(row) for row in file["services"]}
    if len(services) != len(file["services"]):
        raise datafile.DataFileError("services/cases/data/offers.yaml: a service is there twice")
    if unknown := {one for each in services.values() for one in each.agencies} - agencies:
        said = f"services/cases/data/offers.yaml: no such agencies: {', '.join(sorted(unknown))}"
        raise datafile.DataFileError(said)
    reasons = {action: {row["code"]: row["label"] for row in file[name]} for action, name in _REASONS.items()}
    return OfferRules(services, reasons)


def _service(row: dict[str, Any]) -> Service:
    roles = frozenset(map(Role, row["roles"]))
    return Service(row["code"], row["label"], roles, tuple(row["agencies"]), row["source"])
