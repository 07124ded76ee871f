"""The simulator must refuse what a real security server refuses, or it proves nothing about us."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.exchange.model.contract import SoapContract
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.wire import answers, consumer
from services.kit.clock import FixedClock
from system.samples import messages
from system.securityserver import partners, referrals, soap
from system.securityserver.app import Settings, create_app
from system.securityserver.faults import Generation, spell

REFERENCE = "TV-0123-4567-89AB-CDEF-0"
WORDS = {
    "reference": REFERENCE,
    "senderReference": "PPA-1",
    "status": "ACCEPTED",
    "occurredAt": "2017-03-02T08:00:00Z",
}
XML = {"Content-Type": "text/xml; charset=UTF-8"}
STAR = f"/r1/{partners.STAR}/caseNotice/v1/notices"
CLOCK = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
Provider = Callable[[Request], Awaitable[Response]]


def notice(message_id: str = "m-1", **words: str) -> bytes:
    service = ServiceId(ClientId.parse(partners.POLIS), "caseNotice", "v1")
    headers = Headers(ClientId.parse(partners.TURVAVORK), message_id, issue=REFERENCE)
    return consumer.render(SoapContract(service, "polis.wsdl"), WORDS | words, headers)


def simulator(ledger: Path | None = None, provider: Provider | None = None) -> httpx.AsyncClient:
    async def nobody(_: Request) -> Response:
        return Response(status_code=404)

    ours = Starlette(routes=[Route("/{path:path}", provider or nobody, methods=["GET", "POST"])])
    gateway = httpx.AsyncClient(transport=httpx.ASGITransport(ours), base_url="http://gateway")
    app = create_app(Settings(ledger=ledger), client=gateway, clock=CLOCK)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ss")


@pytest.fixture
async def server() -> AsyncIterator[httpx.AsyncClient]:
    async with simulator() as client:
        yield client


async def send(server: httpx.AsyncClient, raw: bytes, headers: dict[str, str] = XML) -> httpx.Response:
    return await server.post("/", content=raw, headers=headers)


def code(answer: httpx.Response) -> str | None:
    return etree.fromstring(answer.content).findtext(".//faultcode")


def star_headers(**other: str) -> dict[str, str]:
    return {
        "X-Road-Client": partners.TURVAVORK,
        "X-Road-Id": "m-1",
        "Content-Type": "application/json",
    } | other


async def received(server: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = (await server.get("/control/received", params=query)).json()
    return found


async def tell(server: httpx.AsyncClient, **rule: object) -> None:
    assert (await server.post("/control/rules", json=rule)).status_code == 200


async def test_a_notice_reaches_polis_and_the_answer_is_stamped(server: httpx.AsyncClient) -> None:
    raw = notice()
    answer = await send(server, raw)
    assert (answer.status_code, soap.media_type(answer.headers["content-type"])) == (200, "text/xml")
    assert soap.request_hash(raw) in answer.text
    assert answers.soap_failure(raw, 200, answer.headers["content-type"], answer.content) is None
    rows = (await received(server))["items"]
    assert [(row["partner"], row["id"], row["senderReference"], row["status"]) for row in rows] == [
        ("polis", "m-1", "PPA-1", "ACCEPTED")
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"serviceCode>caseNotice<", b"serviceCode>other<", "client.inconsistent_headers"),
        (b">4.0<", b">3.5<", "client.invalid_protocol_version"),
        (b"m-1", b"", "client.missing_header_field"),
        (b":objectType=", b":other=", "client.invalid_xml"),
        (b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope", "client.invalid_soap"),
        (b"70001975", b"70009999", "server.clientproxy.unknown_member"),
        (b"serviceVersion>v1<", b"serviceVersion>v9<", "server.serverproxy.unknown_service"),
        (b"?>", b"?><!DOCTYPE a>", "client.invalid_xml"),
        (b"</", b"<", "client.invalid_xml"),
    ],
)
async def test_a_wrong_request_is_refused_with_http_200(
    server: httpx.AsyncClient, old: bytes, new: bytes, expected: str
) -> None:
    raw = notice()
    assert old in raw
    answer = await send(server, raw.replace(old, new))
    assert (answer.status_code, code(answer)) == (200, expected)
    assert (await received(server))["items"] == []


@pytest.mark.parametrize("kind", ["application/soap+xml", "application/json", ""])
async def test_only_text_xml_is_soap(server: httpx.AsyncClient, kind: str) -> None:
    assert code(await send(server, notice(), {"Content-Type": kind})) == "client.invalid_content_type"


async def test_a_doubled_header_field_is_refused(server: httpx.AsyncClient) -> None:
    root = etree.fromstring(notice())
    identifier = root.find(f".//{{{soap.XROAD}}}id")
    assert identifier is not None
    identifier.addnext(etree.fromstring(etree.tostring(identifier)))
    assert code(await send(server, etree.tostring(root))) == "client.duplicate_header_field"


async def test_partners_take_a_message_once(server: httpx.AsyncClient) -> None:
    await send(server, notice())
    await send(server, notice())
    await send(server, notice(status="DECLINED"))
    await server.post(STAR, json=WORDS, headers=star_headers())
    again = await server.post(STAR, json=WORDS, headers=star_headers())
    assert again.status_code == 200
    assert (await received(server))["totals"] == {
        "polis": {"received": 3, "effects": 1, "duplicates": 2, "conflicts": 1},
        "star": {"received": 2, "effects": 1, "duplicates": 1, "conflicts": 0},
    }
    assert len((await received(server, partner="star"))["items"]) == 2


async def test_star_takes_a_notice_over_rest(server: httpx.AsyncClient) -> None:
    answer = await server.post(STAR, json=WORDS, headers=star_headers())
    assert answer.status_code == 201
    assert answer.headers["x-road-id"] == "m-1"
    assert answer.headers["x-road-service"] == f"{partners.STAR}/caseNotice"
    assert "x-road-error" not in answer.headers


@pytest.mark.parametrize(
    ("path", "headers", "status", "expected"),
    [
        (STAR, {"X-Road-Client": ""}, 400, "client.bad_request"),
        (STAR, {"X-Road-Client": "a/b"}, 400, "client.bad_request"),
        (STAR, {"X-Road-Client": "a/b/c/d/e"}, 400, "client.bad_request"),
        (STAR, {"X-Road-Client": "ee-dev/GOV/1/x"}, 500, "server.clientproxy.unknown_member"),
        ("/r1/ee-dev/GOV/70009770/star", {}, 400, "client.bad_request"),
        (f"/r1/{partners.STAR}/other/v1", {}, 500, "server.serverproxy.unknown_service"),
        (STAR.replace("v1", "v2"), {}, 404, None),
        (STAR, {"Content-Type": "text/plain"}, 415, None),
    ],
)
async def test_a_wrong_rest_request_is_refused(
    server: httpx.AsyncClient, path: str, headers: dict[str, str], status: int, expected: str | None
) -> None:
    """An error of the security server carries X-Road-Error, one of the partner does not."""
    answer = await server.post(path, content=json.dumps(WORDS), headers=star_headers(**headers))
    assert (answer.status_code, answer.headers.get("x-road-error")) == (status, expected)


@pytest.mark.parametrize(
    "words", [{}, {"reference": "x"}, {"status": "NEW"}, {"occurredAt": "now"}, {"more": "x"}]
)
async def test_star_refuses_what_it_cannot_read(server: httpx.AsyncClient, words: dict[str, str]) -> None:
    body = WORDS | words if words else {}
    assert (await server.post(STAR, json=body, headers=star_headers())).status_code == 422


@pytest.mark.parametrize(
    ("generation", "expected"),
    [("7.7", "Server.ServerProxy.IOError"), ("7.8", "server.serverproxy.io_error")],
)
async def test_it_fails_as_told_in_both_generations(
    server: httpx.AsyncClient, generation: str, expected: str
) -> None:
    for partner in ("polis", "star"):
        rule = {
            "effect": "fault",
            "code": "server.serverproxy.io_error",
            "generation": generation,
            "times": 1,
        }
        await tell(server, partner=partner, **rule)
    assert code(await send(server, notice())) == expected
    answer = await server.post(STAR, json=WORDS, headers=star_headers())
    assert answer.headers["x-road-error"] == answer.json()["type"] == expected
    assert code(await send(server, notice())) is None


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("server.serverproxy.service_failed.http_error", "Server.ServerProxy.ServiceFailed.HttpError"),
        ("server.clientproxy.global_conf_outdated", "Server.ClientProxy.OutdatedGlobalConf"),
        ("client.missing_header_field", "Client.MissingHeaderField"),
    ],
)
def test_codes_have_two_spellings(new: str, old: str) -> None:
    assert (spell(new, Generation.NEW), spell(new, Generation.OLD)) == (new, old)


async def test_a_partner_goes_down_and_comes_back(server: httpx.AsyncClient) -> None:
    await server.put("/control/partners/polis", json={"up": False})
    assert code(await send(server, notice())) == "server.serverproxy.network_error"
    assert (await server.post(STAR, json=WORDS, headers=star_headers())).status_code == 201
    await server.put("/control/partners/polis", json={"up": True})
    assert code(await send(server, notice())) is None


@pytest.mark.parametrize(("effect", "arrived"), [("cut-before", 0), ("cut-after", 1), ("duplicate", 2)])
async def test_it_cuts_and_doubles_as_told(server: httpx.AsyncClient, effect: str, arrived: int) -> None:
    await tell(server, partner="polis", effect=effect, times=1)
    if effect == "duplicate":
        await send(server, notice())
    else:
        with pytest.raises(ConnectionResetError):
            await send(server, notice())
    assert len((await received(server))["items"]) == arrived


async def test_a_rule_may_be_for_one_reference_only(server: httpx.AsyncClient) -> None:
    await tell(server, partner="polis", effect="business", code="NO", reference=REFERENCE)
    other = REFERENCE.replace("0123", "0124")
    assert "faultCode" in (await send(server, notice())).text
    assert "faultCode" not in (await send(server, notice("m-2", reference=other))).text
    await server.delete("/control/rules")
    assert "faultCode" not in (await send(server, notice())).text


async def test_a_wish_that_cannot_be_read_is_told_so(server: httpx.AsyncClient) -> None:
    answer = await server.post("/control/rules", json={"partner": "polis", "effect": "explode"})
    assert (answer.status_code, answer.json()["errors"][0]["at"]) == (422, ["effect"])


async def test_the_ledger_survives_a_restart_and_a_torn_line(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    async with simulator(file) as first:
        await send(first, notice())
    with file.open("ab") as out:
        out.write(b'{"order": 2, "par')
    async with simulator(file) as second:
        await send(second, notice())
        assert (await received(second))["totals"]["polis"] == {
            "received": 2,
            "effects": 1,
            "duplicates": 1,
            "conflicts": 0,
        }
    assert len(file.read_text().splitlines()) == 2


def answering(
    status: int = 200, *, change: Callable[[bytes], bytes] = lambda b: b, kind: str = "text/xml"
) -> Any:
    """An exchange that echoes the header and answers with the right wrapper, then changed."""
    seen: list[Request] = []

    async def provider(request: Request) -> Response:
        seen.append(request)
        raw = await request.body()
        name = f"{{{referrals.PRODUCER}}}submitReferralResponse"
        body = soap.echo(soap.read(raw, "text/xml"), etree.Element(name))
        return Response(change(body), status, headers={"Content-Type": kind} if kind else {})

    return provider, seen


def referral(protocol: str) -> dict[str, Any]:
    found = next(message for message in messages() if message["protocol"] == protocol)
    return {key: value for key, value in found.items() if key != "key"}


async def push(provider: Provider, protocol: str = "soap", **other: object) -> list[dict[str, Any]]:
    async with simulator(provider=provider) as server:
        answer = await server.post("/control/refer", json=referral(protocol) | other)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def test_polis_sends_chunked_and_accepts_no_encoding() -> None:
    provider, seen = answering()
    (answer,) = await push(provider)
    assert (answer["status"], answer["code"]) == (200, None)
    assert "requestHash" in answer["body"]
    headers = seen[0].headers
    assert (headers["transfer-encoding"], headers["accept-encoding"]) == ("chunked", "")
    assert "content-length" not in headers
    assert seen[0].url.path == "/xroad/soap"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"status": 404}, "server.serverproxy.service_failed.http_error"),
        ({"status": 422}, "server.serverproxy.service_failed.http_error"),
        ({"kind": "application/json"}, "server.serverproxy.service_failed.invalid_content_type"),
        ({"kind": ""}, "server.serverproxy.service_failed.invalid_content_type"),
        ({"change": lambda b: b"<html/>"}, "server.serverproxy.service_failed.invalid_soap"),
        (
            {"change": lambda b: b.replace(b"submitReferralResponse", b"submitReferralAnswer")},
            "server.clientproxy.service_failed.inconsistent_response",
        ),
        (
            {"change": lambda b: b.replace(b"70008747", b"70008748")},
            "server.clientproxy.service_failed.inconsistent_response",
        ),
        (
            {"change": lambda b: b.replace(b"protocolVersion>", b"other>")},
            "server.serverproxy.service_failed.missing_header_field",
        ),
    ],
)
async def test_our_wrong_answer_becomes_a_fault_for_polis(wrong: dict[str, Any], expected: str) -> None:
    provider, _ = answering(**wrong)
    (answer,) = await push(provider)
    assert (answer["status"], answer["code"]) == (200, expected)


async def test_our_own_fault_reaches_polis_as_it_is() -> None:
    fault = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>'
    provider, _ = answering(500, change=lambda _: fault)
    (answer,) = await push(provider)
    assert (answer["code"], answer["body"]) == (None, fault.decode())


async def test_star_sends_over_rest_and_may_send_twice() -> None:
    seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    async def provider(request: Request) -> Response:
        seen.append((request.url.path, dict(request.headers), await request.json()))
        return Response(b"{}", 201, media_type="application/json")

    answers_ = await push(provider, "rest", copies=2)
    assert [answer["status"] for answer in answers_] == [201, 201]
    path, headers, body = seen[0]
    assert path == "/xroad/rest/marac/v1/referrals"
    assert headers["x-road-client"] == partners.STAR
    assert headers["x-road-id"] == seen[1][1]["x-road-id"] == referral("rest")["messageId"]
    assert "x-road-service" not in headers
    assert (body["version"], body["region"]) == (1, referral("rest")["referral"]["region"])


async def test_an_exchange_that_cannot_be_reached_is_a_network_error() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    gateway = httpx.AsyncClient(transport=httpx.MockTransport(refuse), base_url="http://gateway")
    app = create_app(client=gateway, clock=CLOCK)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ss") as server:
        for protocol in ("soap", "rest"):
            answer = await server.post(
                "/control/refer", json=referral(protocol) | {"messageId": str(uuid4())}
            )
            assert answer.json()["items"][0]["code"] == "server.serverproxy.network_error"
