"""``data/operations.yaml`` with the rights from ``data/partners.yaml``, for an X-Road instance."""

from typing import Any, Final

from services.exchange.model.offered import Offered, Operation
from services.exchange.model.xroad import ClientId
from services.kit import datafile
from services.kit.datafile import DataFileError

_PACKAGE: Final = "services.exchange"


def load(instance: str) -> Offered:
    """What is offered in ``ee-dev``, ``ee-test`` or ``EE``; DataFileError when the files are wrong."""
    partners: Any = datafile.load(_PACKAGE, "partners.yaml", "partners.schema.json")
    offered: Any = datafile.load(_PACKAGE, "operations.yaml", "operations.schema.json")
    operations = {row["operation"]: _operation(row) for row in offered["operations"]}
    rights = {
        ClientId.parse(f"{instance}/{row['client']}"): frozenset(row["operations"])
        for row in partners["partners"]
    }
    unknown = sorted(frozenset[str]().union(*rights.values()) - set(operations))
    if unknown:
        raise DataFileError(f"partners.yaml opens operations that operations.yaml lacks: {unknown}")
    return Offered(
        provider=ClientId.parse(f"{instance}/{partners['provider']}"),
        operations=operations,
        services={(each.service_code, each.service_version): each for each in operations.values()},
        rights=rights,
    )


def _operation(row: dict[str, Any]) -> Operation:
    soap = row["soap"]
    return Operation(row["operation"], soap["service"], soap["version"], frozenset(row["requires"]))
