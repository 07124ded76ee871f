"""The Merkle tree of RFC 9162 §2.1 over SHA-256: heads, proofs, and the check of proofs. Pure functions.

Leaves are leaf hashes (for the audit log ``kit.audit.leaf``). A node is named by its level (0: leaves) and
its place in that level, and is perfect: node (l, i) covers the leaves from i·2^l on, 2^l of them. It never
changes once its last leaf is there, so that nodes can be kept in a table that is only added to; what a proof
needs beyond them is folded from them.

A path alone does not bind the size of its tree, only on which side each sibling stands: size and root come
together, from a checkpoint.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

Node: TypeAlias = tuple[int, int]

HASH_BYTES: Final = 32
MOST_LEAVES: Final = 2**63
MOST_HASHES: Final = 64  # of the longest proof: a consistency proof of MOST_LEAVES
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class InvalidProofError(ValueError):
    """A proof does not prove what it was given for; the message says in which respect."""


def leaf_hash(entry: bytes) -> bytes:
    """``SHA-256(0x00 || entry)``, 32 bytes (RFC 9162 §2.1.1)."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 || left || right)``, 32 bytes (RFC 9162 §2.1.1)."""
    return hashlib.sha256(_NODE + left + right).digest()


class CompactRange:
    """The roots of the perfect trees that n leaves make: all it takes to append and to know the root.

    ``hashes`` has one hash for each bit that is set in ``size``, the largest tree first; ValueError when it
    has another number of them, or hashes of another length.
    """

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self._size, self._hashes = size, list(hashes)
        if not 0 <= size <= MOST_LEAVES or len(self._hashes) != size.bit_count():
            raise ValueError("a compact range has one hash for each bit that is set in its size")
        if any(len(one) != HASH_BYTES for one in self._hashes):
            raise ValueError("a hash has 32 bytes")

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def hashes(self) -> Sequence[bytes]:
        """What, with the size, makes the same range again."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> Sequence[bytes]:
        """Adds a leaf hash; the hashes of the nodes that it makes perfect, from level 0 upwards.

        Their places are the new leaf's index, shifted right by the level.
        """
        made, size = [leaf], self._size
        while size & 1:
            made.append(node_hash(self._hashes.pop(), made[-1]))
            size >>= 1
        self._hashes.append(made[-1])
        self._size += 1
        return made

    def root(self) -> bytes:
        """The head of the tree of all leaves (RFC 9162 §2.1.1)."""
        return fold(self._hashes) if self._hashes else EMPTY_ROOT


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect trees that stand side by side, the largest first; at least one."""
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The head of the tree of these leaf hashes."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def nodes_of(leaves: Iterable[bytes]) -> dict[Node, bytes]:
    """All perfect nodes of the tree of these leaf hashes."""
    tree, nodes = CompactRange(), {}
    for index, leaf in enumerate(leaves):
        nodes.update({(level, index >> level): made for level, made in enumerate(tree.append(leaf))})
    return nodes


def range_nodes(size: int) -> Sequence[Node]:
    """The nodes whose hashes make the :class:`CompactRange` of a size; ValueError where it cannot be."""
    if not 0 <= size <= MOST_LEAVES:
        raise ValueError("a tree has 0 to 2^63 leaves")
    return _perfect(0, size)


def inclusion_nodes(index: int, size: int) -> Sequence[Sequence[Node]]:
    """For each hash of an inclusion proof (RFC 9162 §2.1.3.1) the perfect nodes that fold to it.

    ValueError unless 0 <= index < size <= MOST_LEAVES.
    """
    if not 0 <= index < size <= MOST_LEAVES:
        raise ValueError("a leaf is proved in a tree that has it")
    start, end, groups = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            groups.append(_perfect(middle, end))
            end = middle
        else:
            groups.append(_perfect(start, middle))
            start = middle
    return groups[::-1]


def consistency_nodes(old: int, new: int) -> Sequence[Sequence[Node]]:
    """For each hash of a consistency proof (RFC 9162 §2.1.4.1) the perfect nodes that fold to it.

    ValueError unless 0 < old <= new <= MOST_LEAVES.
    """
    if not 0 < old <= new <= MOST_LEAVES:
        raise ValueError("an older tree has a leaf and is not larger than the newer")
    start, end, groups = 0, new, []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            groups.append(_perfect(middle, end))
            end = middle
        else:
            groups.append(_perfect(start, middle))
            start = middle
    if start:  # otherwise it is the older root itself, which the verifier has
        groups.append(_perfect(start, end))
    return groups[::-1]


def proof(groups: Iterable[Sequence[Node]], nodes: Mapping[Node, bytes]) -> list[bytes]:
    """The hashes of a proof, from what :func:`inclusion_nodes` or :func:`consistency_nodes` asks for."""
    return [fold([nodes[node] for node in group]) for group in groups]


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Checks that a leaf hash stands at an index of the tree of a head (RFC 9162 §2.1.3.2).

    Raises InvalidProofError when it is not proved; nothing is returned that could be left unread.
    """
    if not 0 <= index < size <= MOST_LEAVES:
        raise InvalidProofError("the index does not lie in the tree")
    _check_hashes(path, leaf, root)
    place, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise InvalidProofError("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            place, last = _climb(place, last)
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise InvalidProofError("the proof is too short")
    if not hmac.compare_digest(found, root):
        raise InvalidProofError("the proof leads to another root")


def verify_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Checks that the newer tree begins with the older one (RFC 9162 §2.1.4.2).

    Raises InvalidProofError when it is not proved; for trees of one size the proof is empty. From the empty
    tree nothing follows, so it is refused.
    """
    if not 0 < old <= new <= MOST_LEAVES:
        raise InvalidProofError("the older tree is empty, or larger than the newer")
    if old == new:
        if path or not hmac.compare_digest(old_root, new_root):
            raise InvalidProofError("trees of one size have one root, and nothing between them to prove")
        return
    _check_hashes(path, old_root, new_root)
    if not path:
        raise InvalidProofError("the proof is too short")
    _verify_growth(old, new, path, old_root, new_root)


def _verify_growth(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    first, *rest = path if old & (old - 1) else (old_root, *path)  # a perfect older tree is its own node
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = first
    for sibling in rest:
        if last == 0:
            raise InvalidProofError("the proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            place, last = _climb(place, last)
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise InvalidProofError("the proof is too short")
    if not hmac.compare_digest(before, old_root):
        raise InvalidProofError("the proof leads to another older root")
    if not hmac.compare_digest(after, new_root):
        raise InvalidProofError("the proof leads to another newer root")


def _climb(place: int, last: int) -> Node:
    """Past the levels in which the last node has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _check_hashes(path: Sequence[bytes], *heads: bytes) -> None:
    if len(path) > MOST_HASHES:
        raise InvalidProofError("the proof is too long")
    if any(len(one) != HASH_BYTES for one in (*path, *heads)):
        raise InvalidProofError("a hash has 32 bytes")


def _split(leaves: int) -> int:
    """The largest power of two below a number of leaves above one."""
    return 1 << (leaves - 1).bit_length() - 1


def _perfect(start: int, end: int) -> Sequence[Node]:
    """The perfect nodes of a subtree, the largest first; it starts where its largest one may."""
    nodes, length = [], end - start
    for level in reversed(range(length.bit_length())):
        if length >> level & 1:
            nodes.append((level, start >> level))
            start += 1 << level
    return nodes
