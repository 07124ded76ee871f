"""A log of 10 000 entries, and what somebody does to it who has the database and maybe the log's key."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit import audit, bundle, checkpoint, merkle
from services.kit.bundle import Entry, Record
from services.kit.checkpoint import Checkpoint, VerifierKey

ORIGIN = "turvavork/exchange/audit/0123456789ab"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey.of(ORIGIN, PRIVATE)
HEADER = bundle.header_line(ORIGIN)
ENTRIES = 10_000
Lines = list[bytes]
Tampered = tuple[Lines, int]


def entry(at: int, chance: random.Random) -> Entry:
    said = b'{"action":"read","entry":%d,"objects":["%032x"]}' % (at, chance.getrandbits(128))
    record = Record(chance.randbytes(32), said)
    return Entry(at, audit.leaf(*record), record)


def signed(size: int, root: bytes) -> bytes:
    return bundle.checkpoint_line(checkpoint.sign(Checkpoint(ORIGIN, size, root), PRIVATE))


class Log:
    """The untouched log: its entries, its checkpoints by size."""

    def __init__(self, number: int = ENTRIES, seed: int = 3) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same log each time
        self.entries = [entry(at, self.chance) for at in range(number)]
        self.sizes = sorted({*self.chance.sample(range(1, number), number // 400), number})
        self.notes = self._signed(self.entries)
        self._lines = [bundle.entry_line(one) for one in self.entries]

    def _signed(self, entries: Sequence[Entry]) -> dict[int, bytes]:
        tree, notes, sizes = merkle.CompactRange(), {}, {*self.sizes, len(entries)}
        for one in entries:
            tree.append(one.leaf)
            if tree.size in sizes:
                notes[tree.size] = signed(tree.size, tree.root())
        return notes

    def written(self, entries: Sequence[Entry], *, anew: bool = False) -> Lines:
        """The bundle of these entries; with the untouched log's checkpoints, or signed anew."""
        notes, lines = self._signed(entries) if anew else self.notes, [HEADER]
        for at, one in enumerate(entries):
            same = at < len(self.entries) and one is self.entries[at]
            lines.append(self._lines[at] if same else bundle.entry_line(one))
            lines += [notes[at + 1]] if at + 1 in notes else []
        return lines

    def witness(self, size: int, *, leaves: bool) -> Lines:
        """The copy of a witness that was last reached at one of the sizes."""
        if not leaves:
            return [HEADER, *(note for at, note in self.notes.items() if at <= size)]
        erased = [bundle.entry_line(one._replace(record=None)) for one in self.entries[:size]]
        return [HEADER, *erased, self.notes[size]]


def numbered(entries: Sequence[Entry]) -> list[Entry]:
    return [one if one.position == at else one._replace(position=at) for at, one in enumerate(entries)]


def edit(log: Log, chance: random.Random, limit: int) -> Tampered:
    at, entries = chance.randrange(limit), list(log.entries)
    old, new = entries[at], entry(at, chance)
    choices = [new, old._replace(record=new.record), old._replace(leaf=new.leaf)]
    entries[at] = chance.choice(choices)
    return log.written(entries, anew=chance.random() < 0.5), at


def flip(log: Log, chance: random.Random, limit: int) -> Tampered:
    """One bit of a salt or of a record."""
    at, entries = chance.randrange(limit), list(log.entries)
    salt, canonical = entries[at].record or Record(b"", b"")
    bits = bytearray(salt + canonical)
    bits[chance.randrange(len(bits))] ^= 1 << chance.randrange(8)
    record = Record(bytes(bits[:32]), bytes(bits[32:]))
    leaf = audit.leaf(*record) if chance.random() < 0.5 else entries[at].leaf
    entries[at] = Entry(at, leaf, record)
    return log.written(entries), at


def delete(log: Log, chance: random.Random, limit: int) -> Tampered:
    at = chance.randrange(limit)
    entries = [*log.entries[:at], *log.entries[at + chance.choice([1, 1, 7]) :]]
    if chance.random() < 0.7:
        entries = numbered(entries)
    return log.written(entries, anew=chance.random() < 0.5), at


def insert(log: Log, chance: random.Random, limit: int) -> Tampered:
    at = chance.randrange(limit)
    entries = [*log.entries[:at], entry(at, chance), *log.entries[at:]]
    if chance.random() < 0.7:
        entries = numbered(entries)
    return log.written(entries, anew=chance.random() < 0.5), at


def swap(log: Log, chance: random.Random, limit: int) -> Tampered:
    low, high = sorted(chance.sample(range(limit), 2))
    entries = list(log.entries)
    entries[low], entries[high] = entries[high], entries[low]
    if chance.random() < 0.7:
        entries = numbered(entries)
    return log.written(entries, anew=chance.random() < 0.5), low


def truncate(log: Log, chance: random.Random, limit: int) -> Tampered:
    at = chance.randrange(limit)
    return log.written(log.entries[:at]), at


def restore(log: Log, chance: random.Random, limit: int) -> Tampered:
    """An old backup, at one of its checkpoints: every line of it is genuine."""
    at = chance.choice([size for size in (0, *log.sizes) if size < limit])
    return log.written(log.entries[:at]), at


def append(log: Log, chance: random.Random, limit: int) -> Tampered:
    """An old backup, and other things happened after it: two readers are shown two logs of one key."""
    at = chance.randrange(limit)
    later = [entry(more, chance) for more in range(at, chance.randint(at + 1, ENTRIES + 500))]
    return log.written([*log.entries[:at], *later], anew=True), at


def rewrite(log: Log, chance: random.Random, limit: int) -> Tampered:
    """The whole log from its first entry, with the log's own key."""
    return log.written([entry(at, chance) for at in range(max(limit, ENTRIES))], anew=True), 0


def replay(log: Log, chance: random.Random, limit: int) -> Tampered:
    """A checkpoint is shown again where a later one belongs."""
    older, newer = chance.choice([*pairwise(size for size in log.sizes if size <= limit)])
    lines = log.written(log.entries)
    lines[lines.index(log.notes[newer])] = log.notes[older]
    return lines, newer


Kind = Callable[[Log, random.Random, int], Tampered]
KINDS: Sequence[Kind] = (
    edit,
    flip,
    delete,
    insert,
    swap,
    truncate,
    restore,
    append,
    rewrite,
    replay,
)
