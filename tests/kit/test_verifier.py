from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit import audit, bundle, checkpoint, merkle, verifier
from services.kit.bundle import Entry, Record
from services.kit.checkpoint import Checkpoint, VerifierKey
from services.kit.verifier import Finding, InvalidWitnessError, Report, Witness

ORIGIN = "turvavork/cases/audit/0123456789ab"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey.of(ORIGIN, PRIVATE)
HEADER = bundle.header_line(ORIGIN)
SIZES = (4, 9, 20)


def entry(at: int, text: str = "") -> Entry:
    record = Record(b"%032d" % at, b'{"entry":"%d%s"}' % (at, text.encode()))
    return Entry(at, audit.leaf(*record), record)


ENTRIES = [entry(at) for at in range(20)]


def note(entries: Sequence[Entry], private: Ed25519PrivateKey = PRIVATE, origin: str = ORIGIN) -> bytes:
    root = merkle.root_of(one.leaf for one in entries)
    return bundle.checkpoint_line(checkpoint.sign(Checkpoint(origin, len(entries), root), private))


def written(entries: Sequence[Entry], sizes: Sequence[int] = SIZES, *, signed: bool = False) -> list[bytes]:
    """A bundle; its checkpoints are those of the untouched log, or signed anew for these entries."""
    lines = [HEADER]
    for count, one in enumerate(entries, 1):
        lines.append(bundle.entry_line(one))
        lines += [note((entries if signed else ENTRIES)[:count])] if count in sizes else []
    return lines


def notes(*sizes: int) -> Witness:
    return Witness.read([HEADER, *(note(ENTRIES[:size]) for size in sizes)], KEY)


def copied(size: int) -> Witness:
    leaves = [bundle.entry_line(one._replace(record=None)) for one in ENTRIES[:size]]
    return Witness.read([HEADER, *leaves, note(ENTRIES[:size])], KEY)


def found(lines: Sequence[bytes], witness: Witness | None = None) -> list[tuple[int, int]]:
    report = verifier.verify(lines, KEY, witness)
    assert report.first_bad == min((one.first for one in report.findings), default=None)
    return [(one.first, one.last) for one in report.findings]


def changed(at: int, new: Entry) -> list[Entry]:
    return [*ENTRIES[:at], new, *ENTRIES[at + 1 :]]


def test_an_untouched_log_is_covered() -> None:
    assert verifier.verify(written(ENTRIES), KEY) == Report(entries=20, covered=20, checkpoints=3)
    report = verifier.verify(written(ENTRIES), KEY, notes(9, 12))
    assert report == Report(entries=20, covered=20, witnessed=12, checkpoints=3)
    assert verifier.verify(written(ENTRIES), KEY, copied(20)).witnessed == 20


def test_what_comes_after_the_last_checkpoint_is_not_covered() -> None:
    report = verifier.verify(written(ENTRIES, [4]), KEY, notes(9))
    assert report == Report(entries=20, covered=9, witnessed=9, checkpoints=1)


def test_a_log_without_entries_has_nothing_to_cover() -> None:
    assert verifier.verify([HEADER, note([])], KEY) == Report(checkpoints=1)
    assert verifier.verify([HEADER], KEY) == Report()


def test_a_log_that_no_checkpoint_covers_is_not_called_good() -> None:
    assert found(written(ENTRIES, [])) == [(0, 19)]


def test_erased_records_leave_their_leaves() -> None:
    erased = [one._replace(record=None) if one.position % 2 else one for one in ENTRIES]
    assert verifier.verify(written(erased), KEY) == Report(entries=20, erased=10, covered=20, checkpoints=3)


@pytest.mark.parametrize("at", [0, 3, 4, 10, 19])
def test_a_changed_record_is_found_where_it_stands(at: int) -> None:
    assert found(written(changed(at, ENTRIES[at]._replace(record=entry(at, "!").record)))) == [(at, at)]


def test_each_changed_record_is_found() -> None:
    lines = written([ENTRIES[at]._replace(record=entry(at, "!").record) for at in range(20)])
    assert found(lines) == [(at, at) for at in range(20)]


def test_no_more_findings_are_kept_than_somebody_reads() -> None:
    entries = [entry(at)._replace(record=entry(at, "!").record) for at in range(300)]
    assert len(found(written(entries, []))) == verifier.MOST_FINDINGS


def test_a_byte_does_not_move_from_the_record_to_the_salt() -> None:
    salt, canonical = ENTRIES[5].record or Record(b"", b"")
    for moved in (Record(salt + canonical[:1], canonical[1:]), Record(salt[:-1], salt[-1:] + canonical)):
        line = bundle.entry_line(ENTRIES[5]._replace(record=moved))
        assert found([line if b'"position":5,' in one else one for one in written(ENTRIES)])[0][1] == 5


@pytest.mark.parametrize(
    ("at", "between"), [(0, (0, 3)), (3, (0, 3)), (4, (4, 8)), (8, (4, 8)), (15, (9, 19))]
)
def test_a_rewritten_entry_lies_between_two_checkpoints(at: int, between: tuple[int, int]) -> None:
    assert found(written(changed(at, entry(at, "!")))) == [between]


@pytest.mark.parametrize("at", [0, 3, 4, 10, 19])
def test_a_rewritten_entry_is_found_where_it_stands_by_the_leaves_of_a_witness(at: int) -> None:
    first, *rest = found(written(changed(at, entry(at, "!")), signed=True), copied(20))
    assert first == (at, at)
    assert [one[0] for one in rest] == [at]


def test_the_holder_of_the_key_is_found_by_the_witness_alone() -> None:
    forged = written(changed(6, entry(6, "!")), signed=True)
    assert found(forged) == []
    assert found(forged, notes(4, 20)) == [(4, 19)], "not behind 9, whose checkpoint is forged"
    assert found(forged, notes(7)) == [(0, 6)]


def test_what_is_missing_at_the_end_is_found() -> None:
    assert found(written(ENTRIES[:12]), notes(20)) == [(0, 12)]
    assert found(written(ENTRIES[:12]), notes(8, 20)) == [(8, 12)]
    assert found(written(ENTRIES[:12]), copied(15)) == [(12, 12)]
    assert found([HEADER], notes(20)) == [(0, 0)]
    assert found(written(ENTRIES[:12]), notes(12)) == []


def test_what_is_missing_or_doubled_within_is_found() -> None:
    assert found(written([*ENTRIES[:11], *ENTRIES[12:]])) == [(9, 11)]
    assert found(written([*ENTRIES[:11], ENTRIES[10], *ENTRIES[11:]])) == [(9, 11)]
    assert found(written([*ENTRIES[:11], *ENTRIES[12:]]), copied(20)) == [(11, 11)]


def test_another_order_is_found() -> None:
    swapped = changed(5, ENTRIES[6]._replace(position=5))
    swapped[6] = ENTRIES[5]._replace(position=6)
    assert found(written(swapped)) == [(4, 8)]
    assert found(written(swapped), copied(20))[0] == (5, 5)


def test_a_checkpoint_stands_where_it_belongs() -> None:
    lines = written(ENTRIES)
    assert found([*lines[:4], *lines[5:7], lines[5], *lines[7:]]) != []
    assert found([*lines, note(ENTRIES[:9])]) == [(20, 20)]


@pytest.mark.parametrize(
    "line",
    [
        note(ENTRIES, Ed25519PrivateKey.from_private_bytes(b"x" * 32)),
        note(ENTRIES, origin="turvavork/cases/audit/ffffffffffff"),
        bundle.checkpoint_line(b"no note"),
        b"{}\n",
        HEADER,
        b"",
    ],
)
def test_a_line_that_proves_nothing_is_a_finding(line: bytes) -> None:
    assert found([*written(ENTRIES), line]) == [(20, 20)]
    assert found([HEADER, line, *written(ENTRIES)[1:]]) == [(0, 0)]


def test_the_log_is_the_one_of_the_key() -> None:
    other = [bundle.header_line("turvavork/cases/audit/ffffffffffff"), *written(ENTRIES)[1:]]
    report = verifier.verify(other, KEY)
    assert report.findings == [Finding(0, 0, "it is of another log than the key")]
    assert found([]) == [(0, 0)]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "cut off"),
        ([bundle.header_line("other")], "another log"),
        ([HEADER, bundle.entry_line(ENTRIES[1])], "entry 0 is missing"),
        ([HEADER, note(ENTRIES[:4]), note(changed(3, entry(3, "!"))[:4])], "two roots of size 4"),
        ([HEADER, bundle.entry_line(ENTRIES[0]), note(ENTRIES[1:2])], "do not lead"),
        ([HEADER, note(ENTRIES[1:2]), bundle.entry_line(ENTRIES[0])], "do not lead"),
        ([HEADER, *map(bundle.entry_line, ENTRIES[:2]), note(ENTRIES[:1])], "behind later entries"),
        ([HEADER, note(ENTRIES, Ed25519PrivateKey.from_private_bytes(b"x" * 32))], "not signed"),
        ([HEADER, b"{}\n"], "neither"),
    ],
)
def test_a_witness_that_contradicts_itself_is_not_heard(lines: list[bytes], says: str) -> None:
    with pytest.raises(InvalidWitnessError, match=says):
        Witness.read(lines, KEY)
