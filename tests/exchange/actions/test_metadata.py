"""The cases C16 and R18 to R20 against the simulated security server, and what partners offer us."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from services.exchange.actions import offers
from services.exchange.actions.metadata import Metadata, MetadataRefused
from services.exchange.catalog import contracts
from services.exchange.model.metadata import MetadataUnreadable, RestService
from services.exchange.model.xroad import ClientId, ServiceId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import Failure, Origin
from services.exchange.wire import descriptions
from services.exchange.wire.metadata import Listing
from services.kit.clock import FixedClock
from system.securityserver import partners
from system.securityserver.app import create_app

US, POLIS, STAR = map(ClientId.parse, (partners.TURVAVORK, partners.POLIS, partners.STAR))
CASE_NOTICE = ServiceId(POLIS, "caseNotice", "v1")


@dataclass
class Network:
    """X-Road as an administrator sees it, and the simulator itself."""

    metadata: Metadata
    simulator: Starlette

    async def unmet(self, client: ClientId) -> list[tuple[str, str | None]]:
        """What this partner does not offer as we need it."""
        partner = contracts.directory("ee-dev").partners[str(client)]
        return [(one.what, one.offered) for one in await offers.check(self.metadata, partner) if not one.met]


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    app = create_app(client=httpx.AsyncClient(), clock=FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))
    server = SecurityServer("http://ss", US, transport=httpx.ASGITransport(app))
    yield Network(Metadata(server, US), app)
    await server.aclose()


async def test_r19_members_are_listed(network: Network) -> None:
    told = {str(each.client): each.name for each in await network.metadata.members()}
    assert told == {partners.TURVAVORK: "Turvavõrk", partners.POLIS: "POLIS", partners.STAR: "STAR"}
    assert await network.metadata.members("EE") == ()


@pytest.mark.parametrize(
    ("listing", "ours"), [("listMethods", ["heartbeat"]), ("allowedMethods", [])], ids=["all", "allowed"]
)
async def test_c16_r18_services_are_listed(network: Network, listing: Listing, ours: list[str]) -> None:
    soap = await network.metadata.soap_services(POLIS, listing)
    assert soap == tuple(ServiceId(POLIS, code, "v1") for code in ["caseNotice", *ours, "getCallouts"])
    rest = await network.metadata.rest_services(STAR, listing)
    assert [each.service for each in rest] == [
        ServiceId(STAR, code, None) for code in ["caseNotice", "submitChildNotice", *ours]
    ]
    assert rest[0] == RestService(rest[0].service, "OPENAPI", (("POST", "/v1/notices"),))
    assert await network.metadata.rest_services(POLIS, listing) == ()
    assert await network.metadata.soap_services(STAR, listing) == ()


async def test_c16_a_wsdl_comes_beside_its_envelope_and_without_the_providers_address(
    network: Network,
) -> None:
    document = await network.metadata.wsdl(CASE_NOTICE)
    assert [each.name for each in descriptions.operations(document)] == [
        "caseNotice",
        "getCallouts",
        "heartbeat",
    ]
    assert b"http://example.org/xroad-endpoint" in document.body
    assert b"inside" not in document.body


async def test_r20_an_openapi_document_is_as_its_provider_has_it(network: Network) -> None:
    document = await network.metadata.openapi(ServiceId(STAR, "caseNotice", None))
    assert descriptions.endpoints(document) == (("POST", "/v1/notices"),)


async def test_what_is_not_there_is_refused_with_its_code(network: Network) -> None:
    nobody = ClientId.parse("ee-dev/GOV/1/nobody")
    member = "server.clientproxy.unknown_member"
    for asked, code in (
        (network.metadata.soap_services(nobody, "listMethods"), member),
        (network.metadata.rest_services(nobody, "listMethods"), member),
        (
            network.metadata.wsdl(ServiceId(POLIS, "other", None)),
            "server.serverproxy.service_failed.unknown_service",
        ),
        (network.metadata.openapi(ServiceId(STAR, "other", None)), "server.serverproxy.unknown_service"),
    ):
        with pytest.raises(MetadataRefused) as refused:
            await asked
        assert (refused.value.failure.origin, refused.value.failure.code) == (Origin.SECURITY_SERVER, code)


async def test_a_member_without_subsystem_has_no_rest_services(network: Network) -> None:
    with pytest.raises(MetadataUnreadable, match="subsystem"):
        await network.metadata.rest_services(ClientId.parse("ee-dev/GOV/1"), "listMethods")


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_list_with_another_status_is_none(status: int) -> None:
    server = SecurityServer(
        "http://ss",
        US,
        transport=httpx.MockTransport(lambda _: httpx.Response(status, stream=httpx.ByteStream(b""))),
    )
    with pytest.raises(MetadataRefused) as refused:
        await Metadata(server, US).members()
    await server.aclose()
    assert refused.value.failure == Failure(Origin.PARTNER, f"http-{status}", status)


@pytest.mark.parametrize("client", [POLIS, STAR])
async def test_a_partner_offers_what_we_need(network: Network, client: ClientId) -> None:
    assert await network.unmet(client) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"<x:version>v1</x:version>", b"<x:version>v2</x:version>", [("version", "v2")]),
        (b'element="p:caseNotice"', b'element="p:heartbeat"', "{http://polis.x-road.eu/producer}heartbeat"),
        (b'producer" targetNamespace="http://polis', b'producer" targetNamespace="http://x', "http://x"),
        (b'name="caseNotice"', b'name="other"', [(what, None) for what in ("operation", "version")]),
        (b"<wsdl:definitions", b"<!DOCTYPE a><wsdl:definitions", [("operation", None), ("version", None)]),
    ],
)
async def test_a_wsdl_that_differs_is_noticed(
    network: Network, old: bytes, new: bytes, expected: str | list[tuple[str, str | None]]
) -> None:
    service = network.simulator.state.services[0]
    assert old in service.description
    service.description = service.description.replace(old, new)
    unmet = await network.unmet(POLIS)
    if isinstance(expected, str):
        assert len(unmet) == 1
        assert str(unmet[0][1]).startswith(expected)
    else:
        assert unmet[: len(expected)] == expected


async def test_a_service_that_is_not_allowed_or_not_there_is_noticed(network: Network) -> None:
    services = network.simulator.state.services
    services[0].allowed = services[2].allowed = services[3].allowed = False
    assert await network.unmet(POLIS) == [("allowed to us", None)]
    assert await network.unmet(STAR) == [("allowed to us", None), ("endpoint", None)] * 2
    services.clear()
    nothing = ["offered", "allowed to us"]
    soap = ["operation", "version", "namespace", "input", "output"]
    assert await network.unmet(POLIS) == [(what, None) for what in (*nothing, *soap)] * 2
    assert await network.unmet(STAR) == [(what, None) for what in (*nothing, "endpoint")] * 2


@pytest.mark.parametrize(
    ("endpoints", "met"),
    [([("*", "**")], True), ([("POST", "/v1/*")], True), ([("GET", "/v1/notices")], False)],
)
async def test_an_endpoint_that_is_not_allowed_is_noticed(
    network: Network,
    endpoints: list[tuple[str, str]],
    met: bool,  # noqa: FBT001
) -> None:
    network.simulator.state.services[2].endpoints = endpoints
    assert await network.unmet(STAR) == ([] if met else [("endpoint", None)])


async def test_an_openapi_document_without_the_path_is_noticed(network: Network) -> None:
    service = network.simulator.state.services[2]
    service.description = service.description.replace(b"/v1/notices", b"/v2/notices")
    assert await network.unmet(STAR) == [("described", None)]


async def test_a_network_out_of_order_says_nothing_of_the_partner(network: Network) -> None:
    async def down(*_: object, **__: object) -> Failure:
        return Failure(Origin.TRANSPORT, "timeout")

    network.metadata._server.get = network.metadata._server.send = down  # type: ignore[method-assign,assignment]
    with pytest.raises(MetadataRefused, match="timeout"):
        await network.unmet(POLIS)
