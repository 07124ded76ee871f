"""Checks a log that was taken out of its database (``kit.bundle``), without trusting whoever took it out.

What is trusted is the log's public key, and the copy of a witness: checkpoints that it was sent in time, and
maybe the leaves as well. Against the key's holder the witness alone helps. Entries are read one by one, the
state is O(log n) (with a witness's leaves 32 bytes for each).

A record that is not what its leaf says, and a leaf that is not the witness's, are found at their index. Where
record and leaf were both rewritten and the witness has checkpoints alone, what is known is between which two
checkpoints the first bad entry lies.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Self

from services.kit import audit, bundle, checkpoint, merkle
from services.kit.bundle import Entry, InvalidBundleError
from services.kit.checkpoint import InvalidCheckpointError, VerifierKey

MOST_FINDINGS: Final = 100


class InvalidWitnessError(ValueError):
    """The copy of a witness contradicts itself or is not of this log; it says nothing about a bundle."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong: the first bad index is not below ``first`` and not above ``last``."""

    first: int
    last: int
    reason: str


@dataclass(slots=True)
class Report:
    """What was checked, and what was found.

    ``entries`` were read, ``erased`` of them without a record; the first ``covered`` are bound by a
    checkpoint, the first ``witnessed`` by one that a witness has. Without findings these are untouched.
    """

    entries: int = 0
    erased: int = 0
    covered: int = 0
    witnessed: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def first_bad(self) -> int | None:
        """The lowest index that may be the first bad one; None when nothing was found."""
        return min((one.first for one in self.findings), default=None)


@dataclass(slots=True)
class Witness:
    """What a witness holds: roots by size, leaves from 0 on (concatenated; there may be none)."""

    heads: dict[int, bytes] = field(default_factory=dict)
    leaves: bytearray = field(default_factory=bytearray)

    @property
    def size(self) -> int:
        """How many entries it knows of."""
        return max(len(self.leaves) // merkle.HASH_BYTES, *self.heads, 0)

    def leaf(self, position: int) -> bytes | None:
        """The leaf at a position, where it has it."""
        start = position * merkle.HASH_BYTES
        return bytes(self.leaves[start : start + merkle.HASH_BYTES]) or None

    @classmethod
    def read(cls, lines: Iterable[bytes], key: VerifierKey) -> Self:
        """Reads its copy; InvalidWitnessError unless it is of this log and its leaves lead to its roots."""
        found, tree, rest = cls(), merkle.CompactRange(), iter(lines)
        try:
            _check_header(rest, key)
            for said in map(bundle.parse_line, rest):
                if not isinstance(said, Entry):
                    found.add(said, key)
                elif said.position == tree.size:
                    found.leaves += said.leaf
                    tree.append(said.leaf)
                else:
                    raise InvalidWitnessError(f"its entry {tree.size} is missing")
                seen = found.heads.get(tree.size)
                if tree.size and seen is not None and seen != tree.root():
                    raise InvalidWitnessError(f"its leaves do not lead to its root of size {tree.size}")
        except (InvalidBundleError, InvalidCheckpointError) as error:
            raise InvalidWitnessError(str(error)) from None
        return found

    def add(self, note: bytes, key: VerifierKey) -> None:
        """Adds a signed checkpoint; InvalidCheckpointError when it is not one of this log.

        InvalidWitnessError when another root of that size is known, or it stands behind later leaves.
        """
        head = checkpoint.verify(note, key)
        if head.size * merkle.HASH_BYTES < len(self.leaves):
            raise InvalidWitnessError(f"its checkpoint of size {head.size} stands behind later entries")
        if self.heads.setdefault(head.size, head.root) != head.root:
            raise InvalidWitnessError(f"the log signed two roots of size {head.size}: it was forked")


def verify(lines: Iterable[bytes], key: VerifierKey, witness: Witness | None = None) -> Report:
    """Checks a bundle, line by line; everything that is wrong with it is a finding, nothing is raised.

    Args:
        lines: the bundle's, newline included (``bundle.lines``).
        key: the log's, from somewhere else than the bundle.
        witness: what a witness holds; without one, the log's own checkpoints are all there is.
    """
    check = _Check(key, witness or Witness())
    check.run(iter(lines))
    return check.report


class _Check:
    def __init__(self, key: VerifierKey, witness: Witness) -> None:
        self.report = Report()
        self._key = key
        self._witness = witness
        self._alone = not witness.size
        self._tree = merkle.CompactRange()
        # So many leaves from 0 on are true. With a witness the log's own checkpoints do not say so: who holds
        # the key signs others, and what was rewritten before one of them would be looked for behind it.
        self._known = 0
        self._over = False

    def run(self, rest: Iterator[bytes]) -> None:
        try:
            _check_header(rest, self._key)
            self._compare()
            for line in rest:
                self._line(bundle.parse_line(line))
                if self._over or len(self.report.findings) >= MOST_FINDINGS:
                    return
        except (InvalidBundleError, InvalidCheckpointError) as error:
            self._found(self._known, self._tree.size, str(error))
            return
        self._finish()

    def _line(self, said: Entry | bytes) -> None:
        if isinstance(said, Entry):
            self._entry(said)
            self._compare()
        else:
            self._checkpoint(said)

    def _entry(self, entry: Entry) -> None:
        at = self._tree.size
        if entry.position != at:
            raise InvalidBundleError(f"entry {entry.position} stands where entry {at} belongs")
        if entry.record is None:
            self.report.erased += 1
        elif len(entry.record.salt) != audit.SALT_BYTES or audit.leaf(*entry.record) != entry.leaf:
            self._found(at, at, "the record is not what its leaf says")
        self._testify(at, entry.leaf)
        # The leaf goes on into the tree: if it is the true one, the next root says so.
        self._tree.append(entry.leaf)
        self.report.entries += 1

    def _testify(self, at: int, leaf: bytes) -> None:
        seen = self._witness.leaf(at)
        if seen is None:
            return
        if seen != leaf:
            self._found(at, at, "the witness has another leaf")
        elif self._known == at:
            self._known = at + 1

    def _compare(self) -> None:
        """The tree as it is now against what the witness saw at this size."""
        size = self._tree.size
        seen = self._witness.heads.get(size)
        if seen is not None and self._bind(seen, "the witness saw another root", trusted=True):
            self.report.witnessed = size

    def _checkpoint(self, note: bytes) -> None:
        head = checkpoint.verify(note, self._key)
        if head.size != self._tree.size:
            raise InvalidBundleError(f"a checkpoint of {head.size} entries stands behind {self._tree.size}")
        self.report.checkpoints += 1
        otherwise = "the entries do not lead to the root of the checkpoint"
        self._bind(head.root, otherwise, trusted=self._alone)

    def _bind(self, root: bytes, otherwise: str, *, trusted: bool) -> bool:
        size = self._tree.size
        if self._tree.root() == root:
            self.report.covered = size
            self._known = size if trusted else self._known
            return True
        self._over = True  # with one wrong leaf every later root is another
        last = max(0, size - 1)
        self._found(min(self._known, last), last, f"{otherwise} of size {size}")
        return False

    def _finish(self) -> None:
        size = self._tree.size
        if self._witness.size > size:
            # What came after the last entries that the witness vouches for may be of another story, too.
            self._found(self._known, size, f"the witness knows of {self._witness.size} entries")
        elif size and not self.report.covered:
            self._found(0, size - 1, "no checkpoint covers an entry")

    def _found(self, first: int, last: int, reason: str) -> None:
        self.report.findings.append(Finding(first, last, reason))


def _check_header(rest: Iterator[bytes], key: VerifierKey) -> None:
    if bundle.parse_header(next(rest, b"")) != key.name:
        raise InvalidBundleError("it is of another log than the key")
