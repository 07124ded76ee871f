"""Delivering the heads of queues: at least once, in order, the same id and bytes in every try.

A try is written down only while its lease holds. Whoever dies between sending and writing down leaves the
message to the next worker, which sends the same again; partners know it by its id. What is fetched at once
is fetched and kept together, and what ends at once is written down together (``kit.together``): a message
costs less the more of them there are. Each is still sent by itself.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final, TypeAlias
from uuid import UUID, uuid4

from services.exchange.actions.notices import Notices, Said, Wish, release
from services.exchange.actions.recovery import Recovery
from services.exchange.model.feed import NoticeStopped
from services.exchange.model.outbox import Envelope, Head, Lease, OutState, Try
from services.exchange.model.record import Record
from services.exchange.outbound.securityserver import SecurityServer
from services.exchange.rules import delivery, queue
from services.exchange.rules.delivery import Failure, History, Origin, Reason
from services.exchange.rules.queue import Ended, Postpone, Settle, Verdict
from services.exchange.store import outbox, record, results
from services.exchange.store.bodies import Bodies
from services.exchange.store.results import Result
from services.exchange.wire import answers
from services.kit import log
from services.kit.db import Database
from services.kit.policy import Permit
from services.kit.problem import Problem, UpstreamUnavailable, UpstreamWrong
from services.kit.sealed import SealBroken
from services.kit.together import Together

AT_ONCE: Final = 32  # notices that are asked for in one call
#: What a message says, or why it says nothing.
Content: TypeAlias = Envelope | Failure | NoticeStopped | Reason
Answered: TypeAlias = Said | NoticeStopped | Reason | Problem
_SHOWN: Final = ("technical",)
_LOST: Final = Failure(Origin.TRANSPORT, "lease-lost")
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a lease lasts, whether answers must prove what they answer, how failures are followed up."""

    lease: timedelta = timedelta(seconds=15)
    hash_demanded: bool = False
    retry: delivery.Terms = field(default_factory=delivery.Terms)


@dataclass(frozen=True, slots=True)
class Ending:
    """A try that has ended, and the request under which it stands in the logs."""

    head: Head
    envelope: Envelope | None
    failure: Ended
    duration_ms: int
    request_id: str


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
        self._fetched: Together[tuple[Head, Wish], Content] = Together(self._fetch, most=AT_ONCE)
        self._ended: Together[Ending, bool] = Together(self._record)

    async def claim(self, partner: str, limit: int) -> Sequence[Head]:
        """Heads that are due and nobody else's; raises UpstreamUnavailable without the database."""
        earned = self._recovery.earned(partner)
        async with self._database.work(self._permit, str(uuid4())) as work:
            if earned:
                self._recovery.found(partner, await outbox.bring_forward(work, partner, most=earned))
            return await outbox.claim(work, partner, limit=limit, lease=self._terms.lease)

    async def renew(self, leases: Sequence[Lease]) -> frozenset[UUID]:
        """Prolongs leases; the streams of those that still hold."""
        async with self._database.work(self._permit, str(uuid4())) as work:
            return await outbox.renew(work, leases, lease=self._terms.lease)

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
        duration_ms = round((monotonic() - began) * 1000)
        await self._end(Ending(head, envelope, failure, duration_ms, str(uuid4())))

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

    async def _content(self, head: Head) -> Content:
        """What a message says that was enqueued before it could be had: fetched now, kept for ever."""
        wish = self._notices.wish(head.event_id, head.lease.partner, head.kind, head.about)
        if wish is None:
            return Reason.NOTICE_UNAVAILABLE
        return await self._fetched.add(head.about is None, (head, wish))

    async def _fetch(self, wanted: Sequence[tuple[Head, Wish]]) -> Sequence[Content]:
        """Fetches what is told of children by one question, all else by one each; then keeps it at once."""
        of_children = all(head.about is not None for head, _ in wanted)
        said = await (self._of_children(wanted) if of_children else self._of_referrals(wanted))
        ready = {head: one for (head, _), one in zip(wanted, said, strict=True) if isinstance(one, Said)}
        permit = self._child_permit if of_children else self._permit
        kept = await self._keep(permit, ready) if ready else {}
        return [
            kept[head] if isinstance(one, Said) else _unsaid(one)
            for (head, _), one in zip(wanted, said, strict=True)
        ]

    async def _of_children(self, wanted: Sequence[tuple[Head, Wish]]) -> Sequence[Answered]:
        asked = [(wish, head.about, head.id) for head, wish in wanted if head.about is not None]
        return await self._notices.say_of_children(asked)

    async def _of_referrals(self, wanted: Sequence[tuple[Head, Wish]]) -> Sequence[Answered]:
        return await asyncio.gather(*(self._of_referral(head, wish) for head, wish in wanted))

    async def _of_referral(self, head: Head, wish: Wish) -> Answered:
        try:
            return await self._notices.say(wish, head.id)
        except (UpstreamUnavailable, UpstreamWrong) as problem:
            return problem

    async def _keep(self, permit: Permit, ready: Mapping[Head, Said]) -> Mapping[Head, Content]:
        """Lets messages out and keeps their bytes; what must not be said is not kept, and not sent."""
        async with self._database.work(permit, str(uuid4())) as work:
            found: dict[Head, Content] = {
                head: release(work.of_request(str(uuid4()), permit), said, head.id, head.lease.partner)
                for head, said in ready.items()
            }
            made = [(head, one) for head, one in found.items() if isinstance(one, Envelope)]
            held = await outbox.keep_content(work, made)
        lost = {head: _LOST for (head, _), holds in zip(made, held, strict=True) if not holds}
        return found | lost

    async def _end(self, ending: Ending) -> None:
        head = ending.head
        kept = await self._ended.add("ended", ending)
        if kept and ending.failure is None:
            self._recovery.succeeded(head.lease.partner)
        if not kept:
            _log.warning("lease-lost", message_id=head.id, stream_id=head.lease.stream)

    async def _record(self, endings: Sequence[Ending]) -> Sequence[bool]:
        """Writes down what came of tries; False for each whose lease was lost."""
        found = [self._result(one) for one in endings]
        async with self._database.work(self._permit, endings[0].request_id) as work:
            kept = await results.write(work, found)
            tries = list(zip(endings, kept, strict=True))
            # What a person has stopped never was a message.
            sent = [(one, each) for one, each in tries if not isinstance(one.failure, NoticeStopped)]
            await record.write(work, [(_sent(one, kept=each), one.request_id) for one, each in sent])
            for one in (one for one, each in tries if each):
                own = work.of_request(one.request_id, work.permit)
                own.audit("update", [one.head.id], _SHOWN, client=one.head.lease.partner)
        for result, holds in zip(found, kept, strict=True):
            verdict = result.verdict
            if holds and isinstance(verdict, Settle) and verdict.state is OutState.QUARANTINED:
                _log.error("message-quarantined", message_id=result.head.id, reason=verdict.reason)
        return kept

    def _result(self, ending: Ending) -> Result:
        lease = ending.head.lease
        history = History(lease.tries, lease.unknown_tries)
        found = queue.verdict(ending.failure, history, self._terms.retry, secrets.randbelow(1001))
        stopped = isinstance(ending.failure, NoticeStopped)
        tried = None if stopped else _tried(ending.failure, found, ending.duration_ms)
        return Result(ending.head, found, tried)


def _unsaid(told: NoticeStopped | Reason | Problem) -> Failure | NoticeStopped | Reason:
    """What follows when there is nothing to send."""
    if isinstance(told, Problem):
        away = isinstance(told, UpstreamUnavailable)
        return Failure(Origin.TRANSPORT if away else Origin.ANSWER, "case-register")
    return told


def _tried(failure: Ended, found: Verdict, duration_ms: int) -> Try:
    outcome = "failed" if isinstance(found, Postpone) else found.state.value
    if isinstance(failure, Failure):
        return Try(
            duration_ms, outcome, failure.origin.value, delivery.clean_code(failure.code), failure.status
        )
    if isinstance(failure, Reason):
        return Try(duration_ms, outcome, "content", failure.value)
    return Try(duration_ms, outcome)


def _sent(ending: Ending, *, kept: bool) -> Record:
    """One try in the message log, whether or not its result still counted."""
    head, envelope, failure = ending.head, ending.envelope, ending.failure
    code, status = None, None
    if isinstance(failure, Failure):
        code, status = delivery.clean_code(failure.code), failure.status
    elif isinstance(failure, Reason):
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
