"""What the case register says, in our words; and what it says that we do not understand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.model.inbox import Declined, HandedOver, Sender, Status, Taken, Unavailable
from services.exchange.outbound.breaker import Breaker
from services.exchange.outbound.cases import MOST_BYTES, Cases, Handing, groups
from services.kit.calendar import parse_instant
from services.kit.client import ServiceClient
from services.kit.policy import Caller
from services.kit.problem import FieldError

CALLER = Caller.system("ee-dev/GOV/70008747/polis", "exchange")
REFERENCE = "TV-0000-0000-0000-0000-0"
SENDER = Sender("ee-dev/GOV/70008747/polis", "PV-1", 1)
PROBLEM = {"content-type": "application/problem+json"}


class Signer:
    def token(self, audience: str, subject: str, purpose: str) -> str:
        return f"{audience}.{subject}.{purpose}"


@asynccontextmanager
async def register(
    answer: Callable[[httpx.Request], Any], breaker: Breaker | None = None
) -> AsyncIterator[Cases]:
    client = ServiceClient(
        base_url="http://cases", audience="cases", signer=Signer(), transport=httpx.MockTransport(answer)
    )
    try:
        yield Cases(client, breaker or Breaker())
    finally:
        await client.aclose()


async def take(answer: Callable[[httpx.Request], Any], budget: float = 1.0) -> Any:
    async with register(answer) as cases:
        return await cases.take(CALLER, Handing(REFERENCE, SENDER, b'{"region":"polva"}'), budget=budget)


async def test_a_referral_is_put_under_our_reference_with_its_sender() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(
            201, json={"reference": REFERENCE, "status": "AWAITING_SCREENING", "band": "high"}
        )

    assert await take(answer) == Taken(REFERENCE, Status.AWAITING_SCREENING)
    (request,) = asked
    assert (request.method, request.url.path) == ("PUT", f"/api/cases/v1/intake/{REFERENCE}")
    assert json.loads(request.content) == {"region": "polva", "sender": asdict(SENDER)}
    assert request.headers["x-purpose"] == "intake"
    assert request.headers["authorization"] == "Bearer cases.ee-dev/GOV/70008747/polis.intake"


async def test_an_earlier_reference_is_taken_over() -> None:
    earlier = "TV-1111-1111-1111-1111-1"
    answer = await take(
        lambda _: httpx.Response(200, json={"reference": earlier, "status": "ACCEPTED", "band": None})
    )
    assert answer == Taken(earlier, Status.ACCEPTED)


@pytest.mark.parametrize(("status", "slug"), [(409, "referral-version-exists"), (422, "referral-invalid")])
async def test_a_refusal_comes_with_its_places(status: int, slug: str) -> None:
    body = {
        "type": f"urn:turvavork:problem:{slug}",
        "errors": [{"pointer": "/region", "code": "not-at-work", "reason": "r"}],
    }
    answer = await take(lambda _: httpx.Response(status, json=body, headers=PROBLEM))
    assert answer == Declined(slug, [FieldError("/region", "not-at-work", "r")])


NOT_UNDERSTOOD: dict[str, httpx.Response] = {
    "another conflict": httpx.Response(409, json={"type": "urn:turvavork:problem:conflict"}, headers=PROBLEM),
    "our message is malformed": httpx.Response(
        422, json={"type": "urn:turvavork:problem:malformed"}, headers=PROBLEM
    ),
    "forbidden": httpx.Response(403, json={"type": "urn:turvavork:problem:forbidden"}, headers=PROBLEM),
    "no json": httpx.Response(200, text="<html>"),
    "a list": httpx.Response(200, json=[]),
    "no status": httpx.Response(200, json={"reference": REFERENCE}),
    "another status": httpx.Response(200, json={"reference": REFERENCE, "status": "EATEN"}),
    "a crash": httpx.Response(500),
    "a redirect": httpx.Response(302, headers={"location": "/"}),
}


@pytest.mark.parametrize("response", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
async def test_what_is_not_understood_is_neither_taken_nor_refused(response: httpx.Response) -> None:
    assert await take(lambda _: response) == Unavailable("case-register-wrong")


async def test_a_register_that_hangs_is_not_waited_for() -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(10)
        return httpx.Response(200)

    async with asyncio.timeout(2):
        assert await take(hang, budget=0.05) == Unavailable("upstream-unavailable")


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_register_that_is_away_is_unavailable(status: int) -> None:
    assert await take(lambda _: httpx.Response(status)) == Unavailable("upstream-unavailable")


async def test_after_failures_in_a_row_it_is_not_asked_for_a_moment() -> None:
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        raise httpx.ConnectError("refused")

    async with register(answer, Breaker(failures=2, clock=lambda: 0.0)) as cases:
        told = [await cases.take(CALLER, Handing(REFERENCE, SENDER, b"{}"), budget=1) for _ in range(4)]
    assert [each.code for each in told if isinstance(each, Unavailable)] == [
        *["upstream-unavailable"] * 2,
        *["not-asked"] * 2,
    ]
    assert asked == 2


async def test_a_status_comes_with_its_time() -> None:
    body = {"reference": REFERENCE, "status": "ACCEPTED", "changedAt": "2017-03-02T10:00:00Z"}
    async with register(lambda _: httpx.Response(200, json=body)) as cases:
        told = await cases.status(CALLER, REFERENCE, budget=1)
    assert told == HandedOver(Status.ACCEPTED, parse_instant("2017-03-02T10:00:00Z"))


@pytest.mark.parametrize(
    "response", [httpx.Response(404, json={}), httpx.Response(500), httpx.Response(200, json={})]
)
async def test_no_status_is_no_status(response: httpx.Response) -> None:
    async with register(lambda _: response) as cases:
        assert await cases.status(CALLER, REFERENCE, budget=1) is None


def several(number: int) -> list[Handing]:
    return [
        Handing(f"TV-{n}", Sender("ee-dev/GOV/1/a", f"PV-{n}", 1), b'{"region":"polva"}')
        for n in range(number)
    ]


def taken(reference: str) -> dict[str, Any]:
    return {"reference": reference, "status": "AWAITING_SCREENING", "band": None}


class Whole:
    """Answers a call for several with ``whole``, and takes each that comes by itself, but for ``poison``."""

    def __init__(self, whole: httpx.Response | None = None, poison: str = "") -> None:
        self.whole, self.poison = whole, poison
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.method)
        if request.method == "POST":
            if self.whole is not None:
                return self.whole
            items = json.loads(request.content)["items"]
            return httpx.Response(200, json={"items": [self._outcome(one["reference"]) for one in items]})
        reference = request.url.path.rpartition("/")[2]
        return httpx.Response(500) if reference == self.poison else httpx.Response(201, json=taken(reference))

    def _outcome(self, reference: str) -> dict[str, Any]:
        if reference != self.poison:
            return {"taken": taken(reference)}
        errors = [{"pointer": "/region", "code": "unknown", "reason": "r"}]
        return {
            "refused": {"type": "urn:turvavork:problem:referral-invalid", "status": 422, "errors": errors}
        }


async def take_all(register_of: Whole, number: int = 3) -> Any:
    async with register(register_of) as cases:
        return await cases.take_all(CALLER, several(number), budget=1)


async def test_several_go_in_one_call_and_each_has_its_answer() -> None:
    asked = Whole(poison="TV-1")
    refused = Declined("referral-invalid", [FieldError("/region", "unknown", "r")])
    first, second, third = await take_all(asked)
    assert (first, second, third) == (
        Taken("TV-0", Status.AWAITING_SCREENING),
        refused,
        Taken("TV-2", Status.AWAITING_SCREENING),
    )
    assert asked.asked == ["POST"]


@pytest.mark.parametrize(
    "whole",
    [
        httpx.Response(500),
        httpx.Response(422, json={"type": "urn:turvavork:problem:malformed"}, headers=PROBLEM),
        httpx.Response(200, json={"items": [{"taken": taken("TV-0")}]}),
        httpx.Response(200, json={"items": [{}, {}, {}]}),
        httpx.Response(200, text="<html>"),
    ],
)
async def test_what_is_refused_as_a_whole_is_handed_over_one_by_one(whole: httpx.Response) -> None:
    asked = Whole(whole, poison="TV-1")
    assert [type(one) for one in await take_all(asked)] == [Taken, Unavailable, Taken]
    assert asked.asked == ["POST", "PUT", "PUT", "PUT"]


async def test_a_register_that_is_away_is_asked_once_for_all() -> None:
    asked = Whole(httpx.Response(503))
    assert await take_all(asked) == [Unavailable("upstream-unavailable")] * 3
    assert asked.asked == ["POST"]


async def test_one_goes_as_one() -> None:
    asked = Whole()
    assert await take_all(asked, 1) == [Taken("TV-0", Status.AWAITING_SCREENING)]
    assert asked.asked == ["PUT"]


async def test_in_a_call_each_has_the_request_of_its_sender() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500) if request.method == "POST" else httpx.Response(201, json=taken("TV-0"))

    requests = [str(UUID(int=n)) for n in range(2)]
    waiting = [replace(each, request_id=one) for each, one in zip(several(2), requests, strict=True)]
    async with register(answer) as cases:
        await cases.take_all(CALLER, waiting, budget=1)
    together, *alone = asked
    assert [each["requestId"] for each in json.loads(together.content)["items"]] == requests
    assert together.headers["x-request-id"] not in requests
    assert [each.headers["x-request-id"] for each in alone] == requests


@given(st.lists(st.integers(0, 2 * MOST_BYTES), max_size=40))
def test_a_group_is_a_body_that_the_register_takes(sizes: list[int]) -> None:
    waiting = [Handing(f"TV-{n}", Sender("a", "b", 1), bytes(size)) for n, size in enumerate(sizes)]
    made = list(groups(waiting))
    assert [one for group in made for one in group] == waiting
    for group in made:
        assert len(group) == 1 or sum(len(one.referral) for one in group) <= MOST_BYTES
