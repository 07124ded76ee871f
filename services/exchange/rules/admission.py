"""Whether a client may call an operation, about what, and has said what the operation demands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from services.exchange.model.offered import Offered, Operation, Right
from services.exchange.model.problems import AccessDenied, MissingHeaderField, UnknownService
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.kit.policy import Permit

_NONE: Final[Mapping[str, Right]] = {}


def called(offered: Offered, service: ServiceId) -> Operation:
    """The operation that a SOAP request calls; UnknownService for one, or a version, that we lack."""
    operation = offered.services.get((service.code, service.version))
    if operation is None or service.provider != offered.provider:
        raise UnknownService
    return operation


def rights_of(offered: Offered, client: ClientId) -> Mapping[str, Right]:
    """What a client may call, by operation: its own row alone, else that of all its member's subsystems."""
    own = offered.rights.get(client)
    if own is None and client.subsystem is not None and offered.member_rights:
        own = offered.member_rights.get(replace(client, subsystem=None))
    return _NONE if own is None else own


def admit(offered: Offered, headers: Headers, operation: Operation) -> Right:
    """The client's right; raises AccessDenied, or MissingHeaderField when the operation demands more."""
    right = rights_of(offered, headers.client).get(operation.name)
    if right is None:
        raise AccessDenied
    given = headers.record()
    for field in sorted(operation.requires):
        if field not in given:
            raise MissingHeaderField(f"{field} is missing")
    return right


def within(permit: Permit, right: Right) -> Permit:
    """The permit, no wider than the right: of what the table allows, only what stands in its relation.

    Raises AccessDenied when nothing is left: table and rights do not agree, and then neither is enough.
    """
    grants = tuple(each for each in permit.grants if each.effect == "deny" or each.relation == right.relation)
    if not any(each.effect == "allow" for each in grants):
        raise AccessDenied
    return permit if len(grants) == len(permit.grants) else replace(permit, grants=grants)
