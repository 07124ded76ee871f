"""Handing over what was stored and not handed over while its sender waited."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from services.exchange.model.inbox import (
    Answer,
    Declined,
    Due,
    Message,
    Quarantined,
    Sender,
    Taken,
    Unavailable,
)
from services.exchange.outbound.cases import WRONG, Cases
from services.exchange.rules import delivery
from services.exchange.store import inbox
from services.exchange.store.sealing import Sealer
from services.kit import log
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.policy import Permit
from services.kit.sealed import SealBroken
from services.kit.together import Together

_TOLD: Final = ("basic",)
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How the worker waits: ``budget`` in seconds for one call.

    A register that answers wrongly ``tries_of_wrong`` times about a message makes it wait for a person. The
    longest wait is short, other than for a partner: the register is ours, and who was told *received* has the
    referral at work soon after the register is back.
    """

    budget: float = 5.0
    tries_of_wrong: int = 5
    retry: delivery.Terms = field(default_factory=lambda: delivery.Terms(longest=timedelta(seconds=10)))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the register said of a claimed row, about to be written."""

    permit: Permit
    request_id: str
    due: Due
    answer: Answer


class Repair:
    """Tries again, for rows that the worker has claimed."""

    def __init__(self, database: Database, sealer: Sealer, cases: Cases, terms: Terms) -> None:
        self._database, self._sealer, self._cases, self._terms = database, sealer, cases, terms
        self._outcomes: Together[_Outcome, Message | None] = Together(self._record_all)

    async def hand_over(self, permit: Permit, due: Due, request_id: str) -> Message | None:
        """The worker's try for a row that it has claimed; None when the row is not this claim's any more.

        A register that cannot be asked makes it wait; one that refuses makes it wait for a person: somebody
        may have been told of a success. Raises what the database raises.
        """
        answer = await self._answer_to(permit, due)
        settled = await self._outcomes.add(permit.operation, _Outcome(permit, request_id, due, answer))
        if settled is not None and isinstance(settled.progress, Quarantined):
            _log.error("referral-quarantined", object_id=due.id, reason=settled.progress.reason)
        return settled

    async def _answer_to(self, permit: Permit, due: Due) -> Answer:
        try:
            referral = self._sealer.referral(due)
        except SealBroken as error:
            _log.critical("seal-broken", object_id=due.id, exc_info=error)
            return Declined("seal-broken")
        sender = Sender(due.client, due.sender_reference, due.sender_version)
        answer = await self._cases.take(
            permit.caller, due.reference, referral, sender, budget=self._terms.budget
        )
        wrong = isinstance(answer, Unavailable) and answer.code == WRONG
        return Declined(WRONG) if wrong and due.attempts >= self._terms.tries_of_wrong else answer

    async def _record_all(self, outcomes: Sequence[_Outcome]) -> Sequence[Message | None]:
        async with self._database.work(outcomes[0].permit, str(new_id())) as work:
            settled = []
            for each in outcomes:
                settled.append(await self._record(work, each.due, each.answer))
                own = work.of_request(each.request_id)
                own.audit("update", [each.due.id], _TOLD, client=each.due.client)
            return settled

    async def _record(self, work: Work, due: Due, answer: Answer) -> Message | None:
        if isinstance(answer, Taken):
            return await inbox.hand_over(work, due.id, answer, fence=due.fence)
        if isinstance(answer, Declined):
            return await inbox.put_aside(work, due, answer)
        wait = delivery.wait(due.attempts, self._terms.retry, secrets.randbelow(1001))
        await inbox.postpone(work, due, wait=wait)
        return None
