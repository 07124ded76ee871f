"""A referral comes in: T1 stores it, cases is asked to take it, T2 records what came of that.

When as many are being handed over as there are places, cases is busy: the next ones are stored and answered
*received*, and the worker hands them over. So a flood makes answers poorer, never later or fewer.

After T1 it cannot be lost: whoever dies after it, the worker repairs. A success is answered when T2 is
committed, or when the row was stored as acknowledged; and what was acknowledged is never released again.
``cases`` takes the same reference any number of times with one effect, so two tries at once (of two requests,
or of a request and the worker) do no harm.
"""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeAlias
from uuid import UUID

from services.exchange.actions.pace import Pace
from services.exchange.actions.status import Statuses
from services.exchange.model.inbox import (
    Answer,
    Declined,
    Message,
    Raw,
    Receipt,
    Refused,
    Sender,
    Submission,
    Taken,
    Unavailable,
    Waiting,
)
from services.exchange.model.offered import REPORT
from services.exchange.model.problems import (
    BusinessRefusal,
    MessageIdReused,
    ReferralInvalid,
    ReferralUnknown,
    ReferralVersionExists,
    ReferralVersionUnexpected,
    ReferralWithdrawn,
)
from services.exchange.model.record import Record
from services.exchange.model.referral import Referral
from services.exchange.outbound.cases import Cases, Handing, groups
from services.exchange.rules.referral import Validity, broken
from services.exchange.store import inbox, incidents, record
from services.exchange.store.sealing import Sealer
from services.kit import log
from services.kit.db import Database, Work
from services.kit.ids import new_id, new_reference
from services.kit.policy import Caller, Permit
from services.kit.problem import Overloaded
from services.kit.together import Together

_RECEIVED: Final = ("basic", "identity", "contact", "risk", "narrative")
_TOLD: Final = ("basic",)
_REFUSALS: Final[Mapping[str, type[BusinessRefusal]]] = {
    each.slug: each
    for each in (
        ReferralInvalid,
        ReferralVersionExists,
        ReferralVersionUnexpected,
        ReferralWithdrawn,
        ReferralUnknown,
    )
}
#: Bytes from which on sealing would hold up all others; what is smaller costs less than a thread.
_LARGE: Final = 256 * 1024
_STORE_TRIES: Final = 3
_Arrival: TypeAlias = tuple[Permit, inbox.NewMessage, Raw]
#: The row of the inbox, and the leaf of this delivery in the message log.
_Stored: TypeAlias = tuple[Message, bytes]
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the register answered about a stored message, about to be written."""

    permit: Permit
    row_id: UUID
    answer: Answer
    request_id: str
    raw: Raw
    operation: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How intake waits for the register.

    ``places`` hand-overs are under way at once, fewer when they take longer than ``slow`` seconds; when none
    is free, and always with 0, the sender is answered at once and the hand-over is left to the worker.
    ``budget`` is the longest wait for the register, in seconds. The worker leaves a row alone for ``hold``
    after T1, and comes back to one that was acknowledged after ``retry``.
    """

    places: int = 8
    slow: float = 0.1
    budget: float = 0.3
    hold: timedelta = timedelta(seconds=5)
    retry: timedelta = timedelta(seconds=1)


class Intake:
    """Takes referrals of X-Road clients."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        database: Database,
        sealer: Sealer,
        cases: Cases,
        statuses: Statuses,
        regions: Mapping[str, Validity],
        terms: Terms,
    ) -> None:
        self._database, self._sealer = database, sealer
        self._cases, self._statuses = cases, statuses
        self._regions, self._terms = regions, terms
        self._pace = Pace(most=terms.places, slow=terms.slow)
        self._arrivals: Together[_Arrival, _Stored | None] = Together(self._store_all)
        self._outcomes: Together[_Outcome, Message] = Together(self._settle_all)
        self._handings: Together[tuple[Caller, Handing], Answer] = Together(self._hand_over_all)

    async def submit(
        self, permit: Permit, submission: Submission, referral: Referral, request_id: str
    ) -> Receipt:
        """Stores a referral and has it taken; the receipt says how it stands.

        The same message again gives the same reference, its present status, and no second effect. Raises
        ReferralInvalid or ReferralVersionExists (nothing is kept), MessageIdReused (an incident is),
        UpstreamUnavailable when the database does not take it.
        """
        self.check(referral)
        return await self.receive(permit, submission, request_id, later=False)

    def check(self, referral: Referral) -> None:
        """Raises ReferralInvalid with every rule that the referral breaks."""
        errors = broken(referral, self._database.clock.now(), self._regions)
        if errors:
            raise ReferralInvalid(errors=errors)

    async def receive(
        self, permit: Permit, submission: Submission, request_id: str, *, later: bool
    ) -> Receipt:
        """The same for a message that breaks no rule; ``later`` leaves the hand-over to the worker."""
        if later or not self._pace.free():
            return await self._receive(permit, submission, request_id, later=True)
        with self._pace.use():
            return await self._receive(permit, submission, request_id, later=False)

    async def _receive(
        self, permit: Permit, submission: Submission, request_id: str, *, later: bool
    ) -> Receipt:
        """``later`` leaves the hand-over to the worker: the row is acknowledged before the answer."""
        new = await self._sealed(permit, submission, request_id, later=later)
        raw = submission.raw
        message, leaf = await self._store(permit, new, raw)
        if message.digest != raw.digest:
            raise MessageIdReused
        if submission.operation == REPORT:  # nobody learns by it, or by how long it takes, who is known
            return replace(_told(message), leaf=leaf)
        if not isinstance(message.progress, Waiting):
            return replace(await self._statuses.current(permit, message, request_id), leaf=leaf)
        if not later:
            answer = await self._ask(permit, message, submission, request_id)
            message = await self._settle(
                _Outcome(permit, message.id, answer, request_id, raw, submission.operation)
            )
        elif message.id != new.id:  # an earlier try's row, which may still be released
            unasked = Unavailable("not-asked")
            message = await self._settle(
                _Outcome(permit, message.id, unasked, request_id, raw, submission.operation)
            )
        return replace(_told(message), leaf=leaf)

    async def _ask(self, permit: Permit, message: Message, submission: Submission, request_id: str) -> Answer:
        """What the register says within the budget; who waits for others' call waits no longer than that."""
        budget, caller, content = self._terms.budget, permit.caller, submission.referral
        sender = Sender(caller.subject, submission.sender_reference, submission.sender_version)
        if submission.about is not None:
            handing = Handing(submission.about, sender, content)
            return await self._cases.amend(caller, submission.operation, handing, budget=budget)
        handing = Handing(message.reference, sender, content, request_id)
        try:
            async with asyncio.timeout(budget):
                return await self._handings.add(caller.subject, (caller, handing))
        except TimeoutError:
            return Unavailable("upstream-unavailable")

    async def _hand_over_all(self, waiting: Sequence[tuple[Caller, Handing]]) -> Sequence[Answer]:
        """Referrals of one client, in as few calls as their bytes allow; one alone by itself."""
        (caller, first), budget = waiting[0], self._terms.budget
        if len(waiting) == 1:
            return [await self._cases.take(caller, first, budget=budget)]
        asked = groups([one for _, one in waiting])
        given = await asyncio.gather(*(self._cases.take_all(caller, group, budget=budget) for group in asked))
        return list(itertools.chain(*given))

    async def _store(self, permit: Permit, new: inbox.NewMessage, raw: Raw) -> _Stored:
        """T1. The row is new, or the one that has the id; then with an incident if its content differs."""
        for _ in range(_STORE_TRIES):
            stored = await self._arrivals.add(new.client, (permit, new, raw))
            if stored is not None:
                return stored
        raise Overloaded  # the row that was in the way was released each time

    async def _store_all(self, arrivals: Sequence[_Arrival]) -> Sequence[_Stored | None]:
        """T1 of messages of one client; None for one whose id was taken by a row that is gone by now."""
        async with self._database.work(arrivals[0][0], str(new_id())) as work:
            stored = await inbox.insert(work, [new for _, new, _ in arrivals])
            messages = []
            for permit, new, _ in arrivals:
                own = work.of_request(str(new.request_id), permit)
                known = _stored(own, new) if new.id in stored else await _met_again(own, new)
                messages.append(known)
            return await _logged(work, arrivals, messages)

    async def _sealed(
        self, permit: Permit, submission: Submission, request_id: str, *, later: bool
    ) -> inbox.NewMessage:
        row_id = new_id()
        large = len(submission.raw.body) > _LARGE
        told = (row_id, submission.raw, submission.referral)
        sealed = await asyncio.to_thread(self._sealer.seal, *told) if large else self._sealer.seal(*told)
        return inbox.NewMessage(
            id=row_id,
            request_id=UUID(request_id),
            acknowledged=later,
            hold=timedelta(0) if later else self._terms.hold,
            client=permit.caller.subject,
            message_id=submission.message_id,
            protocol=submission.raw.protocol,
            operation=submission.operation,
            digest=submission.raw.digest,
            reference=new_reference(),
            about=submission.about,
            sender_reference=submission.sender_reference,
            sender_version=submission.sender_version,
            xroad_request_id=submission.xroad_request_id,
            key_id=sealed.key_id,
            key_wrapped=sealed.key_wrapped,
            message_sealed=sealed.message,
            referral_sealed=sealed.referral,
        )

    async def _settle(self, outcome: _Outcome) -> Message:
        """T2, before the sender is answered; if somebody else has settled the row, theirs holds."""
        return await self._outcomes.add(outcome.permit.caller.subject, outcome)

    async def _settle_all(self, outcomes: Sequence[_Outcome]) -> Sequence[Message]:
        """T2 of messages of one client."""
        client = outcomes[0].permit.caller.subject
        async with self._database.work(outcomes[0].permit, str(new_id())) as work:
            taken = [(one.row_id, one.answer, None) for one in outcomes if isinstance(one.answer, Taken)]
            handed = await inbox.hand_over(work, taken)
            messages = []
            for each in outcomes:
                message = handed.get(each.row_id) or await self._recorded(work, each)
                messages.append(message or await inbox.by_id(work, each.row_id))
                own = work.of_request(each.request_id, each.permit)
                decision = each.permit.on({"client": client})
                own.audit("disclose", [each.row_id], _TOLD, decision, client=client)
            answered = zip(outcomes, messages, strict=True)
            await record.write(work, [(_answered(*pair), pair[0].request_id) for pair in answered])
            return messages

    async def _recorded(self, work: Work, outcome: _Outcome) -> Message | None:
        match outcome.answer:
            case Taken():
                return None
            case Declined():
                return await inbox.decline(work, outcome.row_id, outcome.answer)
            case Unavailable():
                return await inbox.acknowledge(work, outcome.row_id, wait=self._terms.retry)


async def _logged(
    work: Work, arrivals: Sequence[_Arrival], messages: Sequence[Message | None]
) -> Sequence[_Stored | None]:
    """The rows of the message log for what arrived; a message that is tried again has none yet."""
    known = [(message, arrival) for message, arrival in zip(messages, arrivals, strict=True) if message]
    rows = [(_received(message, new, raw), str(new.request_id)) for message, (_, new, raw) in known]
    leaves = iter(await record.write(work, rows))
    return [None if message is None else (message, next(leaves)) for message in messages]


def _received(message: Message, new: inbox.NewMessage, raw: Raw) -> Record:
    if message.id == new.id:
        result = "acknowledged" if new.acknowledged else "stored"
    else:
        result = "repeated" if message.digest == new.digest else MessageIdReused.slug
    return Record.of(
        raw, what="received", partner=new.client, operation=new.operation, result=result, about=message.id
    )


def _answered(outcome: _Outcome, message: Message) -> Record:
    refused = isinstance(message.progress, Refused)
    result = message.progress.reason if isinstance(message.progress, Refused) else message.status.value
    return Record.of(
        outcome.raw,
        what="refused" if refused else "answered",
        partner=outcome.permit.caller.subject,
        operation=outcome.operation,
        result=result,
        about=message.id,
    )


def _stored(work: Work, new: inbox.NewMessage) -> Message:
    ids: list[str | UUID] = [new.id, new.reference]
    decision = work.permit.on({"client": new.client})
    work.audit("receive", ids, _RECEIVED, decision, client=new.client)
    return Message(new.id, new.digest, new.about or new.reference, work.now, Waiting())


async def _met_again(work: Work, new: inbox.NewMessage) -> Message | None:
    """The same id came again: with the same content it is answered, with other content it is noted."""
    known = await inbox.by_message(work, new.client, new.message_id)
    if known is None:
        return None
    if known.digest == new.digest:
        work.audit("disclose", [known.id], _TOLD, client=new.client)
        return known
    reused = incidents.Reused(new_id(), new.client, new.message_id, known.id, new.digest, new.request_id)
    await incidents.record(work, reused)
    work.audit("create", [reused.id], ("technical",), client=new.client)
    _log.warning("message-id-reused", object_id=known.id)
    return known


def _told(message: Message) -> Receipt:
    if isinstance(message.progress, Refused):
        raise _REFUSALS[message.progress.reason](errors=message.progress.errors)
    return Receipt(message.reference, message.status, message.status_at)
