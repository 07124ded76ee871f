"""``data/operations.yaml`` with the rights from ``data/partners.yaml``, for an X-Road instance."""

from collections.abc import Mapping
from typing import Any, Final

from services.exchange.model.offered import WSDL, Offered, Operation, Right
from services.exchange.model.xroad import ClientId
from services.kit import datafile
from services.kit.datafile import DataFileError

_PACKAGE: Final = "services.exchange"
_EVERY_SUBSYSTEM: Final = "/*"
_Rights = dict[ClientId, Mapping[str, Right]]


def load(instance: str) -> Offered:
    """What is offered in ``ee-dev``, ``ee-test`` or ``EE``; DataFileError when the files are wrong."""
    partners: Any = datafile.load(_PACKAGE, "partners.yaml", "partners.schema.json")
    offered: Any = datafile.load(_PACKAGE, "operations.yaml", "operations.schema.json")
    operations = {row["operation"]: _operation(row) for row in offered["operations"]}
    clients: _Rights = {}
    members: _Rights = {}
    for row in partners["partners"]:
        name: str = row["client"]
        every = name.endswith(_EVERY_SUBSYSTEM)
        client = ClientId.parse(f"{instance}/{name.removesuffix(_EVERY_SUBSYSTEM)}")
        rights = members if every else clients
        if client in rights:
            raise DataFileError(f"partners.yaml has two rows for {name}")
        rights[client] = _rights(name, row["operations"], partners["scopes"], operations)
    return Offered(
        provider=ClientId.parse(f"{instance}/{partners['provider']}"),
        operations=operations,
        services={
            (each.service_code, each.service_version): each
            for each in operations.values()
            if each.service_code is not None
        },
        rights=clients,
        member_rights=members,
    )


def _rights(
    client: str,
    opened: Mapping[str, str],
    scopes: Mapping[str, Mapping[str, Any]],
    operations: Mapping[str, Operation],
) -> Mapping[str, Right]:
    if unknown := sorted(set(opened) - set(operations)):
        raise DataFileError(f"partners.yaml opens to {client} what operations.yaml lacks: {unknown}")
    if unknown := sorted(set(opened.values()) - set(scopes)):
        raise DataFileError(f"partners.yaml gives {client} scopes that it does not explain: {unknown}")
    return {name: Right(scope, scopes[scope]["relation"]) for name, scope in opened.items()}


def _operation(row: dict[str, Any]) -> Operation:
    soap = row.get("soap", {})
    return Operation(
        row["operation"],
        soap.get("service"),
        soap.get("version"),
        frozenset(row["requires"]),
        row.get("purpose", "intake"),
        soap.get("wsdl", WSDL),
    )
