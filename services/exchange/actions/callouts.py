"""Asking the police how often they were called about two people: one fresh message, no transaction meanwhile.

That it is asked is in the audit log before the message leaves, the try in the message log before the answer
does. Whoever asks tries again later: here nothing is kept.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.exchange.model.callouts import KIND, CallOutQuestion, CallOuts
from services.exchange.model.contract import SoapContract
from services.exchange.model.outbox import Rendered
from services.exchange.model.problems import CallOutsRefused
from services.exchange.model.record import Record
from services.exchange.model.xroad import ClientId
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules import delivery
from services.exchange.rules.delivery import Failure, Nature, Origin
from services.exchange.store import record
from services.exchange.wire import answers, callouts
from services.kit import log
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.policy import Permit
from services.kit.problem import UpstreamUnavailable

#: Shorter than whoever asks us waits for the answer.
PATIENCE: Final = 20.0
_SHOWN: Final = ("identity",)
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that may leave within this transaction."""

    message: UUID
    callouts: CallOuts


@dataclass(frozen=True, slots=True)
class CallOutDesk:
    """Asks over X-Road; ``contract`` is the one of the police."""

    database: Database
    server: SecurityServer
    us: ClientId
    contract: SoapContract
    hash_demanded: bool = False

    async def ask(self, permit: Permit, request_id: str, question: CallOutQuestion) -> Asked:
        """One try, under an id of its own.

        Raises UpstreamUnavailable when it may be asked again later, CallOutsRefused when that is of no use.
        """
        message_id = new_id()
        message = callouts.render(self.contract, self.us, message_id, question)
        partner = str(self.contract.service.provider)
        async with self.database.work(permit, request_id) as work:
            work.audit("send", [message_id], _SHOWN, permit.on({}), client=partner)
        found = await self._try(message_id, message, question)
        async with self.database.work(permit, request_id) as work:
            await self._written(work, message_id, message, found, question)
        if isinstance(found, CallOuts):
            return Asked(message_id, found)
        _log.warning("call-outs-not-had", message_id=message_id)
        raise CallOutsRefused if delivery.nature(found) is Nature.PERMANENT else UpstreamUnavailable

    async def _try(
        self, message_id: UUID, message: Rendered, question: CallOutQuestion
    ) -> CallOuts | Failure:
        try:
            async with asyncio.timeout(PATIENCE):
                reply = await self.server.send(message_id, message)
        except TimeoutError:
            return Failure(Origin.TRANSPORT, "timeout")
        if isinstance(reply, Failure):
            return reply
        failure = answers.failure(message_id, message, reply, hash_demanded=self.hash_demanded)
        if failure is not None:
            return failure
        try:
            payload = answers.payload(reply.headers.get("content-type"), reply.body)
            days = callouts.days(self.contract, question, payload)
        except callouts.AnswerUnfit:
            return Failure(Origin.ANSWER, "unfit", reply.status)
        return CallOuts(str(self.contract.service.provider), days)

    async def _written(
        self,
        work: Work,
        message_id: UUID,
        message: Rendered,
        found: CallOuts | Failure,
        question: CallOutQuestion,
    ) -> None:
        """The try in the message log."""
        failed = isinstance(found, Failure)
        said = Record(
            "sent",
            str(self.contract.service.provider),
            KIND,
            "failed" if failed else "delivered",
            protocol=message.protocol,
            message_id=str(message_id),
            digest=hashlib.sha256(message.body).digest(),
            code=delivery.clean_code(found.code) if isinstance(found, Failure) else None,
            status=found.status if isinstance(found, Failure) else None,
            headers={"issue": question.reference},
        )
        await record.write(work, [(said, work.request_id)])
