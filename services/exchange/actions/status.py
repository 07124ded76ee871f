"""How a referral stands: told to its sender alone, by whichever name the sender knows it."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from services.exchange.model.inbox import HandedOver, Message, Quarantined, Receipt
from services.exchange.model.problems import ReferralUnknown
from services.exchange.outbound.cases import Cases
from services.exchange.store import inbox
from services.kit.db import Database, Work
from services.kit.ids import parse_reference
from services.kit.policy import Permit

_SHOWN: Final = ("basic",)


@dataclass(frozen=True, slots=True)
class ByReference:
    """Our reference, as somebody may have typed it."""

    reference: str


@dataclass(frozen=True, slots=True)
class BySenderReference:
    """The sender's reference, in one version or the latest."""

    reference: str
    version: int | None


@dataclass(frozen=True, slots=True)
class ByMessage:
    """The id of the sender's message."""

    id: str


Query: TypeAlias = ByReference | BySenderReference | ByMessage


class Statuses:
    """Answers from the case register, or with what was last known when it cannot be asked."""

    def __init__(self, database: Database, cases: Cases, *, budget: float) -> None:
        """``budget``: seconds for the question to the case register."""
        self._database, self._cases, self._budget = database, cases, budget

    async def ask(self, permit: Permit, query: Query, request_id: str) -> Receipt:
        """The status; ReferralUnknown for what this client did not send, whoever else did."""
        client = permit.caller.subject
        async with self._database.work(permit, request_id) as work:
            message = await _find(work, client, query)
            if message is None:
                raise ReferralUnknown
            decision = permit.on({"client": client})
            work.audit("disclose", [message.id], _SHOWN, decision, client=client)
        return await self.current(permit, message, request_id)

    async def current(self, permit: Permit, message: Message, request_id: str) -> Receipt:
        """A known message's status: the register's if it has it and answers, and then kept for next time.

        It is asked about what waits here as well: the register may have it, and the row not know it yet.
        """
        known = message.progress
        if isinstance(known, Quarantined):
            return Receipt(message.reference, message.status, message.status_at)
        told = await self._cases.status(permit.caller, message.reference, budget=self._budget)
        if told is None:
            current = not isinstance(known, HandedOver)
            return Receipt(message.reference, message.status, message.status_at, current)
        if isinstance(known, HandedOver) and told.status is not known.status:
            async with self._database.work(permit, request_id) as work:
                await inbox.remember_status(work, message.id, told)
                work.audit("update", [message.id], _SHOWN, client=permit.caller.subject)
        return Receipt(message.reference, told.status, told.status_at)


async def _find(work: Work, client: str, query: Query) -> Message | None:
    match query:
        case ByReference(reference):
            try:
                return await inbox.by_reference(work, client, parse_reference(reference))
            except ValueError:
                return None
        case BySenderReference(reference, version):
            return await inbox.by_sender_reference(work, client, reference, version)
        case ByMessage(message_id):
            return await inbox.by_message(work, client, message_id, of_referral=True)
