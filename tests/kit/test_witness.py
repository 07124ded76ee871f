"""What a witness has, and what the verifier makes of it when the log's holder changes his mind."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit import audit, bundle, checkpoint, logtree, verifier
from services.kit.bundle import Entry, Record
from services.kit.checkpoint import Checkpoint, VerifierKey
from services.kit.logtree import LogTree
from services.kit.merkle import root_of
from services.kit.problem import UpstreamUnavailable
from services.kit.sequencer import Sequencer
from services.kit.verifier import Witness
from services.kit.witness import FileWitness, OwnLog, Watch, WitnessAwayError

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "turvavork/kit/audit/0123456789ab"
KEY = VerifierKey.of(ORIGIN, PRIVATE)
ENTRIES = [Entry(at, audit.leaf(bytes(32), b"%d" % at), Record(bytes(32), b"%d" % at)) for at in range(40)]


def note_of(size: int, entries: Sequence[Entry] = ENTRIES) -> str:
    root = root_of([one.leaf for one in entries[:size]])
    return checkpoint.sign(Checkpoint(ORIGIN, size, root), PRIVATE).decode()


def lines_of(size: int, entries: Sequence[Entry] = ENTRIES) -> list[bytes]:
    """A bundle as the log's holder shows it."""
    last = bundle.checkpoint_line(note_of(size, entries).encode())
    return [bundle.header_line(ORIGIN), *map(bundle.entry_line, entries[:size]), last]


class Log:
    """A source that is told what it is."""

    def __init__(self, size: int = 0) -> None:
        self.size, self.away = size, False

    async def note(self) -> str | None:
        if self.away:
            raise UpstreamUnavailable
        return note_of(self.size) if self.size else None

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        raise NotImplementedError


class Person:
    """A witness who is told whether to be there."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.away = False

    async def take(self, _: object, note: str) -> None:
        if self.away:
            raise WitnessAwayError("on leave")
        self.taken.append(note)


async def test_each_new_checkpoint_is_brought_once() -> None:
    log, person = Log(), Person()
    watch = Watch(person, [log])
    assert await watch.step() == 0
    for size in (3, 3, 5):
        log.size = size
        await watch.step()
    assert person.taken == [note_of(3), note_of(5)]


async def test_a_witness_away_for_long_only_delays() -> None:
    log, person = Log(3), Person()
    watch = Watch(person, [log])
    person.away = True
    for size in range(4, 30):
        log.size = size
        with pytest.raises(WitnessAwayError):
            await watch.step()
    person.away = False
    assert await watch.step() == 1
    assert person.taken == [note_of(29)], "the newest stands for all before it"


async def test_one_log_does_not_hold_up_another() -> None:
    lost, log, person = Log(3), Log(4), Person()
    lost.away = True
    watch = Watch(person, [lost, log])
    with pytest.raises(UpstreamUnavailable):
        await watch.step()
    assert person.taken == [note_of(4)]


async def test_watching_goes_on_until_it_is_stopped() -> None:
    log, person, stop = Log(3), Person(), asyncio.Event()
    person.away = True
    running = asyncio.create_task(Watch(person, [log], period=0.01).run(stop))
    await asyncio.sleep(0.05)
    person.away = False
    async with asyncio.timeout(10):
        while not person.taken:  # noqa: ASYNC110 - what is waited for is in a list
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert person.taken == [note_of(3)]


async def test_the_file_of_a_witness_is_read_by_the_verifier(tmp_path: Path) -> None:
    witness, log = FileWitness(tmp_path / "kept"), Log()
    for size in (3, 3, 7, 20):
        log.size = size
        await FileWitness(tmp_path / "kept").take(log, note_of(size))
    content = witness.path(ORIGIN).read_bytes().splitlines(keepends=True)
    assert len(content) == 4
    seen = Witness.read(content, KEY)
    assert sorted(seen.heads) == [3, 7, 20]
    report = verifier.verify(lines_of(25), KEY, seen)
    assert (report.findings, report.witnessed, report.covered) == ([], 20, 25)


async def test_a_line_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    witness, log = FileWitness(tmp_path), Log()
    path = witness.path(ORIGIN)
    for kept in (10, len(bundle.header_line(ORIGIN)), len(bundle.header_line(ORIGIN)) + 40):
        path.unlink(missing_ok=True)
        await witness.take(log, note_of(3))
        path.write_bytes(path.read_bytes()[:kept])
        await witness.take(log, note_of(5))
        assert sorted(Witness.read(path.read_bytes().splitlines(keepends=True), KEY).heads) == [5]


async def test_a_folder_that_cannot_be_written_is_a_witness_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WitnessAwayError):
        await FileWitness(tmp_path / "file").take(Log(), note_of(3))


def test_a_log_shorter_than_the_witness_saw_or_another_is_refused() -> None:
    seen = Witness()
    for size in (7, 20):
        seen.add(note_of(size).encode(), KEY)
    short = verifier.verify(lines_of(12), KEY, seen)
    assert short.first_bad == 7
    assert short.findings[0].reason == "the witness knows of 20 entries"
    other = [*ENTRIES[:9], ENTRIES[30]._replace(position=9), *ENTRIES[10:]]
    forged = verifier.verify(lines_of(25, other), KEY, seen)
    assert [(one.first, one.last) for one in forged.findings] == [(7, 19)]
    assert not verifier.verify(lines_of(25, other), KEY).findings, (
        "who has the key is found by a witness alone"
    )


async def test_a_log_of_the_database_is_witnessed(database: Any, owner: Any, tmp_path: Path) -> None:
    source = OwnLog(database, "letter")
    assert await source.note() is None
    insert = (
        "insert into letter (id, salt, canonical, leaf)"
        " select gen_random_uuid(), sha256('s'), n::text::bytea, sha256(n::text::bytea)"
        " from generate_series(1, 5) n"
    )
    watch = Watch(FileWitness(tmp_path), [source])
    for _ in range(2):
        await owner.execute(insert)
        await Sequencer(database, ("letter",), LogTree("kit", PRIVATE, "letter")).drain()
        assert await watch.step() == 1
        assert await watch.step() == 0
    epoch = await owner.fetchval("select epoch from log_epoch")
    key = VerifierKey.of(logtree.origin("kit", "letter", epoch), PRIVATE)
    kept = FileWitness(tmp_path).path(key.name).read_bytes().splitlines(keepends=True)
    assert sorted(Witness.read(kept, key).heads) == [5, 10]
    assert len(await source.consistency(5, 10)) > 0
