"""Asking for scores: at once on receipt, and again later when the scorer was away."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from services.cases.model.codes import Answer, EventType, ScoreState, State
from services.cases.model.published import Transitions
from services.cases.model.referral import AssessmentFacts
from services.cases.model.states import GoUnscored, Received, Scored
from services.cases.outbound import RiskScore, ScoreAnswer, ScoreRefusedError
from services.cases.rules import events as told
from services.cases.rules.transitions import step
from services.cases.store import assessments, contents, events, keys, referrals
from services.cases.store.assessments import Due
from services.kit import log
from services.kit.db import Database, Work
from services.kit.policy import Caller, Permit, Policy
from services.kit.problem import UpstreamUnavailable, UpstreamWrong
from services.kit.sealed import DataKey, KeyRing, SealBroken

PURPOSE = "intake"
WORKER = "worker:intake"
_BATCH = 20
_AT_ONCE = 4
_PATIENCE = 5.0
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rescorer:
    """Scores what waits for a score; any number may run, each referral is one's at a time."""

    database: Database
    policy: Policy
    riskscore: RiskScore
    ring: KeyRing
    transitions: Transitions

    async def round(self) -> int:
        """Takes what is due and tries once; how many it took. UpstreamUnavailable without a database."""
        permit = self._permit()
        async with self.database.work(permit, str(uuid4())) as work:
            due = await assessments.claim(work, _BATCH)
            found = await keys.load(work, self.ring, [each.key for each in due])
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(each: Due) -> None:
            async with gate:
                await self._try(permit, each, found.get(each.key))

        # Not a TaskGroup: one that fails does not stop the others, and its error is told as it is.
        for outcome in await asyncio.gather(*map(one, due), return_exceptions=True):
            if outcome is not None:
                raise outcome
        return len(due)

    def _permit(self) -> Permit:
        return self.policy.permit(Caller.system(WORKER, "cases"), "score_referral", PURPOSE)

    async def _try(self, permit: Permit, due: Due, key: DataKey | None) -> None:
        """One try; whatever is wrong with one referral, the others go on."""
        if key is None:
            _log.error("answers-erased", object_id=due.referral)
            return
        try:
            answers = contents.opened(key, due.answers, contents.answers_place(due.assessment))["answers"]
        except SealBroken as error:
            _log.error("answers-unreadable", object_id=due.referral, exc_info=error)
            return
        coded = {name: Answer(value) for name, value in answers.items()}
        await self._score(permit, due, AssessmentFacts(due.instrument, due.completed_on, coded), key)

    async def _score(self, permit: Permit, due: Due, facts: AssessmentFacts, key: DataKey) -> None:
        answer: ScoreAnswer | None
        try:
            answer = await self.riskscore.score(
                facts,
                due.grounds,
                caller=permit.caller,
                purpose=PURPOSE,
                at=self.database.clock.now(),
                timeout=_PATIENCE,
            )
        except ScoreRefusedError:
            _log.error("score-refused", object_id=due.referral)
            answer = None
        except (UpstreamUnavailable, UpstreamWrong) as error:
            _log.warning("score-later", object_id=due.referral, attempt=due.tries, problem=error.slug)
            return
        async with self.database.work(permit, str(uuid4())) as work:
            await self._settle(work, due, answer, key)

    async def _settle(self, work: Work, due: Due, answer: ScoreAnswer | None, key: DataKey) -> None:
        stored = await referrals.locked(work, due.referral)
        if stored is None or not isinstance(stored.state, Received):
            return  # somebody else was faster
        if stored.assessment != due.assessment:
            return  # a correction has replaced these answers; its own wait for their score
        if answer is None:
            state = step(stored.state, GoUnscored(), self.transitions)
            await referrals.move(work, stored, state, ScoreState.REFUSED)
        else:
            state = step(stored.state, Scored(answer.score), self.transitions)
            place = contents.result_place(due.assessment)
            await assessments.save(
                work, due.assessment, answer.score, contents.sealed(key, answer.result, place)
            )
            await referrals.move(work, stored, state, ScoreState.SCORED)
            data = told.scored(stored.head, State.AWAITING_SCREENING, answer.score)
            await events.append(work, stored.head.case, [(EventType.SCORED, data)])
        work.audit("update", [due.referral], {"risk"})
