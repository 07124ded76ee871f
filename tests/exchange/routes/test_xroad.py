"""The door of the X-Road listener: to whoever did not come through it, the paths do not exist."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from services.exchange.routes.xroad import body_of
from services.kit.problem import TooLarge

PATHS = [
    "/xroad/soap",
    "/xroad/soap?wsdl",
    "/xroad/rest/marac/v1/referrals",
    "/xroad/rest/x",
    "/xroad/nothing",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("secret", [None, "", "wrong", "a-gateway-secret-of-tests2", "õ"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_the_secret_nothing_is_there(
    exchange: Any, path: str, secret: str | None, method: str
) -> None:
    headers = {} if secret is None else {"x-turvavork-gateway": secret.encode()}
    answer = await exchange.http.request(method, path, headers=headers)
    nowhere = await exchange.http.request(method, "/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert _plain(answer) == _plain(nowhere)
    assert await exchange.rows("select 1 from audit") == []


async def test_two_secrets_are_none(exchange: Any) -> None:
    headers = [("x-turvavork-gateway", "a-gateway-secret-of-tests")] * 2
    answer = await exchange.http.get("/xroad/soap?wsdl", headers=headers)
    assert answer.status_code == 404


def _plain(answer: httpx.Response) -> dict[str, Any]:
    body = dict(answer.json())
    body.pop("instance")
    return body


def _request(chunks: list[bytes]) -> Request:
    pending = list(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pending.pop(0), "more_body": bool(pending)}

    return Request({"type": "http", "headers": []}, receive)


async def test_a_body_is_read_to_its_end_before_it_is_refused() -> None:
    chunks = [b"x" * 1000] * 10
    assert len(await body_of(_request(chunks), 10_000)) == 10_000
    request = _request(chunks)
    with pytest.raises(TooLarge):
        await body_of(request, 9_999)


async def test_above_capacity_the_surplus_is_told_to_come_again(start: Any, golden: Any) -> None:
    async with start(intake_places=1, intake_queue=1, intake_patience=5) as busy:
        busy.cases.delay = 0.2
        body = golden("submitReferral.request.xml").decode()
        bodies = [
            body.replace("3e5d1f2a6b80", f"{n:012}").replace("001203", f"{n:06}").encode() for n in range(8)
        ]
        answers = await asyncio.gather(*(busy.soap(each) for each in bodies))
        shed = [answer for answer in answers if answer.status_code == 500]
        assert len(shed) == 6
        assert all("env:Server.overloaded" in answer.text for answer in shed)
        rest = await asyncio.gather(
            *(busy.rest("GET", "/referrals?messageId=1", message_id=str(n)) for n in range(40))
        )
        told = {answer.status_code for answer in rest}
        assert told <= {404, 503}
        assert all(answer.headers["retry-after"] == "1" for answer in rest if answer.status_code == 503)
        assert len(await busy.rows("select 1 from inbox")) == 2
