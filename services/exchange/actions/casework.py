"""The system of an agency works in the cases: the register does it, and the answer is on record here.

No transaction is open while the register is asked, and nothing waits here: it is done before it is answered,
or the sender is told to come again with the same message.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from services.exchange.model.casework import ActionList, ActionQuestion, ActionReport, ResearchAnswer, Settled
from services.exchange.outbound.casework import CaseWork
from services.kit.db import Database, Work
from services.kit.policy import Decision, Permit
from services.kit.problem import UpstreamUnavailable

T = TypeVar("T")
R = TypeVar("R")
_AGAIN: Final = {"Retry-After": "5"}  # seconds
#: Makes the answer of what the register told, within the transaction that writes its audit row.
Answer = Callable[[Work, R, Decision], T]


@dataclass(frozen=True, slots=True)
class AgencyWork:
    """What the systems of agencies may do."""

    database: Database
    register: CaseWork

    async def research(
        self,
        permit: Permit,
        message_id: str,
        told: ResearchAnswer,
        request_id: str,
        answer: Answer[Settled, T],
    ) -> T:
        """An agency tells what it knows; raises what the register raises."""
        try:
            settled = await self.register.answer(permit.caller, message_id, told)
        except UpstreamUnavailable:
            raise UpstreamUnavailable(headers=_AGAIN) from None
        return await self._answered(permit, settled, request_id, answer)

    async def report(
        self,
        permit: Permit,
        message_id: str,
        told: ActionReport,
        request_id: str,
        answer: Answer[Settled, T],
    ) -> T:
        """An agency tells what became of its action; raises what the register raises."""
        try:
            settled = await self.register.report(permit.caller, message_id, told)
        except UpstreamUnavailable:
            raise UpstreamUnavailable(headers=_AGAIN) from None
        return await self._answered(permit, settled, request_id, answer)

    async def actions(
        self, permit: Permit, asked: ActionQuestion, request_id: str, answer: Answer[ActionList, T]
    ) -> T:
        """The actions that the agency has; raises what the register raises."""
        try:
            found = await self.register.actions(permit.caller, asked)
        except UpstreamUnavailable:
            raise UpstreamUnavailable(headers=_AGAIN) from None
        return await self._answered(permit, found, request_id, answer)

    async def _answered(self, permit: Permit, told: R, request_id: str, answer: Answer[R, T]) -> T:
        async with self.database.work(permit, request_id) as work:
            return answer(work, told, permit.on({}))


def about(told: Settled | ActionList) -> Sequence[str]:
    """Of what an answer tells; the audit log keeps handles of it."""
    return [str(told.id)] if isinstance(told, Settled) else [str(each.id) for each in told.items]
