"""Whether a partner offers what our contracts with it need."""

from collections.abc import Sequence
from typing import Final

from services.exchange.actions.metadata import Metadata, MetadataRefused
from services.exchange.model.contract import Contract, Partner, RestContract, SoapContract
from services.exchange.model.metadata import MetadataUnreadable, Operation
from services.exchange.model.xroad import ServiceId
from services.exchange.rules import offer
from services.exchange.rules.delivery import Origin
from services.exchange.rules.offer import Finding
from services.exchange.wire import descriptions

_METHOD: Final = "POST"


async def check(metadata: Metadata, partner: Partner) -> Sequence[Finding]:
    """Everything that we need of this partner, with what it offers.

    Raises MetadataRefused and MetadataUnreadable when its services cannot be listed; a description that
    cannot be had or read offers nothing.
    """
    return [one for contract in partner.contracts.values() for one in await _check(metadata, contract)]


async def _check(metadata: Metadata, contract: Contract) -> Sequence[Finding]:
    match contract:
        case SoapContract(service=service, wsdl=wsdl):
            return await _soap(metadata, service, wsdl)
        case RestContract(service=service, path=path):
            return await _rest(metadata, service, path)


async def _soap(metadata: Metadata, service: ServiceId, wsdl: str) -> Sequence[Finding]:
    name = f"{service.provider}/{service.name}"
    offered = service in await metadata.soap_services(service.provider, "listMethods")
    allowed = service in await metadata.soap_services(service.provider, "allowedMethods")
    told = await _operations(metadata, service) if offered else ()
    needed = next(each for each in descriptions.of_contract(wsdl) if each.name == service.code)
    return [*offer.listed(name, offered=offered, allowed=allowed), *offer.described(name, needed, told)]


async def _rest(metadata: Metadata, service: ServiceId, path: str) -> Sequence[Finding]:
    name = f"{service.provider}/{service.name}"
    provider = service.provider
    listed = {each.service: each for each in await metadata.rest_services(provider, "listMethods")}
    allowed = {each.service: each for each in await metadata.rest_services(provider, "allowedMethods")}
    findings = [*offer.listed(name, offered=service in listed, allowed=service in allowed)]
    callable_ = allowed[service].endpoints if service in allowed else ()
    findings.append(offer.reachable(name, "endpoint", _METHOD, path, callable_))
    if service in listed and listed[service].kind == "OPENAPI":
        told = await _endpoints(metadata, service)
        findings.append(offer.reachable(name, "described", _METHOD, path, told))
    return findings


async def _operations(metadata: Metadata, service: ServiceId) -> Sequence[Operation]:
    try:
        return descriptions.operations(await metadata.wsdl(service))
    except MetadataUnreadable:
        return ()
    except MetadataRefused as error:
        _unless_refused(error)
        return ()


async def _endpoints(metadata: Metadata, service: ServiceId) -> Sequence[tuple[str, str]]:
    try:
        return descriptions.endpoints(await metadata.openapi(service))
    except MetadataUnreadable:
        return ()
    except MetadataRefused as error:
        _unless_refused(error)
        return ()


def _unless_refused(error: MetadataRefused) -> None:
    """A network that is out of order says nothing about the partner."""
    if error.failure.origin is Origin.TRANSPORT:
        raise error
