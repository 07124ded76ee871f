"""Asking the police about call-outs: after receipt, by the worker, again later when they are away.

The referral does not wait for it. Nothing is asked while a transaction is open: one writes down that it is
asked and about whom, another what was answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from services.cases.actions.disclosures import Discloser
from services.cases.catalog import Catalog
from services.cases.model.callouts import Answered, Pair, Window
from services.cases.model.codes import CallOutState, EventType
from services.cases.model.dossiers import Dossier
from services.cases.model.ids import ReferralId
from services.cases.model.states import state_name
from services.cases.outbound import CallOutsRefusedError, Police
from services.cases.rules import callouts as rules
from services.cases.rules import events as told
from services.cases.store import callouts, disclosures, dossiers, events, keys, referrals
from services.cases.store.opening import Opener
from services.kit import log
from services.kit.db import Database, Work
from services.kit.policy import Caller, Permit, Policy
from services.kit.problem import UpstreamUnavailable, UpstreamWrong
from services.kit.sealed import KeyRing, SealBroken

PURPOSE: Final = "intake"
WORKER: Final = "worker:callouts"
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class _Question:
    referral: ReferralId
    reference: str
    content: int
    window: Window
    pairs: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class CallOutAsker:
    """Asks about referrals that wait; any number may run, each referral is one's at a time."""

    database: Database
    policy: Policy
    police: Police
    ring: KeyRing
    catalog: Catalog
    discloser: Discloser

    async def round(self, most: int) -> int:
        """Takes what is due, and asks once about each; how many it took."""
        permit = self.policy.permit(Caller.system(WORKER, "cases"), "ask_call_outs", PURPOSE)
        async with self.database.work(permit, str(uuid4())) as work:
            due = await callouts.claim(work, most)
            questions = [found for each in due if (found := await self._question(work, each)) is not None]
        for question in questions:
            await self._ask(permit, question)
        return len(due)

    async def _question(self, work: Work, referral: ReferralId) -> _Question | None:
        """What is asked about a referral, written down as told to the police; None when nothing is."""
        try:
            kept = await dossiers.referral(work, referral)
            dossier = None if kept is None else Opener(self.ring).dossier(kept)
        except SealBroken as error:
            _log.error("referral-unreadable", object_id=referral, exc_info=error)
            return None
        if kept is None or dossier is None:  # erased
            await callouts.settle(work, referral, CallOutState.NOT_POSSIBLE)
            return None
        found = rules.pairs(state_name(dossier.referral.state), dossier.persons)
        if isinstance(found, CallOutState):
            await callouts.settle(work, referral, found)
            return None
        await self._disclose(work, dossier, found)
        window = rules.window(dossier.referral.referred_on)
        return _Question(referral, dossier.referral.reference, kept.content_version, window, found)

    async def _disclose(self, work: Work, dossier: Dossier, pairs: Sequence[Pair]) -> None:
        """That the police are told of whom we ask."""
        asked = {part for pair in pairs for part in (pair.victim, pair.threatening)}
        parts = [part for part in dossier.persons if part.id in asked]
        case = dossier.referral.case
        await disclosures.record(work, [self.discloser.of_call_outs(work, part, case) for part in parts])
        decision = work.permit.on(dossier.referral.reach.resource())
        objects: list[UUID] = [dossier.referral.id, *(part.person_id for part in parts)]
        work.audit("disclose", objects, {"identity"}, decision)

    async def _ask(self, permit: Permit, question: _Question) -> None:
        """One try; whatever is wrong with one referral, the others go on."""
        answers: Sequence[Answered] | None
        try:
            answers = [
                await self.police.call_outs(question.reference, pair, question.window, permit.caller)
                for pair in question.pairs
            ]
        except CallOutsRefusedError:
            _log.error("call-outs-refused", object_id=question.referral)
            answers = None
        except (UpstreamUnavailable, UpstreamWrong) as error:
            _log.warning("call-outs-later", object_id=question.referral, problem=error.slug)
            return
        async with self.database.work(permit, str(uuid4())) as work:
            await self._settle(work, question, answers)

    async def _settle(self, work: Work, question: _Question, answers: Sequence[Answered] | None) -> None:
        stored = await referrals.locked(work, question.referral)
        if stored is None:
            return  # erased meanwhile
        rule = self.catalog.call_outs
        if answers is None:
            await callouts.settle(work, question.referral, CallOutState.REFUSED, content=question.content)
        else:
            key = await keys.load_one(work, self.ring, stored.key)
            content = callouts.sealed(key, question.referral, question.window, answers)
            if not await callouts.settle(
                work,
                question.referral,
                CallOutState.KNOWN,
                content=question.content,
                answer=(rule.version, content),
            ):
                return  # somebody else was faster, or the question is no longer the right one
            if rules.is_ground(answers, rule):
                await callouts.found(work, question.referral, rule.ground)
                data = told.ground_found(stored.head, state_name(stored.state), rule)
                await events.append(work, stored.head.case, [(EventType.GROUND_FOUND, data)])
        work.audit("update", [question.referral], {"risk"})
