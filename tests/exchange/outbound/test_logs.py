"""Checkpoints of other services: passed on as they were signed, or not at all."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.exchange.outbound.logs import RemoteLog
from services.kit import checkpoint, merkle
from services.kit.checkpoint import Checkpoint
from services.kit.client import ServiceClient
from services.kit.problem import UpstreamUnavailable

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HASH = "5e" * 32


def note(origin: str = "turvavork/cases/audit/0123456789ab") -> str:
    head = Checkpoint(origin, 1, merkle.leaf_hash(b""))
    return checkpoint.sign(head, PRIVATE).decode()


class Signer:
    def token(self, audience: str, subject: str, purpose: str) -> str:
        return f"{audience}.{subject}.{purpose}"


@asynccontextmanager
async def log(answer: Callable[[httpx.Request], Any]) -> AsyncIterator[RemoteLog]:
    client = ServiceClient(
        base_url="http://cases", audience="cases", signer=Signer(), transport=httpx.MockTransport(answer)
    )
    try:
        yield RemoteLog(client, "cases")
    finally:
        await client.aclose()


async def test_the_worker_asks_in_its_own_name_and_passes_on_what_was_signed() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        told = {"path": [HASH]} if "consistency" in request.url.path else {"note": note(), "size": 1}
        return httpx.Response(200, json=told)

    async with log(answer) as source:
        assert await source.note() == note()
        assert await source.consistency(3, 9) == [bytes.fromhex(HASH)]
    assert [request.url.raw_path.decode() for request in asked] == [
        "/api/cases/v1/log/audit/checkpoint",
        "/api/cases/v1/log/audit/consistency?old=3&new=9",
    ]
    for request in asked:
        assert request.headers["authorization"] == "Bearer cases.worker:witness.accountability"


async def test_a_log_without_a_checkpoint_has_none() -> None:
    async with log(lambda _: httpx.Response(404, json={})) as source:
        assert await source.note() is None
        with pytest.raises(UpstreamUnavailable):
            await source.consistency(1, 2)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, {}),
        (403, {}),
        (302, {}),
        (200, {}),
        (200, []),
        (200, {"note": 3}),
        (200, {"note": "x"}),
        (200, {"note": "x" * 5000}),
        (200, {"note": note("turvavork/indicators/audit/0123456789ab")}),
        (200, {"note": note("turvavork/cases/message-log/0123456789ab")}),
    ],
)
async def test_what_is_no_checkpoint_of_that_log_is_asked_again_later(status: int, told: Any) -> None:
    async with log(lambda _: httpx.Response(status, json=told)) as source:
        with pytest.raises(UpstreamUnavailable):
            await source.note()


@pytest.mark.parametrize("path", [None, [1], ["5E" * 32], ["5e" * 31], [HASH] * 129])
async def test_what_is_no_proof_is_asked_again_later(path: Any) -> None:
    async with log(lambda _: httpx.Response(200, json={"path": path})) as source:
        with pytest.raises(UpstreamUnavailable):
            await source.consistency(1, 2)
