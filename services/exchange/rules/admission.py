"""Whether a client may call an operation, and has said what the operation demands."""

from services.exchange.model.offered import Offered, Operation
from services.exchange.model.problems import AccessDenied, MissingHeaderField, UnknownService
from services.exchange.model.xroad import Headers, ServiceId


def called(offered: Offered, service: ServiceId) -> Operation:
    """The operation that a SOAP request calls; UnknownService for one, or a version, that we lack."""
    operation = offered.services.get((service.code, service.version))
    if operation is None or service.provider != offered.provider:
        raise UnknownService
    return operation


def admit(offered: Offered, headers: Headers, operation: Operation) -> None:
    """Raises AccessDenied, or MissingHeaderField when the operation demands more than is there."""
    if operation.name not in offered.rights.get(headers.client, frozenset()):
        raise AccessDenied
    given = headers.record()
    for field in sorted(operation.requires):
        if field not in given:
            raise MissingHeaderField(f"{field} is missing")
