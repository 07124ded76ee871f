"""The risk is assessed anew: scored as the referral's was, beside it and never instead of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.duties import Duties
from services.cases.catalog import Catalog
from services.cases.model.assessments import MACHINE, Assessment
from services.cases.model.codes import Ground
from services.cases.model.problems import TransitionRefused
from services.cases.model.referral import AssessmentFacts
from services.cases.outbound import RiskScore, ScoreAnswer, ScoreRefusedError
from services.cases.rules import lifecycle
from services.cases.rules.monitoring import check_day, check_word
from services.cases.rules.transfers import AFTER_MOVE
from services.cases.store import reassessments as store
from services.kit.calendar import local_date
from services.kit.db import Database, Work
from services.kit.idempotency import Once
from services.kit.ids import new_id
from services.kit.policy import Permit
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

_CLASSES = frozenset({"basic", "risk", "narrative"})
_OF_REFERRAL = "/assessment"


@dataclass(frozen=True, slots=True)
class Anew:
    """Answers as somebody tells them; ``judgement``: why the risk is high whatever the score."""

    facts: AssessmentFacts
    judgement: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reassessing:
    """Records, lists and retracts assessments. ``patience``: seconds that the scorer may take."""

    database: Database
    catalog: Catalog
    casework: Casework
    riskscore: RiskScore
    patience: float

    async def record(self, permit: Permit, request_id: str, case: UUID, anew: Anew, once: Once) -> None:
        """Scores the answers and keeps them; no transaction is open while the scorer is asked.

        Raises NotFound, Malformed, TransitionRefused for a case that is not worked on or monitored;
        UpstreamUnavailable when there is no score to be had now: then nothing was kept.
        """
        async with self.database.work(permit, request_id) as work:
            if await once.earlier(work) is not None:
                return
            self._check(work, await self.casework.seen(work, case), anew)
        scored = await self._scored(permit, anew)
        async with self.database.work(permit, request_id) as work:
            if await once.earlier(work) is not None:
                return
            on = await self.casework.held(work, case)
            self._check(work, on, anew)
            made = new_id()
            told = (anew.facts, scored.score, scored.result, anew.judgement)
            await store.keep(work, on.key, on.id, made, *told)
            begun = lifecycle.begun(self.catalog.lifecycles[MACHINE], made, "record")
            await self.casework.step(work, on, begun, _CLASSES)
            await Duties(self.catalog.clocks).settle(work, on.id, AFTER_MOVE)
            await once.remember(work, 201, case)

    async def retract(self, work: Work, assessment: UUID, reason: str, expected: int) -> UUID:
        """It was recorded in error; the case. Raises NotFound, StaleVersion, Malformed, TransitionRefused."""
        on = await self.casework.held(work, await store.case_of(work, assessment))
        found = next((one for one in await store.of_case(work, on.key, on.id) if one.id == assessment), None)
        if found is None:
            raise NotFound
        if found.version != expected:
            raise StaleVersion
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], assessment, found.state, "retract", reason)
        check_word("/reason", reason, self.catalog.monitoring.retraction_reasons)
        await store.retract(work, assessment, reason)
        await self.casework.step(work, on, step)
        return on.id

    async def of_case(self, work: Work, case: UUID) -> tuple[OnCase, Sequence[Assessment]]:
        """The assessments of a case, in the order of their days; NotFound as for the case."""
        on = await self.casework.seen(work, case)
        return on, await store.of_case(work, on.key, on.id)

    def _check(self, work: Work, on: OnCase, anew: Anew) -> None:
        if on.case.state == "ended":
            raise TransitionRefused(errors=[FieldError("", "ended", "the case is no longer monitored")])
        today = local_date(work.now)
        check_day("/completedOn", anew.facts.completed_on, first=on.case.opened_on, today=today)

    async def _scored(self, permit: Permit, anew: Anew) -> ScoreAnswer:
        grounds = [] if anew.judgement is None else [Ground.PROFESSIONAL_JUDGEMENT]
        try:
            return await self.riskscore.score(
                anew.facts,
                grounds,
                caller=permit.caller,
                purpose=permit.purpose,
                at=self.database.clock.now(),
                timeout=self.patience,
            )
        except ScoreRefusedError as error:
            raise Malformed(errors=[_here(each) for each in error.errors]) from None


def _here(error: FieldError) -> FieldError:
    """The scorer's client speaks of a referral; here the assessment is the whole body."""
    return FieldError(error.pointer.removeprefix(_OF_REFERRAL), error.code, error.reason)
