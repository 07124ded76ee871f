"""Messages in parts: what is cut where, what is decoded how, what is refused."""

import base64
import binascii
import contextlib
import quopri
import random
import re
import tarfile
import time
from pathlib import Path
from tempfile import SpooledTemporaryFile

import pytest
import yaml

from services.exchange.model.problems import InvalidContentType, MimeParsingFailed
from services.exchange.wire import mime
from services.kit.problem import Problem, TooLarge

TYPE = "multipart/related; boundary=b"
LIMITS = mime.Limits()
CORPUS = Path(__file__).resolve().parents[4] / "shared" / "data" / "corpora" / "multipart-http.tgz"


def contents(buffer: bytes, content_type: str = TYPE) -> list[bytes]:
    return [part.read(1_000_000) for part in mime.parts(buffer, content_type, LIMITS)]


FORMS: dict[str, tuple[bytes, str, list[bytes]]] = {
    "plain": (b"--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", TYPE, [b"one", b"two"]),
    "preamble and epilogue": (b"x --b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\nno", TYPE, [b"one"]),
    "byte order mark before all": (b"\xef\xbb\xbf--b\n\none\n--b--\n", TYPE, [b"one"]),
    "line feeds": (b"\n--b\n\none\n\n--b\n\ntwo\n--b--\n", TYPE, [b"one\n", b"two"]),
    "line feeds, and a CR that is content": (b"--b\n\none\r\n--b--\n", TYPE, [b"one\r"]),
    "header of line feeds": (b"--b\r\nA: b\n\none\r\n--b--\r\n", TYPE, [b"one"]),
    "no end": (b"--b\r\n\r\none\r\n--b\r\n\r\ntwo", TYPE, [b"one", b"two"]),
    "no dashes at the end": (b"--b\r\n\r\none\r\n--b\r\n", TYPE, [b"one"]),
    "no dashes, no line end": (b"--b\r\n\r\none\r\n--b", TYPE, [b"one"]),
    "padded boundary": (b"--b \t\r\n\r\none\r\n--b-- \t", TYPE, [b"one"]),
    "longer lines": (b"--b\r\n\r\n--bb\r\n--b-\r\n ---b\r\n--b--\r\n", TYPE, [b"--bb\r\n--b-\r\n ---b"]),
    "boundary at the end of a line": (b"--b\r\n\r\nx--b\r\n--b--", TYPE, [b"x--b"]),
    "no content": (b"--b\r\nA: b\r\n\r\n--b\r\n\r\n\r\n--b--", TYPE, [b"", b""]),
    "quoted": (b"--=_x y:1\r\n\r\none\r\n--=_x y:1--", 'Multipart/Related; Boundary="=_x y:1"', [b"one"]),
    "unquoted": (b"----=_P_0\n\none\n----=_P_0--", "multipart/related;boundary=--=_P_0", [b"one"]),
    "as in a pattern": (b"--.*\r\n\r\n--xx\r\n--.*--", 'multipart/related; boundary=".*"', [b"--xx"]),
}  # fmt: skip


@pytest.mark.parametrize(("buffer", "content_type", "expected"), FORMS.values(), ids=FORMS.keys())
def test_parts_lie_between_the_boundaries(buffer: bytes, content_type: str, expected: list[bytes]) -> None:
    assert contents(buffer, content_type) == expected


@pytest.mark.parametrize(
    "boundary",
    [
        "uuid:0ca0e16e-feb1-426c-97d8-c4508ada5e82+id=1",
        "MIMEBoundaryurn_uuid_E3F7CE4554928DDAC91283",
        "----=_Part_0_1330370713.1287150524",
        "jetty771207119h3h10dty",
        "==x/Jd3Rd8vT2uwzMvLj5sN7rB==",
        "(a)'b, ?c",
    ],
)
def test_boundaries_of_usual_programs_are_read(boundary: str) -> None:
    whole = f"--{boundary}\r\n\r\none\r\n--{boundary}--\r\n".encode()
    kind = f'Multipart/Related; charset=UTF-8; type="text/xml"; boundary="{boundary}"; start-info="text/xml"'
    assert contents(whole, kind) == [b"one"]
    if not set(boundary) & set("(),? "):
        assert contents(whole, f"multipart/related;boundary={boundary};type=text/xml") == [b"one"]


def test_a_part_keeps_its_header() -> None:
    head = (
        b"CONTENT-type: text/plain;\r\n\tcharset=utf-8\r\nContent-ID:\r\n <a@b>\r\nClient-Header: FooBar\r\n"
    )
    (part,) = mime.parts(b"--b\r\n" + head + b"\r\nx\r\n--b--", TYPE, LIMITS)
    assert part.content_type == "text/plain;\tcharset=utf-8"
    assert part.content_id == "a@b"
    assert part.headers["client-header"] == "FooBar"


BLOB = random.Random(1).randbytes(200_000)  # noqa: S311 - no secret
ENCODED = {
    "none": (b"", BLOB),
    "binary": (b"Content-Transfer-Encoding: BINARY \r\n", BLOB),
    "8bit": (b"Content-Transfer-Encoding: 8bit\r\n", BLOB),
    "base64 in lines": (b"Content-Transfer-Encoding:\tbase64\t\r\n", base64.encodebytes(BLOB)),
    "base64 in one line": (b"content-transfer-encoding: Base64\r\n", base64.b64encode(BLOB)),
    "quoted-printable": (
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        binascii.b2a_qp(BLOB, istext=False),
    ),
}


@pytest.mark.parametrize(("head", "content"), ENCODED.values(), ids=ENCODED.keys())
def test_content_is_decoded_as_its_header_says(head: bytes, content: bytes) -> None:
    (part,) = mime.parts(b"--b\r\n" + head + b"\r\n" + content + b"\r\n--b--", TYPE, LIMITS)
    assert part.read(len(BLOB)) == BLOB
    assert len(list(part.chunks())) > 1
    with pytest.raises(TooLarge):
        part.read(len(BLOB) - 1)


WRONG: dict[str, tuple[bytes, str, type[Problem]]] = {
    "no boundary": (b"--b\r\n\r\n\r\n--b--", "multipart/related", InvalidContentType),
    "empty boundary": (b"--\r\n\r\n\r\n----", 'multipart/related; boundary=""', InvalidContentType),
    "long boundary": (b"", f"multipart/related; boundary={'b' * 71}", InvalidContentType),
    "boundary beyond ascii": (b"", "multipart/related; boundary=õ", InvalidContentType),
    "nothing": (b"", TYPE, MimeParsingFailed),
    "another boundary": (b"--c\r\n\r\n\r\n--c--", TYPE, MimeParsingFailed),
    "nothing but an end": (b"--b--\r\n", TYPE, MimeParsingFailed),
    "no header": (b"--b\r\none\r\n--b--", TYPE, MimeParsingFailed),
    "two boundaries together": (b"--b\r\n--b--", TYPE, MimeParsingFailed),
    "header without name": (b"--b\r\n: a\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "header without colon": (b"--b\r\nMari\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "header with a lone CR": (b"--b\r\nA: a\rb\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "header with NUL": (b"--b\r\nA: a\0\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "two types": (b"--b\r\nContent-Type: a/b\r\ncontent-type: a/b\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "two ids": (b"--b\r\nContent-ID: a\r\nContent-ID: a\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "long header": (b"--b\r\nA: " + b"a" * 20_000 + b"\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "unknown encoding": (b"--b\r\nContent-Transfer-Encoding: uuencode\r\n\r\n--b--", TYPE, MimeParsingFailed),
    "many parts": (b"--b\r\n\r\n\r\n" * 101 + b"--b--", TYPE, MimeParsingFailed),
    "many parts without end": (b"--b\r\n\r\n\r\n" * 100_000, TYPE, MimeParsingFailed),
}


@pytest.mark.parametrize(("buffer", "content_type", "problem"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_taken_apart_is_refused(
    buffer: bytes, content_type: str, problem: type[Problem]
) -> None:
    with pytest.raises(problem) as caught:
        mime.parts(buffer, content_type, LIMITS)
    assert "Mari" not in str(caught.value.detail)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "content", [b"abc", b"abc=d", b"ab=c", b"YWJj\r\nYW=", b"YQ==YQ==", b"YWJ-", "õ".encode()]
)
def test_what_is_no_base64_is_refused(content: bytes) -> None:
    head = b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    (part,) = mime.parts(head + content + b"\r\n--b--", TYPE, LIMITS)
    with pytest.raises(MimeParsingFailed):
        part.read(100)


@pytest.mark.parametrize("content", [b"a=", b"a=\r\nb", b"=C3=b5 = \r\n"])
def test_soft_line_ends_are_quoted_printable(content: bytes) -> None:
    head = b"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    (part,) = mime.parts(head + content + b"\r\n--b--", TYPE, LIMITS)
    assert part.read(100) == quopri.decodestring(content)


@pytest.mark.parametrize("content", [b"=G0", b"=A", b"a=b\r\n"])
def test_what_is_no_quoted_printable_is_refused(content: bytes) -> None:
    head = b"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    (part,) = mime.parts(head + content + b"\r\n--b--", TYPE, LIMITS)
    with pytest.raises(MimeParsingFailed):
        part.read(100)


@pytest.mark.parametrize(
    "hostile",
    [
        b"--b" * 1_000_000,
        b"\n--b " * 500_000,
        b"--b\r\n\r\n" + b"\r\n--bx" * 500_000,
        b"--b" + b" " * 4_000_000,
    ],
    ids=["boundaries", "spaces", "near misses", "padding"],
)
def test_hostile_bytes_cost_no_more_than_their_length(hostile: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(MimeParsingFailed):
        mime.parts(hostile, TYPE, LIMITS)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("size", [1000, 300_000])
def test_a_large_message_is_read_where_it_lies(size: int) -> None:
    content = random.Random(2).randbytes(size)  # noqa: S311 - no secret
    whole = b"--b\r\n\r\n" + content + b"\r\n--b--\r\n"
    with SpooledTemporaryFile(max_size=mime.IN_MEMORY) as file:
        file.write(whole)
        with mime.opened(file, len(whole)) as buffer:
            assert isinstance(buffer, bytes) == (size < mime.IN_MEMORY)
            (part,) = mime.parts(buffer, TYPE, LIMITS)
            assert part.read(size) == content
            assert buffer[:] == whole


def test_only_related_parts_are_a_message_of_ours() -> None:
    assert mime.is_related("Multipart/Related; boundary=b")
    for other in (
        "multipart/mixed; boundary=b",
        "multipart/form-data; boundary=b",
        "text/xml",
        "",
        "multipart/",
    ):
        assert not mime.is_related(other)


def test_messages_of_another_project_are_cut_as_it_says() -> None:
    """Test data of a parser for forms: what it takes apart, we take apart alike."""
    if not CORPUS.exists():
        pytest.skip("the messages of multipart-http did not run: the corpora are not beside this clone")
    with tarfile.open(CORPUS) as archive:
        files = {Path(each.name).name: archive.extractfile(each).read() for each in archive if each.isfile()}
    judged = 0
    for name, told in files.items():
        if not name.endswith(".yaml"):
            continue
        case = yaml.safe_load(told)
        if not isinstance(case["expected"], list) or not case["expected"]:
            continue
        message = files[name.replace(".yaml", ".http")]
        found = mime.parts(message, _type_of(message), LIMITS)
        assert [part.read(1_000_000) for part in found] == [each["data"] for each in case["expected"]], name
        judged += 1
    assert judged > 10
    for name in (
        "bad_end_of_headers",
        "CR_in_header",
        "CR_in_header_value",
        "empty_header",
    ):
        with pytest.raises(MimeParsingFailed):
            mime.parts(files[f"{name}.http"], _type_of(files[f"{name}.http"]), LIMITS)


def _type_of(message: bytes) -> str:
    """By the first boundary: some of the messages were written for another one than they name."""
    first = re.search(rb"^--(\S+)", message, re.MULTILINE)
    assert first
    return f'multipart/related; boundary="{first[1].decode()}"'
