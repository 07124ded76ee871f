"""However a message is written it means the same; whatever is broken in one, it is read or it is a Fault."""

import os
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.routes import rewriting, sockets
from tests.exchange.routes.conftest import Post
from tests.exchange.routes.traits import TEXT, Sent
from tests.exchange.routes.traits_parts import FILE, KIND, SOAP, cut

MORE = 50 if os.environ.get("TURVAVORK_SOAK") else 1


@settings(max_examples=40 * MORE, deadline=None)
@given(seed=st.integers(0, 2**32))
async def test_another_form_is_the_same_message(post: Post, meant: Any, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - the form of a message is no secret
    golden, reference = post.golden()
    sent = rewriting.rewritten(golden, random)
    answer = await post.write(rewriting.request(sent, random))
    post.provider.accepted(answer)
    assert post.taken(reference) == meant
    assert await post.kept(reference) == sent.body


@st.composite
def broken(draw: st.DrawFn, message: bytes) -> bytes:
    """The message without its end, without a piece, with one twice, or with other bytes in it."""
    start, stop = sorted(draw(st.tuples(*[st.integers(0, len(message))] * 2)))
    match draw(st.sampled_from(("end", "piece", "twice", "bytes", "letter"))):
        case "end":
            return message[:start]
        case "piece":
            return message[:start] + message[stop:]
        case "twice":
            return message[:stop] + message[start:]
        case "bytes":
            return message[:start] + draw(st.binary(max_size=8)) + message[start:]
        case _:
            letter = draw(
                st.sampled_from([b"<", b">", b"&", b'"', b"'", b"/", b":", b"=", b" ", b"\0", b"\xff"])
            )
            return message[:start] + letter + message[start + 1 :]


@settings(max_examples=120 * MORE, deadline=None)
@given(data=st.data(), parts=st.booleans())
async def test_a_broken_message_is_read_or_a_fault(post: Post, data: st.DataObject, parts: bool) -> None:  # noqa: FBT001
    """Never another status, never our fault, never silence."""
    whole = post.golden()[0].encode()
    if parts:
        whole = cut(f"{SOAP}\r\n\r\n".encode() + whole, FILE)
    sent = Sent(data.draw(broken(whole)), KIND if parts else TEXT)
    answer = await post.send(sent)
    if answer.status_code != 200:
        assert post.provider.fault(answer).startswith("Client.")


@settings(max_examples=30 * MORE, deadline=None)
@given(content_type=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
async def test_any_content_type_is_one_or_a_fault(post: Post, content_type: str) -> None:
    body = post.golden()[0].encode()
    for kind in (content_type, f"text/xml; {content_type}", f"multipart/related; {content_type}"):
        answer = await post.write(sockets.request(body, kind))
        if answer.status_code != 200:
            assert post.provider.fault(answer).startswith("Client.")
