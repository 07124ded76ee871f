"""An agency asks for a flag: counted first, then asked of the case register, then answered, each on record.

No transaction is open while the register is asked. It alone knows: while it cannot be asked there is no
answer, and the question is not counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from services.exchange.model.flags import Flag, FlagQuestion
from services.exchange.model.problems import QuotaUsed
from services.exchange.outbound.flags import FlagRegister
from services.exchange.rules.flags import seconds_left
from services.exchange.store import quota
from services.kit.calendar import local_date
from services.kit.db import Database, Work
from services.kit.policy import Decision, Permit
from services.kit.problem import UpstreamUnavailable

T = TypeVar("T")
Answer = Callable[[Work, Flag, Decision], T]
_COUNTRY: Final = "EE"
_AGAIN: Final = "5"  # seconds


@dataclass(frozen=True, slots=True)
class Flags:
    """Answers agencies; ``most`` questions of one client a day."""

    database: Database
    register: FlagRegister
    most: int

    async def ask(self, permit: Permit, question: FlagQuestion, request_id: str, answer: Answer[T]) -> T:
        """The flag; ``answer`` makes the answer within the transaction that writes its audit row.

        Raises QuotaUsed when the client has asked ``most`` times today, and UpstreamUnavailable.
        """
        day = await self._counted(permit, question, request_id)
        try:
            flag = await self.register.flag(permit.caller, question)
        except UpstreamUnavailable:
            await self._given_back(permit, question, request_id, day)
            raise UpstreamUnavailable(headers={"Retry-After": _AGAIN}) from None
        async with self.database.work(permit, request_id) as work:
            return answer(work, flag, permit.on({}))

    async def _counted(self, permit: Permit, question: FlagQuestion, request_id: str) -> date:
        """Counts the question in the transaction of its audit row; the day that it counts for."""
        client = permit.caller.subject
        async with self.database.work(permit, request_id) as work:
            day = local_date(work.now)
            if not await quota.take(work, client, day, self.most):
                raise QuotaUsed(headers={"Retry-After": str(seconds_left(work.now))})
            work.audit("receive", about(question), decision=permit.on({}), client=client)
        return day

    async def _given_back(self, permit: Permit, question: FlagQuestion, request_id: str, day: date) -> None:
        client = permit.caller.subject
        async with self.database.work(permit, request_id) as work:
            await quota.give_back(work, client, day)
            work.audit("update", about(question), decision=permit.on({}), client=client)


def about(question: FlagQuestion) -> Sequence[str]:
    """Of whom a question is and who asks; the audit log keeps handles of them."""
    return [f"{_COUNTRY}{question.code.value}", question.asker]
