"""A receipt that somebody holds, checked by the proof that the log gave for it, where there is no service.

The proof is JSON: ``index``, ``size``, ``leaf``, ``path`` (hexadecimal hashes), ``note``. What is trusted is
the log's public key and the copy of a witness (``kit.verifier``); the proof itself may come from anybody.
"""

from dataclasses import dataclass
from typing import Final

from services.kit import checkpoint, merkle, strictjson
from services.kit.checkpoint import InvalidCheckpointError, VerifierKey
from services.kit.merkle import InvalidProofError
from services.kit.problem import Malformed
from services.kit.verifier import Witness

_FIELDS: Final = {"index", "size", "leaf", "path", "note"}
_HEX: Final = 2 * merkle.HASH_BYTES


@dataclass(frozen=True, slots=True)
class Proven:
    """The receipt is entry ``index`` of the first ``size``; ``witnessed``: a witness saw the same tree."""

    index: int
    size: int
    witnessed: bool


def check(proof: bytes, receipt: str, key: VerifierKey, witness: Witness | None = None) -> Proven:
    """Checks a proof; InvalidProofError or InvalidCheckpointError, which say in which respect it is none."""
    said = _read(proof)
    leaf, note, index, size = _hash(receipt), said["note"], said["index"], said["size"]
    if type(index) is not int or type(size) is not int or not isinstance(note, str):
        raise InvalidProofError("index and size are numbers, and the note is a text")
    if _hash(said["leaf"]) != leaf:
        raise InvalidProofError("it is of another receipt")
    head = checkpoint.verify(note.encode("utf-8"), key)
    if head.size != size:
        raise InvalidCheckpointError("the checkpoint is of another size than the proof")
    path = said["path"]
    if not isinstance(path, list):
        raise InvalidProofError("the path is a list of hashes")
    merkle.verify_inclusion(index, size, leaf, [_hash(each) for each in path], head.root)
    return Proven(index, size, _agrees(witness, index, leaf, head.size, head.root))


def _agrees(witness: Witness | None, index: int, leaf: bytes, size: int, root: bytes) -> bool:
    if witness is None:
        return False
    if witness.leaf(index) not in {None, leaf}:
        raise InvalidProofError(f"the witness has another leaf at {index}")
    seen = witness.heads.get(size)
    if seen not in {None, root}:
        raise InvalidProofError(f"the witness saw another root of size {size}")
    return seen is not None


def _read(proof: bytes) -> dict[str, strictjson.JSONValue]:
    try:
        said = strictjson.loads(proof)
    except Malformed:
        raise InvalidProofError("it is not JSON") from None
    if not isinstance(said, dict) or said.keys() != _FIELDS:
        raise InvalidProofError(f"it has the fields {', '.join(sorted(_FIELDS))}")
    return said


def _hash(text: strictjson.JSONValue) -> bytes:
    if isinstance(text, str) and len(text) == _HEX:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    raise InvalidProofError(f"a hash has {_HEX} hexadecimal digits")
