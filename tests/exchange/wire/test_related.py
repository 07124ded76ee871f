import pytest

from services.exchange.wire import related

KIND = 'multipart/related; boundary="b"'


def contents(body: bytes, kind: str = KIND) -> list[bytes]:
    return [part.content() for part in related.parts(kind, body)]


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
@pytest.mark.parametrize("end", [b"--b--", b"--b--\r\n", b"--b--  \nepilogue --b"])
def test_parts_are_cut_at_their_borders(newline: bytes, end: bytes) -> None:
    lines = [
        b"preamble",
        b"--b",
        b"A: 1",
        b"",
        b"one",
        b"--bb",
        b"--b ",
        b"",
        b"two",
        b"",
        b"--b",
        b"A: 1",
        b"",
        end,
    ]
    assert contents(newline.join(lines)) == [newline.join([b"one", b"--bb"]), b"two" + newline, b""]


def test_the_closing_border_may_be_missing() -> None:
    assert contents(b"--b\n\none\n--b\nX: y\n\ntwo") == [b"one", b"two"]


def test_a_transfer_encoding_is_undone_and_the_bytes_stay() -> None:
    encoded = {b"base64": b"w7U=", b"QUOTED-PRINTABLE": b"=C3=B5"}
    body = b"\n".join(
        b"--b\nContent-Transfer-Encoding: " + name + b"\n\n" + text for name, text in encoded.items()
    )
    assert contents(body) == ["õ".encode(), "õ".encode()]
    assert related.parts(KIND, body)[0].raw == b"w7U="


def test_a_part_with_parts_is_one_part() -> None:
    inner = b"--c\n\nx\n--c--"
    body = b'--b\nContent-Type: multipart/mixed; boundary="c"\n\n' + inner + b"\n--b--"
    assert [part.raw for part in related.parts(KIND, body)] == [inner]


def test_only_so_many_parts_are_read() -> None:
    assert len(contents(b"--b\n\nx\n" * 100_000)) == related.MOST_PARTS


@pytest.mark.parametrize("body", [b"", b"x", b"--b", b"--b--", b"--c\n\nx\n--c--", b"--b\nA: b"])
def test_a_message_has_a_part(body: bytes) -> None:
    with pytest.raises(ValueError, match="part"):
        related.parts(KIND, body)


def test_a_message_has_a_boundary() -> None:
    with pytest.raises(ValueError, match="boundary"):
        related.parts("multipart/related", b"--b\n\nx")
