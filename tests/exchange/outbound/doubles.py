"""What the cases of a consumer need: a notice, its right answer, a server on loopback that says anything."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
from lxml import etree

from services.exchange.model.contract import SoapContract
from services.exchange.model.outbox import Rendered
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import (
    Failure,
)
from services.exchange.wire import answers, consumer
from system.securityserver import partners

US = ClientId.parse(partners.TURVAVORK)
POLIS = ServiceId(ClientId.parse(partners.POLIS), "caseNotice", "v1")
REFERENCE = "TV-0123-4567-89AB-CDEF-0"
WORDS = {
    "reference": REFERENCE,
    "senderReference": "PPA-1",
    "status": "ACCEPTED",
    "occurredAt": "2017-03-02T08:00:00Z",
}
XML = "text/xml; charset=UTF-8"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
XROAD = "{http://x-road.eu/xsd/xroad.xsd}"
Behave = Callable[[bytes, bytes], Awaitable[bytes | None]]


def soap(message_id: UUID) -> Rendered:
    body = consumer.render(
        SoapContract(POLIS, "polis.wsdl"), WORDS, Headers(US, str(message_id), issue=REFERENCE)
    )
    return Rendered("soap", "POST", "/", consumer.CONTENT_TYPE, body)


async def deliver(server: SecurityServer, message_id: UUID, message: Rendered) -> Failure | None:
    reply = await server.send(message_id, message)
    return reply if isinstance(reply, Failure) else answers.failure(message_id, message, reply)


async def told(network: httpx.AsyncClient, **rule: object) -> None:
    await network.delete("/control/rules")
    assert (await network.post("/control/rules", json={"partner": "polis", **rule})).status_code == 200


@asynccontextmanager
async def listening(behave: Behave) -> AsyncIterator[SecurityServer]:
    """A client and, on loopback, a server that answers a request (head, body) with these bytes, or never."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = (
                    int(line[15:])
                    for line in head.lower().splitlines()
                    if line.startswith(b"content-length:")
                )
                length = next(lengths, 0)
                answer = await behave(head, await reader.readexactly(length))
                if answer is None:
                    await reader.read()
                writer.write(answer or b"")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    client = SecurityServer(f"http://127.0.0.1:{port}", US)
    try:
        yield client
    finally:
        await client.aclose()
        listener.close()


def http(content: bytes, content_type: str = XML, status: str = "200 OK", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(content)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def judged(content: bytes, content_type: str = XML, status: str = "200 OK") -> Failure | None:
    """What the client makes of an answer to a notice, over a real connection."""

    async def behave(_head: bytes, _body: bytes) -> bytes:
        return http(content, content_type, status)

    async with listening(behave) as client:
        return await deliver(client, MESSAGE, NOTICE)


MESSAGE = uuid4()
NOTICE = soap(MESSAGE)


def answer(change: Callable[[etree._Element], None] | None = None) -> bytes:
    """The right answer to the notice, with a right hash behind the id, and then changed."""
    root = etree.fromstring(NOTICE.body)
    identifier = root.find(f".//{XROAD}id")
    assert identifier is not None
    mark = etree.Element(f"{XROAD}requestHash", algorithmId="http://www.w3.org/2001/04/xmlenc#sha512")
    mark.text = base64.b64encode(hashlib.sha512(NOTICE.body).digest()).decode()
    identifier.addnext(mark)
    body = root.find(f"{ENVELOPE}Body")
    assert body is not None
    body[0].tag += "Response"
    for child in list(body[0]):
        body[0].remove(child)
    etree.SubElement(body[0], "notice").text = "n-1"
    if change is not None:
        change(root)
    return etree.tostring(root)


def field(root: etree._Element, name: str) -> etree._Element:
    found = root.find(f"{ENVELOPE}Header/{XROAD}{name}")
    assert found is not None
    return found


def fault(code: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>Mari Maasikas 48801010001</faultstring>"
        "</s:Fault></s:Body></s:Envelope>"
    ).encode()
