import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.kit import checkpoint, merkle, receipt
from services.kit.checkpoint import Checkpoint, InvalidCheckpointError, VerifierKey
from services.kit.merkle import InvalidProofError
from services.kit.verifier import Witness

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "turvavork/exchange/message-log/0123456789ab"
KEY = VerifierKey.of(ORIGIN, PRIVATE)
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(40)]
WRONG = (InvalidProofError, InvalidCheckpointError)


def signed(size: int) -> str:
    head = Checkpoint(ORIGIN, size, merkle.root_of(LEAVES[:size]))
    return checkpoint.sign(head, PRIVATE).decode()


def proof(index: int, size: int) -> dict[str, Any]:
    path = merkle.proof(merkle.inclusion_nodes(index, size), merkle.nodes_of(LEAVES[:size]))
    told = [each.hex() for each in path]
    return {"index": index, "size": size, "leaf": LEAVES[index].hex(), "path": told, "note": signed(size)}


PLACES = st.integers(1, 40).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size)))


def check(said: Any, index: int, witness: Witness | None = None) -> receipt.Proven:
    return receipt.check(json.dumps(said).encode(), LEAVES[index].hex(), KEY, witness)


@given(PLACES)
def test_a_true_proof_proves_its_receipt(place: tuple[int, int]) -> None:
    assert check(proof(*place), place[0]) == receipt.Proven(*place, witnessed=False)


@given(PLACES, st.data())
def test_whatever_is_changed_proves_nothing(place: tuple[int, int], data: st.DataObject) -> None:
    said = proof(*place)
    hashes = st.integers(0, 39).map(lambda at: LEAVES[at].hex())
    other = {
        "index": st.integers(-1, 41),
        "size": st.integers(0, 41),
        "leaf": hashes,
        "path": st.lists(hashes, max_size=7),
        "note": st.integers(1, 40).map(signed),
    }
    name = data.draw(st.sampled_from(sorted(other)))
    changed = said | {name: data.draw(other[name].filter(lambda value: value != said[name]))}
    with pytest.raises(WRONG):
        check(changed, place[0])


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{}",
        b'{"index":0,"index":0}',
        json.dumps(proof(3, 9) | {"more": 1}).encode(),
        json.dumps(proof(3, 9) | {"index": "3"}).encode(),
        json.dumps(proof(3, 9) | {"index": True}).encode(),
        json.dumps(proof(3, 9) | {"path": None}).encode(),
        json.dumps(proof(3, 9) | {"path": [3]}).encode(),
        json.dumps(proof(3, 9) | {"leaf": "zz" * 32}).encode(),
        json.dumps(proof(3, 9) | {"note": None}).encode(),
        json.dumps(proof(3, 9) | {"note": "\n\n"}).encode(),
    ],
)
def test_what_is_no_proof_is_told_to_be_none(said: bytes) -> None:
    with pytest.raises(WRONG):
        receipt.check(said, LEAVES[3].hex(), KEY)


def test_a_receipt_of_something_else_and_another_key_prove_nothing() -> None:
    with pytest.raises(InvalidProofError, match="another receipt"):
        check(proof(3, 9), 4)
    with pytest.raises(InvalidProofError, match="64"):
        receipt.check(json.dumps(proof(3, 9)).encode(), "3", KEY)
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(InvalidCheckpointError):
        receipt.check(json.dumps(proof(3, 9)).encode(), LEAVES[3].hex(), VerifierKey.of(ORIGIN, other))


def test_a_witness_agrees_has_not_seen_it_or_contradicts() -> None:
    true = merkle.root_of(LEAVES[:9])
    assert check(proof(3, 9), 3, Witness(heads={9: true})).witnessed
    assert not check(proof(3, 9), 3, Witness(heads={8: true})).witnessed
    with pytest.raises(InvalidProofError, match="another root of size 9"):
        check(proof(3, 9), 3, Witness(heads={9: bytes(32)}))
    with pytest.raises(InvalidProofError, match="another leaf at 3"):
        check(proof(3, 9), 3, Witness(leaves=bytearray(b"".join(LEAVES[4:9]))))
