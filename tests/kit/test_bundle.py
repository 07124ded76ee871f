import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import audit, bundle
from services.kit.bundle import Entry, InvalidBundleError, Record

SALT = b"s" * 32
RECORD = Record(SALT, b'{"action":"read"}')
ENTRY = Entry(7, audit.leaf(*RECORD), RECORD)
LINE = bundle.entry_line(ENTRY)
NOTE = "turvavork/cases/audit/0123456789ab\n0\n…\n\n— x y\n".encode()

entries = st.builds(
    Entry,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.none() | st.builds(Record, st.binary(min_size=32, max_size=32), st.binary(max_size=99)),
)


def test_the_lines_are_as_they_are_described() -> None:
    assert bundle.header_line("o") == b'{"format":"turvavork-log/1","origin":"o"}\n'
    leaf, salt, canonical = (base64.b64encode(one) for one in (ENTRY.leaf, *RECORD))
    expected = b'{"canonical":"%s","leaf":"%s","position":7,"salt":"%s"}\n' % (canonical, leaf, salt)
    assert expected == LINE
    assert bundle.entry_line(ENTRY._replace(record=None)) == b'{"leaf":"%s","position":7}\n' % leaf
    assert bundle.checkpoint_line(b"a\n\n\xe2\x80\x94 b c\n") == '{"checkpoint":"a\\n\\n— b c\\n"}\n'.encode()


@given(entries)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    assert bundle.parse_line(bundle.entry_line(entry)) == entry


def test_a_checkpoint_and_a_header_are_read_as_they_were_written() -> None:
    assert bundle.parse_line(bundle.checkpoint_line(NOTE)) == NOTE
    assert bundle.parse_header(bundle.header_line("turvavork/cases/audit/1")) == "turvavork/cases/audit/1"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"[]\n",
        b"null\n",
        b'{"checkpoint":7}\n',
        b'{"checkpoint":"x","more":1}\n',
        b'{"checkpoint": "x"}\n',
        b'{"checkpoint":"\xff"}\n',
        b'{"checkpoint":"\\ud800"}\n',
        b'{"checkpoint":1.5}\n',
        LINE.removesuffix(b"\n"),
        LINE.replace(b"\n", b"\r\n"),
        LINE + LINE,
        LINE.replace(b":7", b":07"),
        LINE.replace(b":7", b":-7"),
        LINE.replace(b":7", b": 7"),
        LINE.replace(b'"canonical"', b'"record"'),
        LINE.replace(LINE[LINE.index(b',"salt"') : -2], b""),
        b"{" + LINE[LINE.index(b'"leaf"') :],
        LINE.replace(b'="}', b'"}'),
        LINE.replace(b'="}', b'=="}'),
        LINE.replace(b'M="}', b'N="}'),
    ],
)
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidBundleError):
        bundle.parse_line(line)


@pytest.mark.parametrize("at", range(len(LINE)))
def test_no_bit_of_a_line_says_nothing(at: int) -> None:
    """Otherwise a changed file would pass as an untouched one: base64 has bits that decoders pass over."""
    for bit in range(8):
        changed = LINE[:at] + bytes([LINE[at] ^ 1 << bit]) + LINE[at + 1 :]
        try:
            read = bundle.parse_line(changed)
        except InvalidBundleError:
            continue
        assert read != ENTRY


@pytest.mark.parametrize(
    "line",
    [b"", LINE, b'{"format":"turvavork-log/2","origin":"o"}\n', b'{"format":"turvavork-log/1","origin":1}\n'],
)
def test_what_is_no_header_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidBundleError):
        bundle.parse_header(line)


def test_a_file_without_line_ends_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MOST_LINE_BYTES", 200)
    pieces = list(bundle.lines(io.BytesIO(b"x" * 1000)))
    assert {len(piece) for piece in pieces[:-1]} == {201}
    with pytest.raises(InvalidBundleError, match="too long"):
        bundle.parse_line(pieces[0])
    assert list(bundle.lines(io.BytesIO(LINE + LINE))) == [LINE, LINE]
