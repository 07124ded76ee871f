"""What came over X-Road and is not kept in the inbox is in the message log all the same.

A referral is written down in the transaction that stores it. All else (a question, a refusal) is written when
its answer is known and before it leaves, many in one transaction; without the row there is no answer.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from services.exchange.model.record import Record
from services.exchange.store import record as store
from services.kit.db import Database
from services.kit.ids import new_id
from services.kit.policy import Caller, Policy
from services.kit.together import Together

DONE: Final = "done"
_Row: TypeAlias = tuple[Record, str]


class Records:
    """Writes rows of the message log for whoever has no transaction of his own."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        caller = Caller.system("service:exchange", "exchange")
        self._permit = policy.permit(caller, "log_message", "accountability")
        self._rows: Together[_Row, bytes] = Together(self._write)

    async def write(self, record: Record, request_id: str) -> bytes:
        """Commits one row; its leaf. Raises UpstreamUnavailable (503) when it cannot."""
        return await self._rows.add("row", (record, request_id))

    async def _write(self, rows: Sequence[_Row]) -> Sequence[bytes]:
        async with self._database.work(self._permit, str(new_id())) as work:
            return await store.write(work, rows)
