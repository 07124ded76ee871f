"""Handing over what was stored and not handed over while its sender waited."""

import asyncio
import itertools
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
)
from services.exchange.model.offered import SUBMIT
from services.exchange.outbound.cases import Cases, Handing, groups
from services.exchange.rules import delivery
from services.exchange.rules import inbox as rules
from services.exchange.store import inbox
from services.exchange.store.sealing import Sealer
from services.kit import log
from services.kit.db import Database, Work
from services.kit.policy import Permit
from services.kit.sealed import SealBroken

_TOLD: Final = ("basic",)
_BROKEN: Final = Declined("seal-broken")
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How the worker waits: ``budget`` in seconds for one call; a group that fails is asked about once more.

    A register that answers wrongly ``tries_of_wrong`` times about a message makes it wait for a person. The
    longest wait is short, other than for a partner: the register is ours, and who was told *received* has the
    referral at work soon after the register is back.
    """

    budget: float = 5.0
    tries_of_wrong: int = 5
    retry: delivery.Terms = field(default_factory=lambda: delivery.Terms(longest=timedelta(seconds=10)))


class Repair:
    """Tries again, for rows that the worker has claimed."""

    def __init__(self, database: Database, sealer: Sealer, cases: Cases, terms: Terms) -> None:
        self._database, self._sealer, self._cases, self._terms = database, sealer, cases, terms

    async def hand_over(
        self, permit: Permit, due: Sequence[Due], request_id: str
    ) -> Sequence[Message | None]:
        """The worker's try for rows that it has claimed; None for each that is not this claim's any more.

        A register that cannot be asked makes them wait; one that refuses a referral makes it wait for a
        person: somebody may have been told of a success. Raises what the database raises.
        """
        answers = await self._answers(permit, due)
        async with self._database.work(permit, request_id) as work:
            settled = await self._record(work, list(zip(due, answers, strict=True)))
            for one in due:
                work.audit("update", [one.id], _TOLD, client=one.client)
        for one, message in zip(due, settled, strict=True):
            if message is not None and isinstance(message.progress, Quarantined):
                _log.error("referral-quarantined", object_id=one.id, reason=message.progress.reason)
        return settled

    async def _answers(self, permit: Permit, due: Sequence[Due]) -> Sequence[Answer]:
        """What the register says of each; those that cannot be opened are not asked about."""
        opened = {one: handing for one in due if (handing := self._opened(one)) is not None}
        amending = [one for one in opened if one.operation != SUBMIT]
        taking = [one for one in opened if one.operation == SUBMIT]
        calls = [self._amended(permit, one, opened[one]) for one in amending]
        calls += [self._taken(permit, group) for group in groups([opened[one] for one in taking])]
        given = await asyncio.gather(*calls)
        told = dict(zip([*amending, *taking], itertools.chain(*given), strict=True))
        return [told.get(one, _BROKEN) for one in due]

    async def _taken(self, permit: Permit, group: Sequence[Handing]) -> Sequence[Answer]:
        return await self._cases.take_all(permit.caller, group, budget=self._terms.budget)

    async def _amended(self, permit: Permit, due: Due, handing: Handing) -> Sequence[Answer]:
        budget = self._terms.budget
        return [await self._cases.amend(permit.caller, due.operation, handing, budget=budget)]

    def _opened(self, due: Due) -> Handing | None:
        try:
            referral = self._sealer.referral(due)
        except SealBroken as error:
            _log.critical("seal-broken", object_id=due.id, exc_info=error)
            return None
        sender = Sender(due.client, due.sender_reference, due.sender_version)
        return Handing(due.about or due.reference, sender, referral)

    def _judged(self, due: Due, answer: Answer) -> rules.Verdict:
        terms = rules.Terms(self._terms.tries_of_wrong, self._terms.retry)
        return rules.verdict(answer, due.attempts, terms, secrets.randbelow(1001))

    async def _record(self, work: Work, tried: Sequence[tuple[Due, Answer]]) -> Sequence[Message | None]:
        """The results in the order of the tries; those that were taken in one statement."""
        found = [(due, self._judged(due, answer)) for due, answer in tried]
        taken = [(due.id, verdict, due.fence) for due, verdict in found if isinstance(verdict, Taken)]
        handed = await inbox.hand_over(work, taken)
        settled: list[Message | None] = []
        for due, verdict in found:
            match verdict:
                case Taken():
                    settled.append(handed.get(due.id))
                case Declined():
                    settled.append(await inbox.put_aside(work, due, verdict))
                case rules.Postpone(wait=wait):
                    await inbox.postpone(work, due, wait=wait)
                    settled.append(None)
        return settled
