"""The cases R01 to R09 over HTTP, as a consumer meets them."""

import json

import httpx
import pytest
from structlog.testing import capture_logs

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import Failure, Nature, Origin, nature
from services.exchange.wire import address
from services.kit.log.output import PROCESSORS
from system.securityserver import partners
from tests.exchange.outbound.doubles import MESSAGE, US, WORDS, deliver, http, listening, told

STAR = ServiceId(ClientId.parse(partners.STAR), "caseNotice", None)
JSON = "application/json"
NOTICE = Rendered("rest", "POST", address.of_service(STAR, "/v1/notices"), JSON, json.dumps(WORDS).encode())


async def answered(
    status: str, content: bytes = b"{}", content_type: str = JSON, *headers: str
) -> Failure | None:
    async def behave(_head: bytes, _body: bytes) -> bytes:
        return http(content, content_type, status, *headers)

    async with listening(behave) as client:
        return await deliver(client, MESSAGE, NOTICE)


async def test_r01_each_part_of_an_address_is_encoded_by_itself() -> None:
    heads: list[bytes] = []

    async def behave(head: bytes, _body: bytes) -> bytes:
        heads.append(head)
        return http(b"")

    provider = ClientId("EE", "GOV", "7000", "küla/vald süs")
    target = address.of_service(ServiceId(provider, "a/b ä", None), "/c%20d/e?x=1&y=%C3%B5")
    async with listening(behave) as client:
        await client.send(MESSAGE, Rendered("rest", "POST", target, JSON, b"{}"))
    wanted = b"/r1/EE/GOV/7000/k%C3%BCla%2Fvald%20s%C3%BCs/a%2Fb%20%C3%A4/c%20d/e?x=1&y=%C3%B5"
    assert heads[0].split(b" ")[1] == wanted


def test_r01_a_service_is_called_at_a_subsystem() -> None:
    with pytest.raises(ValueError, match="subsystem"):
        address.of_service(ServiceId(ClientId("EE", "GOV", "7000", None), "a", None))


async def test_r02_every_call_says_once_who_calls() -> None:
    heads: list[bytes] = []

    async def behave(head: bytes, _body: bytes) -> bytes:
        heads.append(head.lower())
        return http(b"")

    async with listening(behave) as client:
        await client.send(MESSAGE, NOTICE)
    assert heads[0].count(b"\r\nx-road-client: " + str(US).lower().encode() + b"\r\n") == 1
    assert heads[0].count(b"x-road-client") == heads[0].count(b"x-road-id") == 1


@pytest.mark.parametrize("text", ["", "EE/GOV", "EE/GOV/1/2/3", "EE//1/2", "EE/GOV/1/ "])
def test_r03_a_client_has_three_or_four_parts(text: str) -> None:
    with pytest.raises(ValueError, match="X-Road"):
        ClientId.parse(text)


@pytest.mark.parametrize("generation", ["7.7", "7.8"])
async def test_r04_an_error_of_the_security_server_is_its_own(
    network: httpx.AsyncClient, server: SecurityServer, generation: str
) -> None:
    code = "server.serverproxy.access_denied"
    await told(network, partner="star", effect="fault", code=code, generation=generation)
    found = await deliver(server, MESSAGE, NOTICE)
    spelled = code if generation == "7.8" else "Server.ServerProxy.AccessDenied"
    assert found == Failure(Origin.SECURITY_SERVER, spelled, 500)
    assert nature(found) is Nature.PERMANENT


@pytest.mark.parametrize("status", [400, 404, 422, 500])
async def test_r05_an_error_of_the_partner_is_the_partners(
    network: httpx.AsyncClient, server: SecurityServer, status: int
) -> None:
    await told(network, partner="star", effect="status", status=status)
    found = await deliver(server, MESSAGE, NOTICE)
    assert found == Failure(Origin.PARTNER, f"http-{status}", status)


@pytest.mark.parametrize("kind", ["text/xml; charset=UTF-8", "application/xml"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<error><type>client.bad_request</type><message>M</message></error>", "client.bad_request"),
        (b'<error xmlns="urn:x"><type>client.bad_request</type></error>', "client.bad_request"),
        (b"<error><type>Mari Maasikas</type></error>", "unreadable"),
        (b'<!DOCTYPE a [<!ENTITY e "client.x">]><error><type>&e;</type></error>', "ERR"),
        (b"<error>", "ERR"),
    ],
)
async def test_r06_an_error_in_xml_is_read_too(kind: str, body: bytes, code: str) -> None:
    found = await answered("400 Bad Request", body, kind, "X-Road-Error: ERR")
    assert found == Failure(Origin.SECURITY_SERVER, code, 400)


@pytest.mark.parametrize("code", ["Server.ServerProxy.NetworkError", "server.serverproxy.network_error"])
@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error", "200 OK"])
async def test_r07_the_code_decides_and_not_the_status(code: str, status: str) -> None:
    found = await answered(status, b"{}", JSON, f"X-Road-Error: {code}")
    assert found is not None
    assert (found.origin, nature(found)) == (Origin.SECURITY_SERVER, Nature.TEMPORARY)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_r08_a_redirect_is_an_answer(status: int) -> None:
    found = await answered(f"{status} Elsewhere", b"", JSON, "Location: /r1/inside")
    assert found == Failure(Origin.PARTNER, f"http-{status}", status)


async def test_r09_the_id_of_the_answer_is_compared(
    network: httpx.AsyncClient, server: SecurityServer
) -> None:
    await told(network, partner="star", effect="mismatch", times=1)
    assert await deliver(server, MESSAGE, NOTICE) == Failure(Origin.ANSWER, "wrong-id", 200 + 1)
    assert await deliver(server, MESSAGE, NOTICE) is None


@pytest.mark.parametrize("request_id", ["ad2e4a35-0298-4d9d-8af4-974c6670710b", "Mari Maasikas"])
async def test_r09_the_request_id_of_the_security_server_is_logged(request_id: str) -> None:
    async def behave(_head: bytes, _body: bytes) -> bytes:
        return http(b"", JSON, "200 OK", f"X-Road-Request-Id: {request_id}")

    with capture_logs(processors=PROCESSORS) as lines:
        async with listening(behave) as client:
            assert isinstance(await client.send(MESSAGE, NOTICE), Reply)
    logged = [line["xroad_request_id"] for line in lines if line["event"] == "security-server-answered"]
    assert logged == [None if "Mari" in request_id else request_id]
