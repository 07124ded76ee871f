"""A sender takes its referral back: before a decision it ends with that, after one the decision stands."""

from dataclasses import dataclass

from services.cases.actions.duties import Duties
from services.cases.actions.screening import resource
from services.cases.catalog import Catalog
from services.cases.model.codes import EventType
from services.cases.model.duties import Outcome
from services.cases.model.problems import ReferralVersionUnexpected
from services.cases.model.referral import Sender, Withdrawal
from services.cases.model.states import ACTIONS, Withdraw, state_name
from services.cases.rules import events as told
from services.cases.rules.duties import SCREENING
from services.cases.rules.transitions import step
from services.cases.store import events, referrals
from services.cases.store.referrals import Stored
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound

_CLASSES = frozenset({"basic"})


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """Takes withdrawals, within the caller's transaction."""

    catalog: Catalog

    async def withdraw(self, work: Work, reference: str, withdrawal: Withdrawal) -> tuple[Stored, Decision]:
        """Withdraws a referral once; the same again changes nothing. The referral as it stands then.

        What was told of children is not taken back: whoever lives with violence is told of, and only a person
        stops that. Raises NotFound for what this sender did not send, ReferralVersionUnexpected, Malformed
        for a reason that is not published.
        """
        stored, decision = await mine(work, reference, withdrawal.sender)
        if withdrawal.reason not in self.catalog.withdrawals:
            raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])
        if stored.last_version != withdrawal.sender.version:
            raise unexpected(stored.last_version)
        if stored.withdrawn_at is not None:
            return stored, decision
        await self._write(work, stored, withdrawal)
        work.audit(
            "update", [stored.head.id, stored.head.case], _CLASSES, decision, client=stored.head.sender
        )
        after = await referrals.locked(work, stored.head.id)
        if after is None:
            raise NotFound
        return after, decision

    async def _write(self, work: Work, stored: Stored, withdrawal: Withdrawal) -> None:
        action = Withdraw(withdrawal.reason, work.now)
        undecided = (state_name(stored.state), ACTIONS[Withdraw]) in self.catalog.transitions
        state = step(stored.state, action, self.catalog.transitions) if undecided else stored.state
        await referrals.withdraw(work, stored, state, withdrawal.reason)
        if undecided:
            duties = Duties(self.catalog.clocks)
            await duties.settle(work, stored.head.id, SCREENING, outcome=Outcome.DROPPED)
        news = told.withdrawn(stored.head, state_name(state), withdrawal.reason)
        await events.append(work, stored.head.case, [(EventType.WITHDRAWN, news)])


async def mine(work: Work, reference: str, sender: Sender) -> tuple[Stored, Decision]:
    """The referral with a public reference, locked, and the decision; NotFound unless this sender sent it."""
    found = await referrals.by_reference(work, reference)
    stored = None if found is None else await referrals.locked(work, found.head.id)
    if stored is None:
        raise NotFound
    decision = work.permit.on(await resource(work, stored))
    if (stored.head.sender, stored.sender_reference) != (sender.client, sender.reference):
        raise NotFound
    return stored, decision


def unexpected(expected: int | None) -> ReferralVersionUnexpected:
    """The refusal that says which version is expected."""
    error = FieldError("/sender/version", "expected", f"version {expected} is expected")
    return ReferralVersionUnexpected(errors=[error])
