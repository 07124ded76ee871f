"""Messages as other implementations write them, over real HTTP: each trait is read, or refused in our words.

Messages of the corpora of X-Road and of other libraries have these traits; the words here are our own.
"""

from typing import Any

import pytest
from lxml import etree

from tests.exchange.routes import traits, traits_envelope, traits_parts
from tests.exchange.routes.conftest import SPACE, Post, canonical
from tests.exchange.routes.traits import READ, Make

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
