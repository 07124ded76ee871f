"""What an administrator asks X-Road: who is there, what they offer, what we may call, how it is described.

The security servers answer; no information system is asked. Each call is one try with an id of its own.
"""

from typing import Final
from urllib.parse import quote
from uuid import UUID, uuid4

from services.exchange.model.metadata import Document, Member, MetadataUnreadable, RestService
from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import Failure, Origin
from services.exchange.wire import address, answers, metadata
from services.exchange.wire.metadata import Listing

_OK: Final = 200


class MetadataRefused(Exception):  # noqa: N818 - it says what was done with the question
    """The security server was not reached, or answered with an error: ``failure``."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.origin}: {failure.code}")
        self.failure = failure


class Metadata:
    """The metadata services; all of them raise MetadataRefused and MetadataUnreadable."""

    def __init__(self, server: SecurityServer, us: ClientId) -> None:
        self._server, self._us = server, us

    async def members(self, instance: str | None = None) -> tuple[Member, ...]:
        """Members and subsystems of our X-Road instance, or of another that is federated with it."""
        query = "" if instance is None else f"?xRoadInstance={quote(instance, safe='')}"
        reply = _had(await self._server.get(f"/listClients{query}", most=metadata.LIMITS.bytes))
        if reply.status != _OK:
            raise MetadataRefused(
                answers.rest_failure("", reply.status, reply.headers, reply.body)
                or Failure(Origin.ANSWER, "wrong-status", reply.status)
            )
        return metadata.members(reply.headers.get("content-type"), reply.body)

    async def soap_services(self, provider: ClientId, listing: Listing) -> tuple[ServiceId, ...]:
        """SOAP services of a provider, or those of them that we may call."""
        message_id = uuid4()
        asked = metadata.ask_services(self._us, provider, listing, message_id)
        reply = await self._soap(asked, message_id)
        envelope = answers.envelope(reply.headers.get("content-type"), reply.body)
        return () if envelope is None else metadata.soap_services(envelope)

    async def rest_services(self, provider: ClientId, listing: Listing) -> tuple[RestService, ...]:
        """REST services of a provider, or those of them that we may call."""
        return metadata.rest_services((await self._rest(ServiceId(provider, listing, None), "")).body)

    async def wsdl(self, service: ServiceId) -> Document:
        """The WSDL of a SOAP service; the address in it is a placeholder."""
        message_id = uuid4()
        reply = await self._soap(metadata.ask_wsdl(self._us, service, message_id), message_id)
        return metadata.attached(reply.headers.get("content-type"), reply.body)

    async def openapi(self, service: ServiceId) -> Document:
        """The OpenAPI document of a REST service."""
        query = f"?serviceCode={quote(service.code, safe='')}"
        reply = await self._rest(ServiceId(service.provider, "getOpenAPI", None), query)
        return Document(reply.headers.get("content-type", ""), reply.body)

    async def _soap(self, message: Rendered, message_id: UUID) -> Reply:
        reply = _had(await self._server.send(message_id, message, most=metadata.LIMITS.bytes))
        failure = answers.failure(message_id, message, reply)
        if failure is not None:
            raise MetadataRefused(failure)
        return reply

    async def _rest(self, service: ServiceId, query: str) -> Reply:
        message_id = uuid4()
        try:
            target = address.of_service(service, query)
        except ValueError as error:
            raise MetadataUnreadable(str(error)) from None
        reply = _had(await self._server.get(target, message_id=message_id, most=metadata.LIMITS.bytes))
        failure = answers.rest_failure(str(message_id), reply.status, reply.headers, reply.body)
        if failure is not None:
            raise MetadataRefused(failure)
        return reply


def _had(reply: Reply | Failure) -> Reply:
    if isinstance(reply, Failure):
        raise MetadataRefused(reply)
    return reply
