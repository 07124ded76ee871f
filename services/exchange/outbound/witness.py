"""A partner over X-Road that keeps the checkpoints of our logs: a witness that checks before it keeps.

The body is that of C2SP tlog-witness, as JSON: the size that the witness has, the proof that the log of the
new checkpoint begins with it, and the checkpoint. A witness that has another size says 409 and which, and
422 to what has not only grown. Who has the log's key and rewrites it gets no further.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import uuid4

from services.exchange.model.outbox import Rendered, Reply
from services.exchange.model.record import Record
from services.exchange.model.xroad import ServiceId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules.delivery import Failure
from services.kit import strictjson
from services.kit.checkpoint import Checkpoint
from services.kit.problem import Malformed
from services.kit.witness import Source, WitnessAwayError, WitnessRefusesError

PATH: Final = "/v1/checkpoints"
OPERATION: Final = "submitCheckpoint"
PERIOD_SECONDS: Final = 60.0
_TAKEN: Final = frozenset({200, 201})
_OTHER_SIZE: Final = 409
_INCONSISTENT: Final = 422

Logged = Callable[[Record, str], Awaitable[bytes]]


class XRoadWitness:
    """Sends checkpoints to a REST service of a partner; each try is in the message log."""

    def __init__(self, server: SecurityServer, service: ServiceId, target: str, logged: Logged) -> None:
        self._server, self._service, self._logged = server, service, logged
        self._target = target
        self._known: dict[str, int] = {}

    async def take(self, source: Source, note: str) -> None:
        """As ``kit.witness`` says."""
        head = Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")
        for _ in range(2):  # the second time with the size that the witness has said
            old = self._known.get(head.origin, 0)
            if old > head.size:
                raise WitnessRefusesError("it knows of more entries than the log has")
            reply = await self._sent(await _body(source, old, head.size, note))
            if reply.status in _TAKEN:
                self._known[head.origin] = head.size
                return
            if reply.status != _OTHER_SIZE:
                break
            self._known[head.origin] = _size(reply)
        if reply.status == _INCONSISTENT:
            raise WitnessRefusesError("status 422")
        raise WitnessAwayError(f"status {reply.status}")

    async def _sent(self, body: bytes) -> Reply:
        message_id = uuid4()
        reply = await self._server.send(
            message_id, Rendered("rest", "POST", self._target, "application/json", body)
        )
        failed = isinstance(reply, Failure)
        said = Record(
            "sent",
            str(self._service.provider),
            OPERATION,
            "delivered" if isinstance(reply, Reply) and reply.status in _TAKEN else "failed",
            protocol="rest",
            message_id=str(message_id),
            digest=hashlib.sha256(body).digest(),
            status=reply.status,
        )
        await self._logged(said, str(message_id))
        if failed or not isinstance(reply, Reply):
            raise WitnessAwayError("no answer")
        return reply


async def _body(source: Source, old: int, new: int, note: str) -> bytes:
    path = await source.consistency(old, new) if 0 < old < new else ()
    proof = [base64.b64encode(each).decode("ascii") for each in path]
    return strictjson.dumps_canonical({"old": old, "proof": proof, "checkpoint": note})


def _size(reply: Reply) -> int:
    """The size that the witness has."""
    try:
        said: Any = strictjson.loads(reply.body)
        size = said["size"]
    except (Malformed, KeyError, TypeError):
        raise WitnessAwayError("the answer is not understood") from None
    if type(size) is not int or size < 0:
        raise WitnessAwayError("the answer is not understood")
    return size
