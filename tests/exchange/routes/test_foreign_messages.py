"""Messages as other implementations write them, over real HTTP: each trait is read, or refused in our words.

Messages of the corpora of X-Road and of other libraries have these traits; the words here are our own.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from lxml import etree

from tests.exchange.routes import sockets, traits, traits_envelope, traits_parts
from tests.exchange.routes.conftest import SPACE, Provider, canonical
from tests.exchange.routes.traits import READ, Make, Sent

TRAITS: dict[str, tuple[Make, str]] = {
    f"{kind}: {name}": trait
    for kind, known in (
        ("charset", traits.CHARSETS),
        ("bytes", traits.BYTES),
        ("transport", traits.TRANSPORT),
        ("header", traits_envelope.FIELDS),
        ("envelope", traits_envelope.SHAPES),
        ("parts", traits_parts.PARTS),
    )
    for name, trait in known.items()
}


@dataclass
class Post:
    """The service behind its socket; each message has an id and a reference of its own."""

    provider: Provider
    port: int
    connection: Any

    def golden(self) -> tuple[str, str]:
        """The golden request under another id and reference, and the reference."""
        reference = f"PV-{uuid4().hex[:12]}"
        message = self.provider.changed("4c2b8a1e-0d6f-4f0a-9b7c-3e5d1f2a6b80", str(uuid4()))
        return message.replace("PV-2017-001203", reference), reference

    async def send(self, sent: Sent) -> sockets.Answer:
        """The answer to one request."""
        request = sockets.request(sent.body, sent.content_type, *sent.fields)
        (answer,) = await sockets.sent(self.port, request)
        return answer

    def taken(self, reference: str) -> Any:
        """What the case register was given under this reference, but for the words about its sender."""
        (found,) = [
            one for one in self.provider.running.cases.taken.values() if reference in str(one["sender"])
        ]
        return dashed({name: value for name, value in found.items() if name != "sender"})

    async def kept(self, reference: str) -> bytes | None:
        """The bytes that are in the inbox under this reference; None when there is nothing."""
        row = await self.connection.fetchrow(
            "select id, key_id, key_wrapped, message_sealed from inbox where sender_reference = $1", reference
        )
        sealer = self.provider.running.app.state.xroad.intake._sealer
        return None if row is None else sealer.message(*row.values())[1]


@pytest.fixture(scope="module")
async def post(_shared: Any, golden: Any) -> AsyncIterator[Post]:
    provider = Provider(_shared, golden("submitReferral.request.xml").decode())
    await _shared.forget()
    connection = await asyncpg.connect(_shared.admin_url)
    async with sockets.listening(_shared.app) as port:
        yield Post(provider, port, connection)
    await connection.close()


@pytest.fixture(scope="module")
async def meant(post: Post) -> Any:
    """What the golden request means."""
    golden, reference = post.golden()
    post.provider.accepted(await post.send(Sent(golden.encode())))
    return post.taken(reference)


def dashed(told: Any) -> Any:
    """What was told, without the one letter that some character sets lack."""
    match told:
        case dict():
            return {name: dashed(value) for name, value in told.items()}
        case list():
            return [dashed(value) for value in told]
        case str():
            return told.replace("–", "-")
    return told


def fields(message: bytes) -> list[bytes]:
    """The header fields that an answer must repeat: all of them, word for word and in their order."""
    header = etree.fromstring(message).find("e:Header", SPACE)
    assert header is not None
    return [canonical(field) for field in header if not str(field.tag).endswith("requestHash")]


@pytest.mark.parametrize("name", TRAITS)
async def test_a_foreign_message_is_read_or_refused(post: Post, meant: Any, name: str) -> None:
    make, outcome = TRAITS[name]
    golden, reference = post.golden()
    sent = make(golden)
    answer = await post.send(sent)
    if outcome == READ:
        post.provider.accepted(answer)
        assert post.taken(reference) == meant
        assert await post.kept(reference) == sent.body
        if name.startswith("header"):
            assert post.provider.echoed(answer) == fields(sent.body)
    else:
        assert post.provider.fault(answer) == f"Client.{outcome}"
        assert await post.kept(reference) is None


@pytest.mark.parametrize("name", traits_parts.REFERRING)
async def test_a_reference_is_put_in_or_left(post: Post, name: str) -> None:
    make, told = traits_parts.REFERRING[name]
    golden, reference = post.golden()
    post.provider.accepted(await post.send(make(golden)))
    assert post.taken(reference)["event"]["description"] == told


def test_there_are_enough_traits() -> None:
    """A corpus that shrinks would be noticed by nobody."""
    assert len(TRAITS) + len(traits_parts.REFERRING) >= 240
