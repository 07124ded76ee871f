"""Looking for earlier referrals of the same people: our own worker does, which alone sees all regions.

Receiving a referral does not wait for it. When one is accepted it is looked at again, and so are those that
tell of later incidents, as it is from then on their earlier one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from services.cases.model.codes import EventType
from services.cases.model.ids import ReferralId
from services.cases.model.repeats import Finding, RepeatRules
from services.cases.model.states import state_name
from services.cases.rules import events as told
from services.cases.rules import repeats as rules
from services.cases.store import events, referrals, repeats
from services.kit.db import Database, Work
from services.kit.policy import Caller, Policy

PURPOSE: Final = "intake"
WORKER: Final = "worker:repeats"
BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class RepeatFinder:
    """Looks at referrals that wait for it; any number may run, each referral is one's at a time."""

    database: Database
    policy: Policy
    rules: RepeatRules

    async def round(self, most: int = BATCH) -> int:
        """Takes what is due, in one transaction; how many it took."""
        permit = self.policy.permit(Caller.system(WORKER, "cases"), "find_repeats", PURPOSE)
        async with self.database.work(permit, str(uuid4())) as work:
            due = await repeats.claim(work, most)
            if due:
                await self._look(work, due)
        return len(due)

    async def _look(self, work: Work, due: Sequence[ReferralId]) -> None:
        asked = await repeats.asked(work, due)
        found = {each.referral: rules.findings(each.incidents, each.earlier, self.rules) for each in asked}
        grounds = {each: rules.is_ground(ones, self.rules) for each, ones in found.items()}
        for referral, is_ground in grounds.items():
            if is_ground:
                await self._tell(work, referral, found)
        await repeats.settle(work, found, grounds, self.rules.ground)
        await repeats.again(work, due)
        work.audit("update", due, {"risk"})

    async def _tell(
        self, work: Work, referral: ReferralId, found: Mapping[ReferralId, Sequence[Finding]]
    ) -> None:
        """That a ground was found, once."""
        stored = await referrals.locked(work, referral)
        if stored is None or self.rules.ground in stored.grounds_found:
            return
        [finding] = [each for each in found[referral] if each.definition == self.rules.in_force]
        data = told.repeat_found(stored.head, state_name(stored.state), self.rules.ground, finding)
        await events.append(work, stored.head.case, [(EventType.GROUND_FOUND, data)])
