"""Appointments asked of another service, and remembered for seconds."""

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from services.kit import keys
from services.kit.access import RemoteAppointments
from services.kit.client import ServiceClient
from services.kit.clock import FixedClock
from services.kit.policy import Appointment
from services.kit.problem import Unauthenticated, UpstreamUnavailable, UpstreamWrong
from services.kit.tokens import Identity, ServiceSigner, TokenVerifier
from services.kit.tokens.signing import Session

CLOCK = FixedClock(datetime(2017, 7, 1, 12, tzinfo=UTC))
PERSON = "EE48012310016"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys")
    keys.ensure(path)
    return path


class Keeper:
    """The service that keeps appointments."""

    def __init__(self) -> None:
        self.status, self.body = 200, b'{"items": []}'
        self.asked: list[httpx.Request] = []
        self.reached = asyncio.Event()
        self.wait: asyncio.Event | None = None
        self.now = 100.0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.reached.set()
        if self.wait is not None:
            await self.wait.wait()
        return httpx.Response(
            self.status, content=self.body, headers={"content-type": "application/json"}, request=request
        )


@pytest.fixture
def keeper() -> Keeper:
    found = Keeper()
    found.body = (
        b'{"items": [{"role": "agency-member", "region": "polva", "agency": "police",'
        b' "validFrom": "2017-01-01", "validTo": null},'
        b' {"role": "auditor", "region": null, "agency": null,'
        b' "validFrom": "2017-01-01", "validTo": "2018-01-01"}]}'
    )
    return found


@pytest.fixture
async def remote(keeper: Keeper, folder: Path) -> AsyncIterator[RemoteAppointments]:
    client = ServiceClient(
        base_url="http://cases.test",
        audience="cases",
        signer=ServiceSigner("indicators", keys.load_signing(folder, "indicators"), CLOCK),
        transport=httpx.MockTransport(keeper.answer),
    )
    yield RemoteAppointments(
        client, service="indicators", path="/appointments", purpose="operations", monotonic=lambda: keeper.now
    )
    await client.aclose()


MEMBER = Identity(PERSON, "member")


async def test_appointments_are_what_the_other_service_says(
    keeper: Keeper, remote: RemoteAppointments, folder: Path
) -> None:
    assert await remote.of(MEMBER) == (
        Appointment("agency-member", {"region": "polva", "agency": "police"}),
        Appointment("auditor"),
    )
    (request,) = keeper.asked
    assert (request.url.path, request.url.params["subject"]) == ("/appointments", PERSON)
    assert request.headers["x-purpose"] == "operations"
    verifier = TokenVerifier.from_keys("cases", folder, CLOCK, development=False)
    token = request.headers["authorization"].removeprefix("Bearer ")
    assert await verifier.verify(token) == Identity(
        "service:indicators", "service", "indicators", "operations"
    )


async def test_an_answer_is_remembered_for_five_seconds_and_no_longer(
    keeper: Keeper, remote: RemoteAppointments
) -> None:
    await remote.of(MEMBER)
    keeper.body = b'{"items": []}'
    keeper.now = 104.99
    assert len(await remote.of(MEMBER)) == 2
    keeper.now = 105.0
    assert await remote.of(MEMBER) == ()
    assert len(keeper.asked) == 2


async def test_age_counts_from_the_question(keeper: Keeper, remote: RemoteAppointments) -> None:
    keeper.wait = asyncio.Event()
    asking = asyncio.create_task(remote.of(MEMBER))
    await keeper.reached.wait()
    keeper.now = 104.0
    keeper.wait.set()
    await asking
    keeper.now = 105.0
    await remote.of(MEMBER)
    assert len(keeper.asked) == 2


async def test_many_at_once_ask_once_and_one_that_leaves_spoils_nothing(
    keeper: Keeper, remote: RemoteAppointments
) -> None:
    keeper.wait = asyncio.Event()
    asking = [asyncio.create_task(remote.of(MEMBER)) for _ in range(5)]
    await keeper.reached.wait()
    asking[0].cancel()
    keeper.wait.set()
    assert [len(found) for found in await asyncio.gather(*asking[1:])] == [2] * 4
    assert len(keeper.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"{}"),
        (200, b"[]"),
        (200, b'{"items": [{"region": null}]}'),
        (200, b'{"items": [{"role": "coordinator", "region": "a,b"}]}'),
        (200, b'{"items": [{"role": "coordinator", "region": 7}]}'),
        (200, b'{"items": [{"role": null}]}'),
        (200, b"not json"),
        (403, b'{"items": []}'),
        (404, b"{}"),
        (500, b"{}"),
        (503, b"{}"),
    ],
)
async def test_any_other_answer_shuts_the_door(
    keeper: Keeper, remote: RemoteAppointments, status: int, body: bytes
) -> None:
    keeper.status, keeper.body = status, body
    with pytest.raises((UpstreamUnavailable, UpstreamWrong)):
        await remote.of(MEMBER)


async def test_a_failure_is_not_remembered_nor_does_the_past_help(
    keeper: Keeper, remote: RemoteAppointments
) -> None:
    await remote.of(MEMBER)
    keeper.now, keeper.status = 106.0, 503
    with pytest.raises(UpstreamUnavailable):
        await remote.of(MEMBER)
    keeper.status = 200
    assert len(await remote.of(MEMBER)) == 2


async def test_a_failure_that_nobody_waits_for_any_more_is_no_noise(
    keeper: Keeper, remote: RemoteAppointments
) -> None:
    noise: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: noise.append(context))
    keeper.wait, keeper.status = asyncio.Event(), 503
    asking = asyncio.create_task(remote.of(MEMBER))
    await keeper.reached.wait()
    asking.cancel()
    keeper.wait.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    while remote._asking:  # noqa: ASYNC110 - the question goes on by itself
        await asyncio.sleep(0)
    gc.collect()
    loop.set_exception_handler(None)
    assert noise == []
    keeper.status = 200
    assert len(await remote.of(MEMBER)) == 2


async def test_a_session_that_has_ended_opens_nothing(keeper: Keeper, remote: RemoteAppointments) -> None:
    ended, other = (
        Identity(PERSON, "member", session=Session(UUID(int=number), CLOCK.now())) for number in (1, 2)
    )
    assert await remote.of(ended)
    keeper.body = b'{"items": [], "sessionEnded": true}'
    assert await remote.of(ended)  # remembered
    keeper.now = 105.0
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await remote.of(ended)
    asked = [request.url.params["session"] for request in keeper.asked]
    assert asked == [str(UUID(int=1))] * 2
    keeper.body = b'{"items": []}'
    assert await remote.of(other) == ()
