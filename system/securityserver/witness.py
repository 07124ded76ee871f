"""A partner that witnesses logs: it keeps a checkpoint if the log has only grown since the last."""

import base64
import json
from collections.abc import Sequence
from typing import Final

from services.kit import bundle, merkle
from services.kit.checkpoint import Checkpoint, InvalidCheckpointError
from services.kit.merkle import InvalidProofError
from system.securityserver.partners import Answer

WITNESS: Final = "ee-dev/GOV/70009999/logwitness"
SERVICE: Final = "submitCheckpoint"
PATH: Final = "/v1/checkpoints"


class LogWitness:
    """What it has: the newest head of each log, and all notes that it took."""

    def __init__(self) -> None:
        self._heads: dict[str, Checkpoint] = {}
        self._notes: dict[str, list[str]] = {}

    def take(self, raw: bytes) -> Answer:
        """Take one checkpoint: 200; 409 when it has another size than was said; 422 when it does not fit."""
        try:
            said = json.loads(raw)
            old, note = int(said["old"]), str(said["checkpoint"])
            head = Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")
            proof = [base64.b64decode(each, validate=True) for each in said["proof"]]
        except (ValueError, KeyError, TypeError, InvalidCheckpointError):
            return _answer(400, code="MALFORMED")
        known = self._heads.get(head.origin)
        if old != (known.size if known else 0):
            return _answer(409, size=known.size if known else 0)
        if known is not None and not _grown(known, head, proof):
            return _answer(422, code="INCONSISTENT")
        self._heads[head.origin] = head
        self._notes.setdefault(head.origin, []).append(note)
        return _answer(200, size=head.size)

    def copy(self, origin: str) -> list[bytes]:
        """The lines of its copy of a log, for `turvavork verify --witness`."""
        notes = self._notes.get(origin, [])
        return [bundle.header_line(origin), *(bundle.checkpoint_line(note.encode()) for note in notes)]


def _grown(known: Checkpoint, head: Checkpoint, proof: Sequence[bytes]) -> bool:
    if not known.size or known.size == head.size:
        return known.size < head.size or known.root == head.root
    try:
        merkle.verify_consistency(known.size, head.size, proof, known.root, head.root)
    except InvalidProofError:
        return False
    return True


def _answer(status: int, **words: object) -> Answer:
    return Answer(status, "application/json", json.dumps(words).encode())
