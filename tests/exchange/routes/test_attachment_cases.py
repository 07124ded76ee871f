"""Attachments that come in, by the numbered cases of `docs/xroad-cases.md`.

No contract of ours has an attachment: a referral that comes with some is read, and they are kept with it.
"""

import base64
import binascii
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from services.exchange.actions.gate import Gate
from services.exchange.model.offered import SUBMIT
from services.exchange.routes import soap
from services.exchange.store.sealing import Sealer
from services.exchange.wire import attachments, messages

MIB = 1024 * 1024
TYPE = 'multipart/related; type="text/xml"; start="<rootpart>"; boundary="MIME_boundary"'
MTOM = (
    'multipart/related; type="application/xop+xml"; start="<rootpart>"; start-info="text/xml"; '
    "boundary=MIME_boundary"
)
ROOT = (
    "Content-Type: text/xml; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    "Content-ID: <rootpart>\r\n\r\n"
)
XOP_ROOT = (
    'Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\nContent-ID: <rootpart>\r\n\r\n'
)
BLOB = bytes(range(256)) * 40
DATA = b"Content-Type: application/octet-stream\r\nContent-ID: <data.bin>\r\n"
PLACE = "Naabrid kutsusid politsei; kannatanul oli nähtav vigastus käel."


def packed(message: str, *parts: bytes, root: str = ROOT, end: bytes = b"\r\n--MIME_boundary--\r\n") -> bytes:
    line = b"\r\n--MIME_boundary\r\n"
    return line[2:] + line.join((root.encode() + message.encode(), *parts)) + end


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """A service that takes an attachment: what the reference in the description names."""
    found: list[bytes] = []

    async def take(_: Any, asked: Any) -> bytes:
        reference = asked.message.payload.findtext("referral/event/description")
        found.append(attachments.named(asked.message.attachments, reference).read(MIB))
        return messages.refusal("submitReferral", _Done())

    class _Done(soap.BusinessRefusal):
        slug = "done"
        titles = {"et": "", "ru": "", "en": ""}  # noqa: RUF012 - of a test

    monkeypatch.setitem(soap._OPERATIONS, SUBMIT, take)
    return found


ENCODINGS = {
    "none": (b"", BLOB),
    "binary": (b"Content-Transfer-Encoding: binary\r\n", BLOB),
    "8bit": (b"Content-Transfer-Encoding: 8bit\r\n", BLOB),
    "base64": (b"Content-Transfer-Encoding: base64\r\n", base64.encodebytes(BLOB)),
    "quoted-printable": (
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        binascii.b2a_qp(BLOB, istext=False),
    ),
}


@pytest.mark.parametrize(("head", "content"), ENCODINGS.values(), ids=ENCODINGS.keys())
async def test_a01_a_handler_gets_the_bytes_that_a_reference_names(
    provider: Any, handled: list[bytes], head: bytes, content: bytes
) -> None:
    sent = packed(provider.changed(PLACE, "cid:data.bin"), DATA + head + b"\r\n" + content)
    assert "done" in (await provider.call(sent, TYPE)).text
    assert handled == [BLOB]


async def test_a01_a_referral_with_attachments_is_read_and_kept_as_it_came(provider: Any) -> None:
    sent = packed(provider.request, DATA + b"\r\n" + BLOB, b"Content-Type: text/plain\r\n\r\nmuu")
    answer = await provider.call(sent, TYPE)
    provider.accepted(answer)
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert provider.taken()["persons"][0]["givenName"] == "Mari-Liis"
    (row,) = await provider.running.rows("select id, key_id, key_wrapped, message_sealed from inbox")
    transport, kept = provider.running.app.state.xroad.intake._sealer.message(*row.values())
    assert kept == sent
    assert b"MIME_boundary" in transport


async def test_a01_the_same_id_with_another_attachment_is_another_message(provider: Any) -> None:
    first = await provider.call(packed(provider.request, DATA + b"\r\nabc"), TYPE)
    coded = packed(provider.request, DATA + b"Content-Transfer-Encoding: base64\r\n\r\nYWJj")
    again = await provider.call(
        coded.replace(b"MIME_boundary", b"another"), "multipart/related;boundary=another"
    )
    assert provider.accepted(first).findtext("reference") == provider.accepted(again).findtext("reference")
    for other in (packed(provider.request, DATA + b"\r\nabd"), packed(provider.request)):
        assert provider.fault(await provider.call(other, TYPE)) == "Client.message_id_reused"
    assert len(await provider.running.rows("select 1 from incident")) == 2
    assert await provider.kept() == 1


@pytest.mark.parametrize("place", [PLACE, "Kesk 1-2, Põlva", "Soovib, et lapsed oleksid kaitstud."])
async def test_a02_an_include_is_replaced_at_any_depth(provider: Any, place: str) -> None:
    include = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:data.bin"/>'
    sent = packed(provider.changed(place, include), DATA + b"\r\nabcdef", root=XOP_ROOT)
    provider.accepted(await provider.call(sent, MTOM))
    taken = provider.taken()
    places = (taken["event"]["description"], taken["persons"][0]["address"], taken["victimWishes"])
    assert [each == "YWJjZGVm" for each in places].count(True) == 1
    assert place not in places


@pytest.mark.parametrize(
    ("content_id", "reference"),
    [
        (b"Content-ID: <a@b>", "cid:a@b"),
        (b"Content-ID: a@b", "cid:a@b"),
        (b"CONTENT-ID:<a@b>", "cid:a%40b"),
        (b"content-id:\r\n <a@b>", "cid:a@b"),
        (b"X-Long: a\r\n\tb\r\nContent-ID:\r\n\t<a b>", "cid:a%20b"),
    ],
)
async def test_a03_a_reference_is_matched_however_it_is_written(
    provider: Any, handled: list[bytes], content_id: bytes, reference: str
) -> None:
    sent = packed(provider.changed(PLACE, reference), content_id + b"\r\n\r\nabc")
    await provider.call(sent, TYPE)
    assert handled == [b"abc"]


INCLUDE = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:lost"/>'


@pytest.mark.parametrize("reference", ["cid:lost", INCLUDE, "cid:twice"])
async def test_a04_a_reference_to_what_is_not_there_is_a_fault(provider: Any, reference: str) -> None:
    message = provider.changed(PLACE, reference)
    twice = b"Content-ID: <twice>\r\n\r\n"
    for body, kind in (
        (packed(message, DATA + b"\r\nabc", twice, twice), TYPE),
        (packed(message), TYPE),
        (packed(message, root=XOP_ROOT), MTOM),
        (message, "text/xml"),
    ):
        assert provider.fault(await provider.call(body, kind)) == "Client.attachment_missing"
    assert await provider.kept() == 0


async def test_a05_one_part_alone_is_a_plain_message(provider: Any) -> None:
    first = provider.accepted(await provider.call(packed(provider.request), TYPE))
    again = provider.accepted(await provider.call(provider.request))
    assert first.findtext("reference") == again.findtext("reference")
    assert await provider.kept() == 1


@pytest.mark.parametrize(
    "root",
    [
        *("Content-ID: <rootpart>\r\n\r\n", "\r\n", "Content-Type: application/json\r\n\r\n"),
        *("Content-Type: application/soap+xml\r\n\r\n", "Content-Type: multipart/mixed; boundary=c\r\n\r\n"),
    ],
)
async def test_a06_a_first_part_that_is_not_soap_is_a_fault(provider: Any, root: str) -> None:
    second = ROOT.encode() + provider.request.encode()
    answer = await provider.call(packed(provider.request, second, root=root), TYPE)
    assert provider.fault(answer) == "Client.invalid_content_type"
    swapped = packed("abc", second, root="Content-Type: text/plain\r\n\r\n")
    assert provider.fault(await provider.call(swapped, TYPE)) == "Client.invalid_content_type"
    assert await provider.kept() == 0


@pytest.mark.parametrize(
    "kind",
    [TYPE, "multipart/related;boundary=MIME_boundary", "MULTIPART/Related; BOUNDARY=MIME_boundary; a=b"],
)
@pytest.mark.parametrize(
    "end", [b"\r\n--MIME_boundary--\r\n", b"\r\n--MIME_boundary--", b"\r\n--MIME_boundary\r\n", b""]
)
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
async def test_a07_senders_that_leave_things_out_are_understood(
    provider: Any, handled: list[bytes], kind: str, end: bytes, line_end: bytes
) -> None:
    sent = packed(provider.changed(PLACE, "cid:data.bin"), DATA + b"\r\nabc", end=end)
    await provider.call(sent.replace(b"\r\n", line_end), kind)
    assert handled == [b"abc"]


async def test_a08_parts_within_a_part_are_one_attachment(provider: Any, handled: list[bytes]) -> None:
    inner = b"--inner\r\nClient-Header: FooBar\r\n\r\none\r\n--inner\r\n\r\ntwo\r\n--inner--"
    nested = b'Content-Type: multipart/mixed; boundary="inner"\r\nContent-ID: <data.bin>\r\n\r\n' + inner
    sent = packed(provider.changed(PLACE, "cid:data.bin"), nested, b"Content-ID: <b>\r\n\r\nb")
    await provider.call(sent, TYPE)
    assert handled == [inner]


async def test_a11_a_message_that_is_too_large_is_refused_before_it_is_whole(provider: Any) -> None:
    sent = packed(provider.request, DATA + b"\r\n")
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield sent
        while taken < 100:
            taken += 1
            yield b"x" * MIB

    answer = await provider.call(endless(), TYPE)
    assert provider.fault(answer) == "Client.too_large"
    assert taken <= 22
    assert await provider.kept() == 0


async def test_a11_the_soap_part_has_a_limit_of_its_own(provider: Any) -> None:
    long = provider.changed(PLACE, "x" * MIB)
    assert provider.fault(await provider.call(packed(long), TYPE)) == "Client.too_large"
    many = packed(provider.request, *[b"\r\n"] * 100)
    assert provider.fault(await provider.call(many, TYPE)) == "Client.mime_parsing_failed"


async def test_a11_what_is_large_and_no_more_is_taken(provider: Any) -> None:
    blob = bytes(range(256)) * 4 * 1024 * 19
    sent = packed(provider.request, DATA + b"\r\n" + blob)
    provider.accepted(await provider.call(sent, TYPE))
    assert await provider.kept() == 1


async def test_a11_a_large_message_is_sealed_beside_the_others(
    provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the thread on which all others are answered; a small one is not worth a thread."""
    threads: list[int] = []
    seal = Sealer.seal

    def watched(*words: Any) -> Any:
        threads.append(threading.get_ident())
        return seal(*words)

    monkeypatch.setattr(Sealer, "seal", watched)
    for filling in (b"small", bytes(2 * MIB)):
        await provider.running.forget()
        provider.accepted(await provider.call(packed(provider.request, DATA + b"\r\n" + filling), TYPE))
    assert threads[0] == threading.get_ident()
    assert threads[1] != threading.get_ident()


async def test_a11_large_messages_wait_for_each_other(provider: Any) -> None:
    door = provider.running.app.state.xroad
    narrow = Gate(places=1, queue=0, patience=1)
    provider.running.app.state.xroad = replace(door, large=narrow)
    large = packed(provider.request, DATA + b"\r\n" + bytes(2 * MIB))
    async with narrow.place("ee-dev/GOV/70009770/star"):
        assert provider.fault(await provider.call(large, TYPE)) == "Server.overloaded"
        provider.accepted(await provider.call(packed(provider.request, DATA + b"\r\nsmall"), TYPE))
    await provider.running.forget()
    provider.accepted(await provider.call(large, TYPE))


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"", TYPE, "mime_parsing_failed"),
        (b"Mari-Liis", TYPE, "mime_parsing_failed"),
        (b"--MIME_boundary\r\nMari-Liis\r\n--MIME_boundary--", TYPE, "mime_parsing_failed"),
        (b"<a/>", "multipart/related", "invalid_content_type"),
        (b"--a\r\n\r\n--a--", "multipart/form-data; boundary=a", "invalid_content_type"),
    ],
)
async def test_a06_what_cannot_be_taken_apart_is_a_fault(
    provider: Any, body: bytes, kind: str, code: str
) -> None:
    assert provider.fault(await provider.call(body, kind)) == f"Client.{code}"


async def test_a01_an_attachment_that_cannot_be_decoded_is_a_fault(provider: Any) -> None:
    broken = DATA + b"Content-Transfer-Encoding: base64\r\n\r\nMari-Liis!"
    answer = await provider.call(packed(provider.request, broken), TYPE)
    assert provider.fault(answer) == "Client.mime_parsing_failed"
    assert await provider.kept() == 0
