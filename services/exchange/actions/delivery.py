"""Delivering the heads of queues: at least once, in order, the same id and bytes in every try.

A try is written down only while its lease holds. Whoever dies between sending and writing down leaves the
message to the next worker, which sends the same again; partners know it by its id.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final
from uuid import UUID, uuid4

from services.exchange.actions.notices import Notices, Said, release
from services.exchange.actions.recovery import Recovery
from services.exchange.model.feed import NoticeStopped
from services.exchange.model.outbox import Envelope, Head, Lease, OutState, Try
from services.exchange.model.record import Record
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules import delivery, queue
from services.exchange.rules.delivery import Failure, History, Origin, Reason
from services.exchange.rules.queue import Ended, Postpone, Settle, Verdict
from services.exchange.store import outbox, record
from services.exchange.store.bodies import Bodies
from services.exchange.wire import answers
from services.kit import log
from services.kit.db import Database, Work
from services.kit.policy import Permit
from services.kit.problem import UpstreamUnavailable, UpstreamWrong
from services.kit.sealed import SealBroken

_SHOWN: Final = ("technical",)
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a lease lasts, whether answers must prove what they answer, how failures are followed up."""

    lease: timedelta = timedelta(seconds=15)
    hash_demanded: bool = False
    retry: delivery.Terms = field(default_factory=delivery.Terms)


class Courier:
    """Takes heads of queues and brings them to their partner."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        database: Database,
        server: SecurityServer,
        notices: Notices,
        bodies: Bodies,
        permit: Permit,
        child_permit: Permit,
        terms: Terms,
    ) -> None:
        self._database, self._server = database, server
        self._notices, self._bodies = notices, bodies
        self._permit, self._child_permit, self._terms = permit, child_permit, terms
        self._recovery = Recovery()

    async def claim(self, partner: str, limit: int) -> Sequence[Head]:
        """Heads that are due and nobody else's; raises UpstreamUnavailable without the database."""
        earned = self._recovery.earned(partner)
        async with self._database.work(self._permit, str(uuid4())) as work:
            if earned:
                self._recovery.found(partner, await outbox.bring_forward(work, partner, most=earned))
            return await outbox.claim(work, partner, limit=limit, lease=self._terms.lease)

    async def renew(self, partner: str, leases: Sequence[Lease]) -> frozenset[UUID]:
        """Prolongs leases; the streams of those that still hold."""
        async with self._database.work(self._permit, str(uuid4())) as work:
            return await outbox.renew(work, partner, leases, lease=self._terms.lease)

    async def give_back(self, lease: Lease) -> None:
        """Ends a lease without a result, so that nobody waits for its end."""
        async with self._database.work(self._permit, str(uuid4())) as work:
            await outbox.release(work, lease)

    async def deliver(self, head: Head) -> None:
        """One try, and what follows of it; raises UpstreamUnavailable when it cannot be written down."""
        began = monotonic()
        failure: Ended
        envelope = head.envelope
        try:
            content = envelope or await self._content(head)
            if isinstance(content, Envelope):
                envelope = content
                failure = await self._send(head, content)
            else:
                failure = content
        except SealBroken as error:
            _log.critical("seal-broken", message_id=head.id, exc_info=error)
            failure = Reason.SEAL_BROKEN
        await self._record(head, envelope, failure, round((monotonic() - began) * 1000))

    async def _send(self, head: Head, envelope: Envelope) -> Failure | None:
        message = self._bodies.open(head.id, envelope)
        try:
            reply = await self._server.send(head.id, message)
            if isinstance(reply, Failure):
                return reply
            return answers.failure(head.id, message, reply, hash_demanded=self._terms.hash_demanded)
        except Exception as error:  # noqa: BLE001 - an answer that breaks the reader must not come for ever
            _log.error("answer-not-understood", message_id=head.id, exc_info=error)
            return Failure(Origin.ANSWER, "not-understood")

    async def _content(self, head: Head) -> Envelope | Failure | NoticeStopped | Reason:
        """What a message says that was enqueued before it could be had: fetched now, kept for ever."""
        wish = self._notices.wish(head.event_id, head.lease.partner, head.kind, head.about)
        if wish is None:
            return Reason.NOTICE_UNAVAILABLE
        try:
            said = await (
                self._notices.say(wish, head.id)
                if head.about is None
                else self._notices.say_of_child(wish, head.about, head.id)
            )
        except UpstreamUnavailable:
            return Failure(Origin.TRANSPORT, "case-register")
        except UpstreamWrong:
            return Failure(Origin.ANSWER, "case-register")
        if not isinstance(said, Said):
            return said
        permit = self._permit if head.about is None else self._child_permit
        async with self._database.work(permit, str(uuid4())) as work:
            envelope = release(work, said, head.id, head.lease.partner)
            if isinstance(envelope, Envelope) and not await outbox.keep_content(work, head, envelope):
                return Failure(Origin.TRANSPORT, "lease-lost")
        return envelope

    async def _record(self, head: Head, envelope: Envelope | None, failure: Ended, duration_ms: int) -> None:
        history = History(head.lease.tries, head.lease.unknown_tries)
        found = queue.verdict(failure, history, self._terms.retry, secrets.randbelow(1001))
        async with self._database.work(self._permit, str(uuid4())) as work:
            kept = await _written(work, head, found, _tried(failure, found, duration_ms))
            if not isinstance(failure, NoticeStopped):  # it never was a message
                await record.write(work, [(_sent(head, envelope, failure, kept=kept), work.request_id)])
            if kept:
                work.audit("update", [head.id], _SHOWN, client=head.lease.partner)
        if kept and failure is None:
            self._recovery.succeeded(head.lease.partner)
        if not kept:
            _log.warning("lease-lost", message_id=head.id, stream_id=head.lease.stream)
        elif isinstance(found, Settle) and found.state is OutState.QUARANTINED:
            _log.error("message-quarantined", message_id=head.id, reason=found.reason)


async def _written(work: Work, head: Head, found: Verdict, tried: Try) -> bool:
    """Whether the try was written down: not when the lease was lost."""
    match found:
        case Postpone(wait=wait, unknown=unknown, asked=asked):
            return await outbox.again(work, head, tried, wait=wait, unknown=unknown, asked=asked)
        case Settle(state=OutState.DELIVERED):
            return await outbox.delivered(work, head, tried)
        case Settle(state=OutState.QUARANTINED, reason=str(reason)):
            return await outbox.quarantine(work, head, tried, reason)
        case _:
            return await outbox.stopped(work, head)


def _tried(failure: Ended, found: Verdict, duration_ms: int) -> Try:
    outcome = "failed" if isinstance(found, Postpone) else found.state.value
    if isinstance(failure, Failure):
        return Try(
            duration_ms, outcome, failure.origin.value, delivery.clean_code(failure.code), failure.status
        )
    if isinstance(failure, Reason):
        return Try(duration_ms, outcome, "content", failure.value)
    return Try(duration_ms, outcome)


def _sent(head: Head, envelope: Envelope | None, failure: Failure | Reason | None, *, kept: bool) -> Record:
    """One try in the message log, whether or not its result still counted."""
    code, status = None, None
    if isinstance(failure, Failure):
        code, status = delivery.clean_code(failure.code), failure.status
    elif failure is not None:
        code = failure.value
    return Record(
        "sent",
        head.lease.partner,
        head.kind,
        "lease-lost" if not kept else "delivered" if failure is None else "failed",
        protocol=None if envelope is None else envelope.protocol,
        message_id=str(head.id),
        digest=None if envelope is None else envelope.sealed.digest,
        about=head.id,
        code=code,
        status=status,
    )
