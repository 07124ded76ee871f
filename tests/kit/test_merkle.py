import base64
import json
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import audit, merkle
from services.kit.merkle import InvalidProofError

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora" / "merkle-rfc6962-vectors.tgz"
OF_A_KIND, REFUSED_OF_A_KIND = 98, 92

# The eight entries and the heads of the reference implementation of RFC 6962 (certificate-transparency).
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
HEADS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def leaves_of(number: int, kind: bytes = b"") -> list[bytes]:
    return [merkle.leaf_hash(b"%s%d" % (kind, index)) for index in range(number)]


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, word by word."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return merkle.node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    return merkle.proof(merkle.inclusion_nodes(index, len(leaves)), merkle.nodes_of(leaves))


def consistency(leaves: Sequence[bytes], old: int) -> list[bytes]:
    return merkle.proof(merkle.consistency_nodes(old, len(leaves)), merkle.nodes_of(leaves))


def holds(check: Callable[..., None], *said: Any) -> bool:
    try:
        check(*said)
    except InvalidProofError:
        return False
    return True


def vectors(kind: str) -> list[dict[str, Any]]:
    if not VECTORS.exists():
        pytest.skip(
            f"{OF_A_KIND} {kind} vectors of RFC 6962 did not run: the corpora are not beside this clone"
        )
    with tarfile.open(VECTORS) as archive:
        chosen = [one for one in archive if one.isfile() and one.name.startswith(f"testdata/{kind}/")]
        files = [archive.extractfile(one) for one in chosen]
        return [json.load(file) for file in files if file is not None]


def binary(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def path_of(vector: dict[str, Any]) -> list[bytes]:
    return [binary(one) for one in vector["proof"] or ()]


def test_published_inclusion_vectors() -> None:
    found = vectors("inclusion")
    assert len(found) == OF_A_KIND
    assert sum(one["wantErr"] for one in found) == REFUSED_OF_A_KIND
    for one in found:
        said = (one["leafIdx"], one["treeSize"], binary(one["leafHash"]), path_of(one), binary(one["root"]))
        assert holds(merkle.verify_inclusion, *said) is not one["wantErr"], one["desc"]


def test_published_consistency_vectors() -> None:
    found = vectors("consistency")
    assert len(found) == OF_A_KIND
    assert sum(one["wantErr"] for one in found) == REFUSED_OF_A_KIND
    for one in found:
        said = (one["size1"], one["size2"], path_of(one), binary(one["root1"]), binary(one["root2"]))
        assert holds(merkle.verify_consistency, *said) is not one["wantErr"], one["desc"]


def test_heads_of_the_reference_implementation() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]
    assert {size: merkle.root_of(leaves[:size]).hex() for size in HEADS} == HEADS
    assert merkle.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_leaf_of_the_audit_log_is_a_leaf_of_the_tree() -> None:
    assert audit.leaf(b"s" * 32, b"{}") == merkle.leaf_hash(b"s" * 32 + b"{}")


def test_every_head_is_that_of_the_definition() -> None:
    leaves, tree = leaves_of(130), merkle.CompactRange()
    for size, leaf in enumerate(leaves):
        assert tree.root() == by_definition(leaves[:size])
        tree.append(leaf)
    assert tree.root() == by_definition(leaves)


def test_every_proof_of_every_small_tree_verifies() -> None:
    for size in range(1, 34):
        leaves = leaves_of(size)
        root = merkle.root_of(leaves)
        for at in range(size):
            merkle.verify_inclusion(at, size, leaves[at], inclusion(leaves, at), root)
            older = merkle.root_of(leaves[: at + 1])
            merkle.verify_consistency(at + 1, size, consistency(leaves, at + 1), older, root)


sizes = st.integers(1, 300)


@given(st.data(), sizes)
def test_a_range_that_is_kept_and_read_again_goes_on_the_same(data: st.DataObject, size: int) -> None:
    leaves, at = leaves_of(size), data.draw(st.integers(0, size))
    kept = merkle.CompactRange()
    for leaf in leaves[:at]:
        kept.append(leaf)
    again = merkle.CompactRange(kept.size, kept.hashes)
    for leaf in leaves[at:]:
        again.append(leaf)
    assert (again.size, again.root()) == (size, merkle.root_of(leaves))
    assert len(again.hashes) <= size.bit_length()


def flip(data: st.DataObject, hashes: Sequence[bytes]) -> list[bytes]:
    """One bit of one of the hashes is another."""
    changed = list(hashes)
    at, bit = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(0, 255))
    number = int.from_bytes(changed[at], "big") ^ 1 << bit
    changed[at] = number.to_bytes(32, "big")
    return changed


@given(st.data(), sizes)
def test_a_changed_inclusion_proof_is_refused(data: st.DataObject, size: int) -> None:
    leaves, index = leaves_of(size), data.draw(st.integers(0, size - 1))
    path, root = inclusion(leaves, index), merkle.root_of(leaves)
    merkle.verify_inclusion(index, size, leaves[index], path, root)
    leaf, changed_root, *changed = flip(data, [leaves[index], root, *path])
    assert not holds(merkle.verify_inclusion, index, size, leaf, changed, changed_root)
    other = data.draw(st.integers(-2, size + 2).filter(lambda one: one != index))
    assert not holds(merkle.verify_inclusion, other, size, leaves[index], path, root)
    assert not holds(merkle.verify_inclusion, index, size, leaves[index], [*path, root], root)
    assert not holds(merkle.verify_inclusion, index, size, leaves[index], [root, *path], root)
    if path:
        assert not holds(merkle.verify_inclusion, index, size, leaves[index], path[:-1], root)
        assert not holds(merkle.verify_inclusion, index, size, leaves[index], path[1:], root)


@given(st.data(), sizes)
def test_a_changed_consistency_proof_is_refused(data: st.DataObject, size: int) -> None:
    leaves, old = leaves_of(size), data.draw(st.integers(1, size))
    path, roots = consistency(leaves, old), (merkle.root_of(leaves[:old]), merkle.root_of(leaves))
    merkle.verify_consistency(old, size, path, *roots)
    older, newer, *changed = flip(data, [*roots, *path])
    assert not holds(merkle.verify_consistency, old, size, changed, older, newer)
    assert not holds(merkle.verify_consistency, old, size, [*path, roots[1]], *roots)
    assert not holds(merkle.verify_consistency, old, size, [roots[0], *path], *roots)
    if old != size:
        assert not holds(merkle.verify_consistency, old, size, path, *reversed(roots))
        assert not holds(merkle.verify_consistency, old, size, path[:-1], *roots)
        assert not holds(merkle.verify_consistency, old, size, path[1:], *roots)


@given(st.data(), sizes)
def test_a_proof_is_of_one_shape(data: st.DataObject, size: int) -> None:
    """Another size is refused unless every sibling stands on the same side: then the checkpoint binds it."""
    leaves, other = leaves_of(size), data.draw(sizes)
    root, index = merkle.root_of(leaves), data.draw(st.integers(0, size - 1))
    same = index < other and sides(index, other) == sides(index, size)
    accepted = holds(merkle.verify_inclusion, index, other, leaves[index], inclusion(leaves, index), root)
    assert accepted is same


def sides(index: int, size: int) -> list[bool]:
    return [group[0][1] << group[0][0] > index for group in merkle.inclusion_nodes(index, size)]


@given(st.data(), sizes)
def test_an_older_root_is_of_one_size(data: st.DataObject, size: int) -> None:
    leaves, old = leaves_of(size), data.draw(st.integers(1, size))
    other = data.draw(st.integers(-1, size + 1).filter(lambda one: one != old))
    roots = merkle.root_of(leaves[:old]), merkle.root_of(leaves)
    assert not holds(merkle.verify_consistency, other, size, consistency(leaves, old), *roots)


@pytest.mark.parametrize("size", [2**62 + 1, 2**63 - 1, 2**63])
def test_the_largest_trees_are_within_bounds(size: int) -> None:
    """A tree of one leaf over and over has few different nodes: its proofs can be made at any size."""
    level = [merkle.leaf_hash(b"")]
    for _ in range(63):
        level.append(merkle.node_hash(level[-1], level[-1]))

    class Same(dict[merkle.Node, bytes]):
        def __missing__(self, node: merkle.Node) -> bytes:
            return level[node[0]]

    root = merkle.fold([level[at] for at in reversed(range(64)) if size >> at & 1])
    for index in (0, size // 3, size - 1):
        path = merkle.proof(merkle.inclusion_nodes(index, size), Same())
        merkle.verify_inclusion(index, size, level[0], path, root)
        old = index + 1
        older = merkle.fold([level[at] for at in reversed(range(64)) if old >> at & 1])
        path = merkle.proof(merkle.consistency_nodes(old, size), Same())
        merkle.verify_consistency(old, size, path, older, root)
        assert len(path) <= merkle.MOST_HASHES


@pytest.mark.parametrize("size", [2**63 + 1, 2**64, 2**4096])
def test_what_is_out_of_bounds_is_refused_at_once(size: int) -> None:
    hash_ = merkle.leaf_hash(b"")
    with pytest.raises(InvalidProofError, match="does not lie"):
        merkle.verify_inclusion(size - 1, size, hash_, [hash_] * 64, hash_)
    with pytest.raises(InvalidProofError, match="larger"):
        merkle.verify_consistency(1, size, [hash_], hash_, hash_)
    with pytest.raises(ValueError, match="has it"):
        merkle.inclusion_nodes(0, size)
    with pytest.raises(ValueError, match="older tree"):
        merkle.consistency_nodes(1, size)


def test_a_proof_longer_than_any_tree_is_refused_before_it_is_hashed() -> None:
    hash_ = merkle.leaf_hash(b"")
    with pytest.raises(InvalidProofError, match="too long"):
        merkle.verify_inclusion(0, 2**63, hash_, [hash_] * 65, hash_)
    with pytest.raises(InvalidProofError, match="too long"):
        merkle.verify_consistency(1, 2**63, [hash_] * 65, hash_, hash_)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    leaves = leaves_of(2)
    root = merkle.root_of(leaves)
    merkle.verify_inclusion(0, 2, leaves[0], [leaves[1]], root)
    for said in (
        (b"x" * length, [leaves[1]], root),
        (leaves[0], [b"x" * length], root),
        (leaves[0], [leaves[1]], b"x" * length),
    ):
        with pytest.raises(InvalidProofError, match="32 bytes"):
            merkle.verify_inclusion(0, 2, *said)
    with pytest.raises(InvalidProofError, match="32 bytes"):
        merkle.verify_consistency(1, 2, [leaves[1]], leaves[0][:length] + bytes(length)[32:], root[:31])


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, []), (0, [b"x" * 32]), (3, [b"x" * 32]), (-1, [b"x" * 32]), (1, [b"x"])]
)
def test_a_range_that_cannot_be_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="hash"):
        merkle.CompactRange(size, hashes)
