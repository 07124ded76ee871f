"""Whoever sent a message and holds its receipt gets the proof that the message log has it."""

from collections.abc import Callable
from typing import TypeVar

from services.exchange.model.record import Proof
from services.exchange.store import record
from services.kit import logtree
from services.kit.db import Database, Work
from services.kit.policy import Decision, Permit
from services.kit.problem import NotFound

T = TypeVar("T")
Answer = Callable[[Work, Proof, Decision], T]


class Receipts:
    """Proofs for the senders of messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prove(
        self, permit: Permit, leaf: bytes, size: int | None, request_id: str, answer: Answer[T]
    ) -> T:
        """The proof in the newest signed tree, or in the one of ``size``; ``answer`` makes the answer.

        Raises NotFound for a receipt of somebody else, for none, and for a tree that does not have it or is
        not signed.
        """
        client = permit.caller.subject
        async with self._database.work(permit, request_id) as work:
            index = await record.place_of(work, leaf, client)
            head = await logtree.newest_head(work.fetch, record.LOG)
            whole = size or (0 if head is None else head.size)
            note = await logtree.note_of(work.fetch, whole, record.LOG)
            if index is None or note is None or index >= whole:
                raise NotFound
            path = await logtree.inclusion_proof(work.fetch, index, whole, record.LOG)
            proof = Proof(index, whole, leaf, path, note)
            return answer(work, proof, permit.on({"client": client}))
